/**
 * Cards as they are shown: what they claim, and in which state they are by all that is known here.
 * @module
 */

import { fetchIssuerKeys } from "../js/issuer.js";
import { readCard, validity } from "../js/sd-jwt.js";
import { fetchStatusList, readStatus } from "../js/status-list.js";
import { learnTime, now } from "./clock.js";
import { changeCard, loadCard, loadCards } from "./storage.js";

const HURRY = 10_000;

/**
 * @typedef {import("./storage.js").StoredCard & {claims: any, read: import("../js/sd-jwt.js").Card}} Card
 */

/** @returns {Promise<Card[]>} */
export async function allCards() {
  return Promise.all((await loadCards()).map(opened));
}

/** @param {string} id @returns {Promise<Card | undefined>} as it is kept now */
export async function cardOf(id) {
  const stored = await loadCard(id);
  return stored && opened(stored);
}

/** The card that the address names, else the newest that can be shown. @returns {Promise<Card | undefined>} */
export async function chosenCard() {
  const named = location.hash.length > 1 ? await cardOf(location.hash.slice(1)) : undefined;
  if (named) return named;
  const cards = await allCards();
  return cards.find((card) => stateOf(card) === "active") ?? cards[0];
}

async function opened(stored) {
  const read = await readCard(stored.sdJwt);
  return { ...stored, read, claims: read.claims };
}

/** The worst of what is known counts. @param {Card} card @returns {"active" | "suspended" | "revoked" | "expired"} */
export function stateOf(card) {
  if (card.status?.status === "revoked") return "revoked";
  if (validity(card.read, now()) === "expired") return "expired";
  return card.status?.status === "suspended" ? "suspended" : "active";
}

/**
 * Read the issuer's signed list and keep what it says. Throws without a network, and for a list that is not true.
 * @param {Card} card @returns {Promise<Card>}
 */
export async function refreshStatus(card) {
  const signal = AbortSignal.timeout(HURRY);
  const keys = await fetchIssuerKeys(card.claims.iss, { signal });
  const asked = Date.now();
  const { text, servedAt } = await fetchStatusList(card.read, { signal });
  if (servedAt) await learnTime(servedAt, asked, Date.now(), { exact: false });
  const { status_list: place } = card.claims.status;
  const status = await readStatus(text, { ...place, keys, now: now(), maxAge: Infinity });
  await changeCard(card.id, { status });
  return { ...card, status };
}
