/**
 * A card as an SD-JWT VC: taken apart, checked against its issuer's keys, and told in part.
 * Which issuer may be believed is decided by the caller, from a list of its own.
 * @module
 */

import { fromJsonPart, sha256, toBase64url, toUtf8 } from "./bytes.js";
import { isSignedBy, readToken } from "./jwt.js";

const RESERVED = new Set(["_sd", "_sd_alg", "..."]);

/**
 * `claims`: what is always told, and what the disclosures tell.
 * @typedef {{token: import("./jwt.js").Token, compact: string, disclosures: string[], claims: any}} Card
 */

/**
 * Take a card apart; each disclosure must belong to it, and to one claim only. Its signature: `isSignedByIssuer`.
 * @param {string} sdJwt `<token>~<disclosure>~…~` @returns {Promise<Card>}
 */
export async function readCard(sdJwt) {
  const [compact, ...disclosures] = sdJwt.split("~");
  if (disclosures.pop() !== "") throw new TypeError("this is not a card without key binding");
  const token = readToken(compact);
  const { _sd: digests = [], _sd_alg: algorithm = "sha-256", ...claims } = token.claims;
  if (algorithm !== "sha-256") throw new TypeError("the digests are of an unknown kind");
  const expected = new Set(digests);
  for (const disclosure of disclosures) {
    const digest = toBase64url(await sha256(toUtf8(disclosure)));
    if (!expected.delete(digest)) throw new TypeError("a disclosure does not belong to the card");
    addClaim(claims, disclosure);
  }
  return { token, compact, disclosures, claims };
}

function addClaim(claims, disclosure) {
  const [, name, value] = readDisclosure(disclosure);
  if (RESERVED.has(name) || name in claims) throw new TypeError("a claim is there twice");
  claims[name] = value;
}

function readDisclosure(disclosure) {
  const parts = fromJsonPart(disclosure);
  if (!Array.isArray(parts) || parts.length !== 3 || typeof parts[1] !== "string") {
    throw new TypeError("this is not the disclosure of a claim");
  }
  return parts;
}

/**
 * The same card, telling only these claims.
 * @param {Card} card @param {string[]} names @returns {string}
 */
export function withDisclosures(card, names) {
  const told = card.disclosures.filter((disclosure) => names.includes(readDisclosure(disclosure)[1]));
  return [card.compact, ...told, ""].join("~");
}

/**
 * Whether the issuer has signed the card as a card.
 * @param {Card} card @param {any[]} keys of the issuer, from its published metadata @returns {Promise<boolean>}
 */
export async function isSignedByIssuer(card, keys) {
  return card.token.header.typ === "dc+sd-jwt" && isSignedBy(card.token, keys);
}

/**
 * Where a card stands in time. Without an end it is never valid.
 * @param {Card} card @param {number} now Unix seconds @returns {"valid" | "expired" | "not_yet"}
 */
export function validity(card, now) {
  const { nbf = 0, exp } = card.claims;
  if (!(now < exp)) return "expired";
  return nbf <= now ? "valid" : "not_yet";
}
