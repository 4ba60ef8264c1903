/**
 * What an issuer's signed status list says of a card (Token Status List).
 * @module
 */

import { fromBase64url } from "./bytes.js";
import { fetchPublic } from "./issuer.js";
import { isSignedBy, readToken } from "./jwt.js";

const LARGEST = 4 * 1024 * 1024;
const CLOCKS_DIFFER = 60;
const STATUSES = { 0: "valid", 1: "revoked", 2: "suspended" };

/** @typedef {"valid" | "revoked" | "suspended"} Status */

/**
 * Fetch the list that a checked card names, verify it, and look the card up. Throws unless all of it holds.
 * @param {import("./sd-jwt.js").Card} card
 * @param {{keys: any[], now: number, maxAge?: number, signal?: AbortSignal}} given
 *   keys of the card's issuer; now and maxAge in seconds
 * @returns {Promise<{status: Status, signedAt: number}>} signedAt: when the issuer signed the list
 */
export async function fetchStatus(card, { keys, now, maxAge = Infinity, signal }) {
  const { text } = await fetchStatusList(card, { signal });
  return readStatus(text, { ...card.claims.status.status_list, keys, now, maxAge });
}

/**
 * The list that a checked card names, not verified yet, and when it was served by the issuer's clock.
 * @param {import("./sd-jwt.js").Card} card @param {{signal?: AbortSignal}} [options]
 * @returns {Promise<{text: string, servedAt: string | null}>}
 */
export async function fetchStatusList(card, { signal } = {}) {
  const { uri } = card.claims.status.status_list;
  if (!uri.startsWith(`${card.claims.iss}/`)) throw new TypeError("the status list is not at the issuer");
  const headers = { Accept: "application/statuslist+jwt" };
  const answer = await fetchPublic(uri, { headers, signal, cache: "no-cache" });
  return { text: await answer.text(), servedAt: answer.headers.get("Date") };
}

/**
 * @param {string} text the list as a compact token
 * @param {{uri: string, idx: number, keys: any[], now: number, maxAge: number}} asked
 * @returns {Promise<{status: Status, signedAt: number}>}
 */
export async function readStatus(text, { uri, idx, keys, now, maxAge }) {
  const list = readToken(text);
  if (list.header.typ !== "statuslist+jwt" || !(await isSignedBy(list, keys))) {
    throw new TypeError("the status list is not signed by the issuer");
  }
  const { sub, iat, exp = Infinity, status_list: packed } = list.claims;
  const isFresh = now - maxAge <= iat && iat <= now + CLOCKS_DIFFER && now < exp;
  if (sub !== uri || !isFresh) throw new TypeError("this is not a fresh status list of that address");
  return { status: await statusAt(packed, idx), signedAt: iat };
}

/** @param {{bits: number, lst: string}} packed @param {number} index @returns {Promise<Status>} */
async function statusAt({ bits, lst }, index) {
  const bytes = await inflate(fromBase64url(lst));
  const place = index * bits;
  const byte = bytes[Math.floor(place / 8)];
  if (byte === undefined) throw new TypeError("the card is not on its status list");
  const status = STATUSES[(byte >> (place % 8)) & ((1 << bits) - 1)];
  if (status === undefined) throw new TypeError("the status list says something unknown");
  return status;
}

/** zlib; throws for what unpacks to more than a list can be. */
async function inflate(bytes) {
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const chunks = [];
  let length = 0;
  for (const reader = unpacked.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > LARGEST) throw new TypeError("the status list is too long");
    chunks.push(value);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
