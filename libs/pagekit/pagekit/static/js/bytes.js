/**
 * Bytes and their spellings: base64url, UTF-8, JSON, digests, random ones. Knows nothing of tokens or cards.
 * @module
 */

/** @param {Uint8Array} bytes @returns {string} without padding */
export function toBase64url(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {string} text @returns {Uint8Array} throws for any spelling that is not canonical */
export function fromBase64url(text) {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) throw new TypeError("this is not base64url");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  if (toBase64url(bytes) !== text) throw new TypeError("this is not canonical base64url");
  return bytes;
}

/** @param {string} text @returns {Uint8Array} */
export function toUtf8(text) {
  return new TextEncoder().encode(text);
}

/** @param {Uint8Array} bytes @returns {string} throws for what is not UTF-8 */
export function fromUtf8(bytes) {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

/** @param {string} part base64url of JSON @returns {any} */
export function fromJsonPart(part) {
  return JSON.parse(fromUtf8(fromBase64url(part)));
}

/** @param {unknown} value @returns {string} base64url of its JSON */
export function toJsonPart(value) {
  return toBase64url(toUtf8(JSON.stringify(value)));
}

/** @param {...Uint8Array} parts @returns {Uint8Array} */
export function concat(...parts) {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** @param {Uint8Array} bytes @returns {Promise<Uint8Array>} */
export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** @param {number} length @returns {Uint8Array} */
export function randomBytes(length) {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** @param {number} number @returns {Uint8Array} five bytes, big-endian: Unix seconds until the year 36812 */
export function toFiveBytes(number) {
  const bytes = new Uint8Array(5);
  let rest = number;
  for (let at = 4; at >= 0; at -= 1) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

/** @param {Uint8Array} bytes @returns {number} */
export function fromFiveBytes(bytes) {
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}
