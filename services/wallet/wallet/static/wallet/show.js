/**
 * The code on the screen: signed by the card's key, new every ten seconds, good for one look.
 * @module
 */

import { drawQr } from "../js/drawing.js";
import { makeShownCode } from "../js/presentation.js";
import { encodeQr } from "../js/qr.js";
import { chosenCard, stateOf } from "./cards.js";
import { now } from "./clock.js";
import { find, say } from "./dom.js";
import { freshPack } from "./packs.js";
import { addShowing } from "./storage.js";
import { settings } from "./trust.js";

const EVERY = 10;
const place = find("[data-code]");
const ring = find("[data-ring]");
let drawnAt = 0;

async function main() {
  const card = await chosenCard();
  if (!card) return location.replace("/");
  find("[data-back]").href = `/card#${card.id}`;
  if (stateOf(card) !== "active") return say(find("[data-trouble]"), { reason: "not_active" });
  try {
    await keepShowing(card, await freshPack(card));
  } catch (error) {
    say(find("[data-trouble]"), error.reason === "offline" ? { reason: "first_code_offline" } : error);
  }
}

async function keepShowing(card, pack) {
  await draw(card, pack);
  place.hidden = false;
  find("[data-skeleton]").hidden = true;
  await addShowing({ cardId: card.id, at: now() });
  setInterval(() => turn(card, pack), 250);
  document.addEventListener("visibilitychange", stayAwake);
  stayAwake();
}

function turn(card, pack) {
  const passed = now() - drawnAt;
  // A card that has ended meanwhile shows no code any more.
  if (stateOf(card) !== "active") return location.reload();
  if (passed >= EVERY || passed < 0) draw(card, pack);
  ring.style.setProperty("--passed", String(Math.min(1, Math.max(0, passed / EVERY))));
}

async function draw(card, pack) {
  drawnAt = now();
  const code = await makeShownCode(card.key.privateKey, pack, drawnAt);
  const svg = find("[data-qr]");
  drawQr(svg, encodeQr(`${settings.verifier}/#${code}`));
  svg.dataset.drawn = String(Math.floor(drawnAt));
}

function stayAwake() {
  if (document.visibilityState === "visible") navigator.wakeLock?.request("screen").catch(() => undefined);
}

await main();
