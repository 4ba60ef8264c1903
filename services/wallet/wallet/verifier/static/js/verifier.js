/**
 * The one page of the verifier: start, scan, check, result. Puts text into text nodes and nothing else.
 * @module
 */

import { check } from "./check.js";
import { fetchPublic } from "./issuer.js";
import { readShownCode } from "./presentation.js";
import { CannotScan, readPicture, scanWithCamera } from "./scanner.js";
import { fill } from "./telling.js";

const CONFIG_WITHIN = 10_000; // milliseconds
const SKELETON_AFTER = 300;
const FORGET_AFTER = 120_000;
const title = document.title;
const find = (selector) => document.querySelector(selector);

let scanning = new AbortController();
let checks = 0;
let forgetting;
let config;

/** The list of trusted issuers; asked for again after a failure. */
function loadConfig() {
  const signal = AbortSignal.timeout(CONFIG_WITHIN);
  config ??= fetchPublic(`${location.origin}/config.json`, { signal }).then((answer) => answer.json());
  config.catch(() => (config = undefined));
  return config;
}

function show(name, { focus = true } = {}) {
  if (name !== "scanning") scanning.abort();
  clearTimeout(forgetting);
  for (const view of document.querySelectorAll("[data-view]")) view.hidden = view.dataset.view !== name;
  for (const box of document.querySelectorAll("[data-message]")) clear(box);
  if (name !== "result") forget();
  const view = find(`[data-view="${name}"]`);
  if (focus) view.querySelector("h1")?.focus();
  scrollTo(0, 0);
  return view;
}

function clear(box) {
  box.replaceChildren();
  delete box.dataset.told;
}

/** Nothing of a checked card stays, in the page or in memory. */
function forget() {
  find('[data-view="result"]').replaceChildren();
  delete document.body.dataset.outcome;
  document.title = title;
}

/** A message of the view that is shown; said once, however often it comes. */
function tell(name) {
  const box = find("[data-view]:not([hidden]) [data-message]");
  if (box === null || box.dataset.told === name) return;
  box.dataset.told = name;
  box.replaceChildren(find(`template[data-message-for="${name}"]`).content.cloneNode(true));
}

/** The code in a text, if it is an address of this very page. */
function codeIn(text) {
  try {
    const { origin, pathname, search, hash } = new URL(text);
    const isOurs = origin === location.origin && pathname === "/" && search === "";
    return isOurs ? readShownCode(hash.slice(1)) : null;
  } catch {
    return null;
  }
}

async function scan() {
  const view = start("scanning");
  scanning = new AbortController();
  const { signal } = scanning;
  const accepts = (text) => codeIn(text) !== null || tell("foreign");
  try {
    const text = await scanWithCamera(view.querySelector("video"), { accepts, signal });
    if (text !== null && !signal.aborted) await checkShown(codeIn(text));
  } catch (error) {
    if (!signal.aborted) explain(error);
  }
}

async function readPhoto(file) {
  try {
    const text = await readPicture(file);
    const shown = text === null ? null : codeIn(text);
    if (shown === null) tell(text === null ? "no_code" : "foreign");
    else await checkShown(shown);
  } catch (error) {
    explain(error);
  }
}

function explain(error) {
  start("start");
  tell(error instanceof CannotScan ? error.reason : "no_decoder");
}

/** A view that begins anew: whatever is being checked counts no more. */
function start(name) {
  checks += 1;
  return show(name);
}

/** @param {import("./presentation.js").Shown | null} shown null for what is no code */
async function checkShown(shown, { opened = false } = {}) {
  start("start");
  const number = checks;
  const waiting = setTimeout(() => number === checks && show("checking"), SKELETON_AFTER);
  const verdict = shown === null ? { outcome: "unknown" } : await check(shown, loadConfig);
  clearTimeout(waiting);
  if (number === checks) showVerdict(verdict, opened);
}

function showVerdict(verdict, opened) {
  const made = find(`template[data-outcome="${verdict.outcome}"]`).content.cloneNode(true);
  fill(made, verdict, { opened });
  const view = find('[data-view="result"]');
  view.replaceChildren(made);
  document.body.dataset.outcome = verdict.outcome;
  document.title = view.querySelector("h1").textContent;
  show("result");
  navigator.vibrate?.(verdict.outcome === "valid" ? 60 : [120, 80, 120]);
  forgetting = setTimeout(() => {
    start("start");
    tell("forgotten");
  }, FORGET_AFTER);
}

/** A code that another app has opened here: convenient, and not the way to be sure of this page. */
function checkOpened(fragment) {
  if (fragment === "" || document.getElementById(fragment)) return;
  checkShown(codeIn(`${location.origin}/#${fragment}`), { opened: true });
}

const ACTIONS = {
  scan,
  start: () => start("start"),
  install: () => installing?.prompt(),
};

document.addEventListener("click", (event) => {
  ACTIONS[event.target.closest("button[data-do]")?.dataset.do]?.();
});

find('[data-do="photo"]').addEventListener("change", ({ target }) => {
  const [file] = target.files;
  target.value = "";
  if (file) readPhoto(file);
});

let installing;
addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  installing = event;
  find('[data-do="install"]').hidden = false;
});
addEventListener("appinstalled", () => (find('[data-do="install"]').hidden = true));

// Another code opened in the same tab; and a page that comes back from the browser's memory shows nothing of it.
addEventListener("hashchange", () => {
  const fragment = location.hash.slice(1);
  if (fragment && !document.getElementById(fragment)) history.replaceState(null, "", location.pathname);
  checkOpened(fragment);
});
addEventListener("pagehide", () => start("start"));

loadConfig().catch(() => {});
checkOpened(globalThis.openedFragment);
