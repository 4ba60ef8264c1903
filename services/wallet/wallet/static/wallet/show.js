/**
 * The code on the screen: signed by the card's key, new every ten seconds, good for one look.
 * @module
 */

import { drawQr } from "../js/drawing.js";
import { makeShownCode } from "../js/presentation.js";
import { encodeQr } from "../js/qr.js";
import { chosenCard, refreshStatus, stateOf } from "./cards.js";
import { now } from "./clock.js";
import { find, say } from "./dom.js";
import { freshPack } from "./packs.js";
import { addShowing, loadCard } from "./storage.js";
import { settings } from "./trust.js";

const EVERY = 10;
const REFRESH_EVERY = 60;
const place = find("[data-code]");
const skeleton = find("[data-skeleton]");
const ring = find("[data-ring]");
let card = await chosenCard();
let pack = null;
let drawnAt = 0;

async function main() {
  if (!card) return location.replace("/");
  find("[data-back]").href = `/card#${card.id}`;
  if (stateOf(card) !== "active") return refuse({ reason: "not_active" });
  refresh();
  try {
    pack = await freshPack(card);
    await keepShowing();
  } catch (error) {
    refuse(error.reason === "offline" ? { reason: "first_code_offline" } : error);
  }
}

/** No code will come: nothing may look as if one did. */
function refuse(error) {
  skeleton.hidden = true;
  say(find("[data-trouble]"), error);
}

/** Learns the state and the time by the service's clock, which the first code does not wait for. */
async function refresh() {
  card = await refreshStatus(card).catch(() => card);
}

async function keepShowing() {
  await draw();
  place.hidden = false;
  skeleton.hidden = true;
  await addShowing({ cardId: card.id, at: now() });
  setInterval(turn, 250);
  setInterval(refresh, REFRESH_EVERY * 1000);
  document.addEventListener("visibilitychange", stayAwake);
  stayAwake();
}

function turn() {
  const passed = now() - drawnAt;
  // A card that has ended meanwhile shows no code any more.
  if (stateOf(card) !== "active") return location.reload();
  if (passed >= EVERY || passed < 0) draw();
  ring.style.setProperty("--passed", String(Math.min(1, Math.max(0, passed / EVERY))));
}

async function draw() {
  drawnAt = now();
  // Another tab may have made a new one, and then the former is gone.
  pack = (await loadCard(card.id))?.pack ?? pack;
  const code = await makeShownCode(card.key.privateKey, pack, drawnAt);
  const svg = find("[data-qr]");
  drawQr(svg, encodeQr(`${settings.verifier}/#${code}`));
  svg.dataset.drawn = String(Math.floor(drawnAt));
}

function stayAwake() {
  if (document.visibilityState === "visible") navigator.wakeLock?.request("screen").catch(() => undefined);
}

await main();
