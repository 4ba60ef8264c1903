/**
 * Requests that show the key which their token is bound to (RFC 9449): a proof for each, never sent twice.
 * @module
 */

import { randomBytes, sha256, toBase64url, toUtf8 } from "../js/bytes.js";
import { publicJwk } from "../js/es256.js";
import { signToken } from "../js/jwt.js";
import { ask, jsonOf } from "./asking.js";
import { now } from "./clock.js";

// The newest nonce of each server, by its origin.
const nonces = new Map();

/** Keep the nonce that an answer brings for the next proof. @param {Response} answer */
export function learnNonce(answer) {
  const nonce = answer.headers.get("DPoP-Nonce");
  if (nonce) nonces.set(new URL(answer.url).origin, nonce);
}

/**
 * Ask with a proof, and once more if the server wants a nonce that it has just told.
 * @param {string} url @param {{method: string, headers?: object, body?: BodyInit}} options
 * @param {CryptoKeyPair} key @param {string} [accessToken] bound to this key
 * @returns {Promise<Response>} throws Refusal
 */
export async function askWithKey(url, options, key, accessToken) {
  const answer = await askOnce(url, options, key, accessToken);
  return (await wantsNonce(answer)) ? askOnce(url, options, key, accessToken) : answer;
}

async function askOnce(url, options, key, accessToken) {
  const answer = await ask(url, async () => {
    const headers = { ...options.headers, DPoP: await proof(url, options.method, key, accessToken) };
    if (accessToken) headers.Authorization = `DPoP ${accessToken}`;
    return { ...options, headers };
  });
  learnNonce(answer);
  return answer;
}

async function wantsNonce(answer) {
  if (answer.status !== 400 && answer.status !== 401) return false;
  return (await jsonOf(answer.clone())).error === "use_dpop_nonce";
}

async function proof(url, method, key, accessToken) {
  const claims = { jti: toBase64url(randomBytes(16)), htm: method, htu: url, iat: Math.floor(now()) };
  const nonce = nonces.get(new URL(url).origin);
  if (nonce) claims.nonce = nonce;
  if (accessToken) claims.ath = toBase64url(await sha256(toUtf8(accessToken)));
  return signToken(key.privateKey, { typ: "dpop+jwt", jwk: await publicJwk(key.publicKey) }, claims);
}
