/**
 * One card: what it claims, its state, and the running time of its presentation. Works without a network.
 * @module
 */

import { encodeCode128 } from "../js/code128.js";
import { drawBars } from "../js/drawing.js";
import { chosenCard, refreshStatus, stateOf } from "./cards.js";
import { now } from "./clock.js";
import { markCard } from "./device.js";
import { choose, fill, find } from "./dom.js";
import { ago, toTheDay, toTheMinute, toTheSecond } from "./moments.js";
import { freshPack, removePack } from "./packs.js";
import { renew } from "./renewal.js";
import { changeCard, deleteCard } from "./storage.js";
import { issuerOf } from "./trust.js";

const REFRESH_EVERY = 60;
const place = find("[data-card]");
const dots = "•".repeat(11);
let card = await chosenCard();
let asked = 0;
let isReachable = true;

function show() {
  const issuer = issuerOf(card.claims.iss);
  place.classList.add(`of-${issuer?.id}`);
  fill(place, {
    institution: issuer?.name ?? card.claims.institution?.name,
    given_name: card.claims.given_name,
    family_name: card.claims.family_name,
    student_number: card.claims.student_number,
    card_number: card.claims.card_number,
    birthdate: toTheDay(card.claims.birthdate),
    issue_date: toTheDay(card.claims.issue_date),
    expiry_date: toTheDay(card.claims.expiry_date),
    programme: card.claims.programme,
    pesel: card.claims.pesel && dots,
  });
  find("[data-mark]").replaceChildren(...markOf(issuer));
  find("[data-photo]").src = card.claims.portrait ?? "";
  find("[data-photo]").hidden = !card.claims.portrait;
  drawBars(find("[data-bars]"), encodeCode128(card.claims.student_number));
  find("[data-show-code]").href = `/show#${card.id}`;
  find("[data-eye]").setAttribute("aria-pressed", "false");
  place.hidden = false;
}

function markOf(issuer) {
  const mark = issuer && document.querySelector(`template#mark-${issuer.id}`);
  return mark ? [mark.content.cloneNode(true)] : [];
}

/** What changes by itself: the time, the state, and how old what is known of it is. */
function tick() {
  const state = stateOf(card);
  fill(place, { now: toTheSecond(now()) });
  place.classList.toggle("is-off", state !== "active");
  choose(document, "state", state);
  find("[data-show-code]").hidden = state !== "active";
  find("[data-unrenewable]").hidden = state !== "active" || !card.renewal?.hasEnded;
  sayAge();
  if (now() - asked >= REFRESH_EVERY && document.visibilityState === "visible") refresh();
}

function sayAge() {
  const signedAt = card.status?.signedAt;
  const freshness = signedAt === undefined ? "never" : isReachable ? "checked" : "offline";
  choose(place, "freshness", freshness);
  if (signedAt !== undefined) fill(place, { age: ago(Math.max(0, now() - signedAt)), checked: toTheMinute(signedAt) });
}

async function refresh() {
  asked = now();
  try {
    const { status } = await refreshStatus(card);
    card = { ...card, status };
    isReachable = true;
    if (stateOf(card) === "active") await freshPack(card);
  } catch {
    isReachable = false;
  }
  asked = now(); // which may be another time by what was learnt
  sayAge();
  follow(await renew(card));
}

/** The card as this tab or another has renewed it. */
function follow(newer) {
  const isOther = newer.sdJwt !== card.sdJwt;
  card = newer;
  if (isOther) show();
  sayRenewal();
}

function sayRenewal() {
  fill(document, { valid_until: toTheDay(card.claims.expiry_date) });
  if (!card.isNews) return;
  find("[data-renewed]").hidden = false;
  changeCard(card.id, { isNews: false });
}

function togglePesel(event) {
  const isShown = event.currentTarget.getAttribute("aria-pressed") === "true";
  event.currentTarget.setAttribute("aria-pressed", String(!isShown));
  fill(place, { pesel: isShown ? dots : card.claims.pesel });
}

async function remove() {
  await removePack(card);
  await deleteCard(card.id);
  if (!(await chosenCard())) markCard(false);
  location.replace("/");
}

function welcome() {
  const isNew = sessionStorage.getItem("just-added") === card.id;
  sessionStorage.removeItem("just-added");
  find("[data-done]").hidden = !isNew;
  place.classList.toggle("is-new", isNew);
}

if (card) {
  show();
  sayRenewal();
  welcome();
  tick();
  setInterval(tick, 1000);
  addEventListener("online", refresh);
  addEventListener("offline", () => { isReachable = false; sayAge(); });
  find("[data-eye]").addEventListener("click", togglePesel);
  find("[data-remove]").addEventListener("click", () => find("[data-really]").showModal());
  find("[data-remove-now]").addEventListener("click", remove);
  find("[data-keep]").addEventListener("click", () => find("[data-really]").close());
  find("[data-ways]").hidden = false;
} else {
  location.replace("/");
}
