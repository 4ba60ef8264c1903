/**
 * The documents on this device, and what is in the way of keeping them.
 * @module
 */

import { giveUp, interrupted, resume } from "./activation.js";
import { allCards, refreshStatus, stateOf } from "./cards.js";
import { cardWasHere, findObstacle } from "./device.js";
import { busily, choose, copyOf, fill, find, say } from "./dom.js";
import { renew } from "./renewal.js";
import { issuerOf } from "./trust.js";

const list = find("[data-cards]");

async function main() {
  const obstacle = await findObstacle();
  if (obstacle) say(find("[data-obstacle]"), { reason: obstacle });
  const cards = obstacle === "no_storage" || obstacle === "insecure" ? [] : await allCards();
  show(cards);
  await offerToResume();
  await Promise.all(cards.map(refreshed)).then(show);
  await Promise.all(cards.map(renew)).then(show);
}

function show(cards) {
  list.replaceChildren(...cards.map(tile));
  list.hidden = cards.length === 0;
  find("[data-empty]").hidden = cards.length > 0;
  find("[data-some]").hidden = cards.length === 0;
  find("[data-lost]").hidden = cards.length > 0 || !cardWasHere();
  find("[data-waiting]").hidden = true;
}

function tile(card) {
  const item = copyOf("tile");
  const issuer = issuerOf(card.claims.iss);
  find("a", item).href = `/card#${card.id}`;
  find("[data-tile]", item).classList.add(`of-${issuer?.id}`);
  fill(item, { institution: issuer?.name, name: `${card.claims.given_name} ${card.claims.family_name}` });
  choose(item, "state", stateOf(card));
  return item;
}

async function refreshed(card) {
  return refreshStatus(card).catch(() => card);
}

async function offerToResume() {
  const state = await interrupted();
  const place = find("[data-interrupted]");
  choose(place, "progress", state);
  find("[data-fetch]").hidden = state !== "granted" && state !== "deferred";
  place.hidden = state === "none";
  find("[data-resume]").addEventListener("click", (event) => busily(event.currentTarget, goOn));
  find("[data-give-up]").addEventListener("click", () => giveUp().then(() => { place.hidden = true; }));
}

async function goOn() {
  try {
    location.assign(`/card#${await resume(() => choose(find("[data-interrupted]"), "progress", "deferred"))}`);
  } catch (error) {
    say(find("[data-obstacle]"), error);
  }
}

await main();
