/**
 * ECDSA on P-256 with SHA-256, as raw signatures of 64 bytes (r ‖ s). Private keys never leave WebCrypto.
 * @module
 */

import { sha256, toBase64url, toUtf8 } from "./bytes.js";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };

/** @typedef {{kty: string, crv: string, x: string, y: string}} PublicJwk */

/** @returns {Promise<CryptoKeyPair>} whose private key cannot be read, only used */
export async function newKeyPair() {
  return crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
}

/** @param {CryptoKey} publicKey @returns {Promise<PublicJwk>} */
export async function publicJwk(publicKey) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  return { kty, crv, x, y };
}

/** @param {CryptoKey} privateKey @param {Uint8Array} message @returns {Promise<Uint8Array>} */
export async function sign(privateKey, message) {
  return new Uint8Array(await crypto.subtle.sign(SIGNING, privateKey, message));
}

/**
 * Whether this key has signed this message. A key that is none has signed nothing.
 * @param {PublicJwk} jwk @param {Uint8Array} message @param {Uint8Array} signature @returns {Promise<boolean>}
 */
export async function signatureHolds(jwk, message, signature) {
  try {
    const { kty, crv, x, y } = jwk;
    const key = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, CURVE, false, ["verify"]);
    return await crypto.subtle.verify(SIGNING, key, signature, message);
  } catch {
    return false;
  }
}

/** @param {PublicJwk} jwk @returns {Promise<string>} RFC 7638 */
export async function thumbprint({ crv, kty, x, y }) {
  return toBase64url(await sha256(toUtf8(JSON.stringify({ crv, kty, x, y }))));
}
