/**
 * Compact tokens signed with ES256. The algorithm is ours to choose, never the token's.
 * @module
 */

import { fromBase64url, fromJsonPart, toBase64url, toJsonPart, toUtf8 } from "./bytes.js";
import { sign, signatureHolds } from "./es256.js";

/**
 * A token taken apart: nothing in it may be believed before `isSignedBy`.
 * @typedef {{header: any, claims: any, signed: Uint8Array, signature: Uint8Array}} Token
 */

/** @param {string} text @returns {Token} throws for what is no token */
export function readToken(text) {
  const parts = text.split(".");
  if (parts.length !== 3) throw new TypeError("this is not a token");
  const [header, claims, signature] = parts;
  return {
    header: fromJsonPart(header),
    claims: fromJsonPart(claims),
    signed: toUtf8(`${header}.${claims}`),
    signature: fromBase64url(signature),
  };
}

/**
 * Whether one of these keys has signed the token; the one that it names, if it names one.
 * @param {Token} token @param {any[]} keys public JWKs @returns {Promise<boolean>}
 */
export async function isSignedBy(token, keys) {
  const { alg, kid, crit } = token.header;
  if (alg !== "ES256" || crit !== undefined) return false;
  for (const key of keys.filter((each) => kid === undefined || each.kid === kid)) {
    if (await signatureHolds(key, token.signed, token.signature)) return true;
  }
  return false;
}

/** @param {CryptoKey} privateKey @param {object} header @param {object} claims @returns {Promise<string>} */
export async function signToken(privateKey, header, claims) {
  const signed = `${toJsonPart({ alg: "ES256", ...header })}.${toJsonPart(claims)}`;
  return `${signed}.${toBase64url(await sign(privateKey, toUtf8(signed)))}`;
}
