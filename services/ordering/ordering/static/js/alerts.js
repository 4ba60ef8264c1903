// The page of alerts: the list, live; the switch for this device; preferences. Words come from the page.

import { showUnread } from "./bell.js";
import { call } from "./inbox.js";
import { pushState, turnOff, turnOn } from "./push.js";

const PAGE = 20;
const find = (name) => document.querySelector(`[data-${name}]`);
const language = document.documentElement.lang;
const region = language === "en" ? "en-GB" : language; // days before months, as on all pages
const exactly = new Intl.DateTimeFormat(region, { dateStyle: "long", timeStyle: "medium", timeZone: "Europe/Warsaw" });
const shown = new Map(); // by entry
let oldest = null;

// The list -----------------------------------------------------------------------------------

async function load(before) {
  const waiting = setTimeout(() => (find("loading").hidden = shown.size > 0), 300);
  find("trouble").hidden = true;
  try {
    const { alerts, unread, next } = await call(`/api/v1/alerts?limit=${PAGE}${before ? `&before=${before}` : ""}`);
    showUnread(unread);
    alerts.forEach(show);
    if (oldest === null || before) {
      oldest = next;
      find("more").hidden = next === null;
    }
    find("empty").hidden = shown.size > 0;
  } catch {
    find("trouble").hidden = false;
  } finally {
    clearTimeout(waiting);
    find("loading").hidden = true;
  }
}

function show(alert) {
  if (shown.has(alert.entry)) return;
  const item = find("alert").content.cloneNode(true).firstElementChild;
  fill(item, alert);
  const later = [...shown.keys()].filter((entry) => entry < alert.entry);
  const next = later.length > 0 ? shown.get(Math.max(...later)) : null;
  shown.set(alert.entry, item);
  find("list").insertBefore(item, next);
  mark(item, alert.read_at !== null);
  find("empty").hidden = true;
}

function fill(item, alert) {
  const part = (name) => item.querySelector(`[data-${name}]`);
  const link = part("open");
  const [opens, freezes] = ["open", "freeze"].map((rel) => alert.links.find((each) => each.rel === rel));
  link.textContent = alert.title[language];
  link.href = pathOf(opens);
  part("text").textContent = alert.text[language];
  if (freezes) {
    part("freeze").href = pathOf(freezes);
    part("freeze").textContent = freezes.label[language];
    part("freeze").hidden = false;
  }
  tellTime(part("time"), new Date(alert.occurred_at));
  for (const each of [link, part("freeze")]) each.addEventListener("click", () => read(item, alert));
}

/** Links lead within the portal, under whatever name it was opened. */
function pathOf(link) {
  const url = new URL(link.url);
  return url.pathname + url.search;
}

function mark(item, isRead) {
  item.classList.toggle("is-unread", !isRead);
  item.querySelector("[data-new]").hidden = isRead;
  find("read-all").hidden = find("list").querySelector(".is-unread") === null;
}

/** The page may be left at once: the request outlives it. */
async function read(item, alert) {
  if (!item.classList.contains("is-unread")) return;
  mark(item, true);
  const path = `/api/v1/alerts/${alert.id}/read`;
  await call(path, { method: "POST", keepalive: true }).then(({ unread }) => showUnread(unread), () => mark(item, false));
}

async function readAll() {
  const { unread } = await call("/api/v1/alerts/read", { method: "POST", json: { up_to: Math.max(...shown.keys()) } });
  shown.forEach((item) => mark(item, true));
  showUnread(unread);
  find("list").querySelector("a").focus();
}

function tellTime(element, moment) {
  element.dateTime = moment.toISOString();
  element.title = exactly.format(moment);
  element.textContent = relative(moment);
}

const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60]];

function relative(moment) {
  const seconds = (Date.now() - moment.getTime()) / 1000;
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? ["second", 1];
  return unit === "second" ? format.format(0, "second") : format.format(-Math.floor(seconds / length), unit);
}

setInterval(() => {
  for (const time of document.querySelectorAll("[data-list] time")) tellTime(time, new Date(time.dateTime));
}, 30_000);

document.addEventListener("legitka:alert", ({ detail: alert }) => {
  if (!shown.has(alert.entry)) find("announce").textContent = alert.title[language];
  show(alert);
});
document.addEventListener("legitka:inbox", ({ detail: newest }) => {
  if (newest > 0 && !shown.has(newest)) void load();
});
find("more").addEventListener("click", () => load(oldest));
find("read-all").addEventListener("click", () => readAll().catch(() => (find("trouble").hidden = false)));
find("retry").addEventListener("click", () => begin());

// The switch for this device ------------------------------------------------------------------

const toggle = find("switch");

async function tellPush(asked) {
  toggle.setAttribute("aria-busy", "true");
  const state = await asked().catch(() => "failed");
  toggle.removeAttribute("aria-busy");
  const isOn = ["on", "muted"].includes(state);
  toggle.setAttribute("aria-checked", String(isOn));
  toggle.hidden = !["on", "muted", "off", "failed"].includes(state);
  for (const words of find("push").querySelectorAll("[data-when]")) words.hidden = words.dataset.when !== state;
  find("push").dataset.state = state;
}

toggle.addEventListener("click", () => {
  if (toggle.hasAttribute("aria-busy")) return;
  void tellPush(toggle.getAttribute("aria-checked") === "true" ? turnOff : turnOn);
});

// A person may answer the browser's question, or change its settings, beside this page.
navigator.permissions?.query({ name: "notifications" }).then(
  (permission) => permission.addEventListener("change", () => tellPush(pushState)),
  () => null,
);

// Preferences -----------------------------------------------------------------------------------

const form = find("preferences");

async function showPreferences() {
  const { quiet_hours: quiet, channels } = await call("/api/v1/preferences");
  form.email.checked = channels.email;
  form.push.checked = channels.push;
  form.quiet.checked = quiet !== null;
  if (quiet !== null) [form.start.value, form.end.value] = [quiet.start, quiet.end];
  form.hidden = false;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const quiet = form.quiet.checked ? { start: form.start.value, end: form.end.value } : null;
  const channels = { email: form.email.checked, push: form.push.checked };
  const code = await call("/api/v1/preferences", { method: "PUT", json: { quiet_hours: quiet, channels } }).then(
    () => "saved",
    (error) => (error.code === "NOTHING_ORDERED" ? "nothing-ordered" : error.status === 422 ? "wrong-hours" : "failed"),
  );
  for (const words of form.querySelectorAll("[data-after]")) words.hidden = words.dataset.after !== code;
  void tellPush(pushState);
});

async function begin() {
  await load();
  await Promise.allSettled([tellPush(pushState), showPreferences()]);
}

find("live").hidden = false;
void begin();
