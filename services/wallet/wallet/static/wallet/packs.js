/**
 * The sealed pack that a checker opens: made on this device, kept by the wallet service, new every day.
 * @module
 */

import { toBase64url, toUtf8 } from "../js/bytes.js";
import { FOR_CHECKERS, newPack, packProof, sealPack } from "../js/presentation.js";
import { withDisclosures } from "../js/sd-jwt.js";
import { ask, jsonOf, Refusal } from "./asking.js";
import { cardOf } from "./cards.js";
import { learnTime, now } from "./clock.js";
import { changeCard, loadCard } from "./storage.js";

const DAY = 24 * 3600;
// What a proof is for that only asks.
const ABOUT_THE_CARD = toUtf8("legitka-card-v1");
const CLOCK_WAS_WRONG = 60;
const A_MOMENT = 1500;
const MOST_TRIES = 3;
const REASONS = { CARD_NOT_ACTIVE: "not_active", PRESENTATION_OUTDATED: "outdated" };

/**
 * A pack that the service has: yesterday's is replaced, and kept as long as there is no network.
 * @param {import("./cards.js").Card} card @returns {Promise<import("../js/presentation.js").Pack>} throws Refusal
 */
export async function freshPack(card) {
  const { pack } = (await loadCard(card.id)) ?? card;
  return isFresh(pack) ? pack : navigator.locks.request("legitka-pack", () => renewPack(card));
}

function isFresh(pack) {
  return Boolean(pack) && now() - pack.storedAt < DAY;
}

/** Of the card as it is now: another tab may have renewed it, or its pack. */
async function renewPack(card) {
  const current = (await cardOf(card.id)) ?? card;
  if (isFresh(current.pack)) return current.pack;
  try {
    return await storeAtTheRightTime(current);
  } catch (error) {
    if (current.pack && error.reason === "offline") return current.pack;
    throw error;
  }
}

async function storeAtTheRightTime(card) {
  for (let left = MOST_TRIES - 1; ; left -= 1) {
    const before = now();
    try {
      return await storePack(card);
    } catch (error) {
      if (left === 0 || !(await canBeCured(error, before))) throw error;
    }
  }
}

/**
 * By a clock that is minutes wrong the proof is refused, and the refusal tells the time. A pack of the very second of
 * the former one is none that is newer: clocks tell seconds.
 */
async function canBeCured(error, before) {
  if (error.reason === "outdated") return new Promise((resolve) => setTimeout(() => resolve(true), A_MOMENT));
  return error.reason === "refused" && Math.abs(now() - before) >= CLOCK_WAS_WRONG;
}

async function storePack(card) {
  const pack = { ...newPack(), storedAt: now() };
  const body = await sealPack(pack, withDisclosures(card.read, FOR_CHECKERS));
  const asked = Date.now();
  const answer = await send("PUT", card, pack.handle, body);
  const told = await jsonOf(answer);
  await learnTime(told.server_time ?? answer.headers.get("Date"), asked, Date.now(), { exact: "server_time" in told });
  if (!answer.ok) throw new Refusal(REASONS[told.code] ?? "refused");
  await changeCard(card.id, { pack });
  return pack;
}

/**
 * What has become of the card: until when it is valid, and which revision of its data it shows.
 * @param {import("./cards.js").Card} card with a pack
 * @returns {Promise<{end: number, revision: number | null}>} throws Refusal
 */
export async function askWhatIsNew(card) {
  const asked = Date.now();
  const answer = await send("GET", card, card.pack.handle, ABOUT_THE_CARD);
  const told = await jsonOf(answer);
  if (!answer.ok) throw new Refusal("refused");
  await learnTime(told.server_time, asked, Date.now());
  return { end: Math.floor(Date.parse(told.valid_until) / 1000), revision: told.revision };
}

/** Remove the pack of a card that leaves this device; it is no matter if this is lost. */
export async function removePack(card) {
  if (card.pack) await send("DELETE", card, card.pack.handle, new Uint8Array()).catch(() => undefined);
}

async function send(method, card, handle, body) {
  const proof = { handle, credentialId: card.id, body, now: now() };
  const headers = { "Presentation-Proof": await packProof(card.key.privateKey, proof) };
  if (method === "PUT") headers["Content-Type"] = "application/octet-stream";
  const address = `/api/v1/presentations/${toBase64url(handle)}`;
  return ask(address, { method, headers, body: method === "PUT" ? body : undefined });
}
