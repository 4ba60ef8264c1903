/**
 * What a card shows: the sealed pack at the wallet service, and the code on the screen that leads to it.
 * Byte for byte as in docs/presentation.md.
 * @module
 */

import {
  concat, fromBase64url, fromFiveBytes, fromUtf8, randomBytes, sha256, toBase64url, toFiveBytes, toUtf8,
} from "./bytes.js";
import { sign, signatureHolds } from "./es256.js";
import { signToken } from "./jwt.js";

const PACK_CONTEXT = toUtf8("legitka-pack-v1");
const SHOWN_CONTEXT = toUtf8("legitka-presentation-v1");
const NONCE = 12;

/** What a checker needs, and nothing more. */
export const FOR_CHECKERS = ["given_name", "family_name", "portrait", "institution", "expiry_date"];

/**
 * Handle and key of a sealed pack: 16 and 32 random bytes.
 * @typedef {{handle: Uint8Array, key: Uint8Array}} Pack
 */

/** @returns {Pack} */
export function newPack() {
  return { handle: randomBytes(16), key: randomBytes(32) };
}

/** @param {Pack} pack @param {string} card @returns {Promise<Uint8Array>} nonce and ciphertext */
export async function sealPack(pack, card) {
  const nonce = randomBytes(NONCE);
  const key = await packKey(pack.key, "encrypt");
  const sealed = await crypto.subtle.encrypt(sealing(nonce), key, toUtf8(card));
  return concat(nonce, new Uint8Array(sealed));
}

/** @param {Uint8Array} body @param {Uint8Array} key @returns {Promise<string>} throws for another key's pack */
export async function openPack(body, key) {
  const opening = await packKey(key, "decrypt");
  const opened = await crypto.subtle.decrypt(sealing(body.slice(0, NONCE)), opening, body.slice(NONCE));
  return fromUtf8(new Uint8Array(opened));
}

function packKey(key, use) {
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, [use]);
}

function sealing(nonce) {
  return { name: "AES-GCM", iv: nonce, additionalData: PACK_CONTEXT };
}

/**
 * The header `Presentation-Proof`: the card's key signs handle and body, now by the server's clock.
 * @param {CryptoKey} privateKey
 * @param {{handle: Uint8Array, credentialId: string, body: Uint8Array, now: number}} about
 * @returns {Promise<string>}
 */
export async function packProof(privateKey, { handle, credentialId, body, now }) {
  return signToken(privateKey, { typ: "legitka-pack+jwt" }, {
    handle: toBase64url(handle),
    credential_id: credentialId,
    body_sha256: toBase64url(await sha256(body)),
    iat: Math.floor(now),
  });
}

/**
 * The fragment behind `https://<verifier>/#`, good for some seconds.
 * @param {CryptoKey} privateKey @param {Pack} pack @param {number} now Unix seconds by the server's clock
 * @returns {Promise<string>}
 */
export async function makeShownCode(privateKey, { handle, key }, now) {
  const time = toFiveBytes(Math.floor(now));
  const signature = await sign(privateKey, concat(SHOWN_CONTEXT, handle, time));
  return toBase64url(concat(handle, key, time, signature));
}

/**
 * A code as it was scanned: nothing in it may be believed yet.
 * @typedef {{handle: Uint8Array, key: Uint8Array, time: number, signature: Uint8Array, signed: Uint8Array}} Shown
 */

/** @param {string} fragment @returns {Shown} throws for what is no code of a card */
export function readShownCode(fragment) {
  const bytes = fromBase64url(fragment);
  if (bytes.length !== 16 + 32 + 5 + 64) throw new TypeError("this is not a code of a card");
  const handle = bytes.slice(0, 16);
  const time = bytes.slice(48, 53);
  return {
    handle,
    key: bytes.slice(16, 48),
    time: fromFiveBytes(time),
    signature: bytes.slice(53),
    signed: concat(SHOWN_CONTEXT, handle, time),
  };
}

/** Whether the key that a card is bound to has signed the code. @param {Shown} shown @param {any} holderJwk */
export function isShownBy(shown, holderJwk) {
  return signatureHolds(holderJwk, shown.signed, shown.signature);
}
