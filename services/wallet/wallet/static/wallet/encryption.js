/**
 * Messages to an issuer and its answers, encrypted inside TLS where it wants that (OpenID4VCI 1.0, 10): ECDH-ES with
 * A256GCM. Each message has a key of its own, which is kept nowhere.
 * @module
 */

import { concat, fromBase64url, fromJsonPart, fromUtf8, randomBytes, sha256 } from "../js/bytes.js";
import { toBase64url, toJsonPart, toUtf8 } from "../js/bytes.js";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const ALGORITHM = "ECDH-ES";
const CONTENT = "A256GCM";
const TAG = 16;

/**
 * A request for a card as it is posted, and how its answer is read. A refusal is never encrypted.
 * @param {any} issuer metadata @param {object} wanted
 * @returns {Promise<{request: RequestInit, read: (answer: Response) => Promise<any>}>}
 */
export async function seal(issuer, wanted) {
  const { credential_request_encryption: asked, credential_response_encryption: given } = issuer;
  if (!asked?.encryption_required && !given?.encryption_required) {
    return { request: posted("application/json", JSON.stringify(wanted)), read: (answer) => answer.json() };
  }
  const answerKey = await newKey();
  const wish = { jwk: { ...(await publicJwk(answerKey)), use: "enc", alg: ALGORITHM }, enc: CONTENT };
  const message = await encrypt({ ...wanted, credential_response_encryption: wish }, asked.jwks);
  return {
    request: posted("application/jwt", message),
    read: async (answer) => decrypt(await answer.text(), answerKey),
  };
}

function posted(type, body) {
  return { method: "POST", headers: { "Content-Type": type }, body };
}

function newKey() {
  return crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
}

async function encrypt(value, jwks) {
  const jwk = jwks.keys.find((key) => key.alg === ALGORITHM && key.crv === CURVE.namedCurve);
  if (!jwk) throw new TypeError("the issuer offers no key that is known here");
  const ephemeral = await newKey();
  const header = toJsonPart({ alg: ALGORITHM, enc: CONTENT, kid: jwk.kid, epk: await publicJwk(ephemeral) });
  const key = await agreedKey(ephemeral, jwk, "encrypt");
  const iv = randomBytes(12);
  const sealing = { name: "AES-GCM", iv, additionalData: toUtf8(header) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(sealing, key, toUtf8(JSON.stringify(value))));
  const parts = [iv, sealed.subarray(0, -TAG), sealed.subarray(-TAG)];
  return [header, "", ...parts.map(toBase64url)].join(".");
}

async function decrypt(message, answerKey) {
  const [header, , ...parts] = message.split(".");
  const { alg, enc, epk } = fromJsonPart(header);
  if (alg !== ALGORITHM || enc !== CONTENT) throw new TypeError("the answer is encrypted in another way");
  const [iv, sealed, tag] = parts.map(fromBase64url);
  const key = await agreedKey(answerKey, epk, "decrypt");
  const opening = { name: "AES-GCM", iv, additionalData: toUtf8(header) };
  return JSON.parse(fromUtf8(new Uint8Array(await crypto.subtle.decrypt(opening, key, concat(sealed, tag)))));
}

async function publicJwk({ publicKey }) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  return { kty, crv, x, y };
}

/** RFC 7518, 4.6: one round of the derivation gives all 256 bits. */
async function agreedKey(own, { kty, crv, x, y }, use) {
  const theirs = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, CURVE, false, []);
  const secret = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, own.privateKey, 256));
  const info = concat(number(CONTENT.length), toUtf8(CONTENT), number(0), number(0), number(256));
  const bits = await sha256(concat(number(1), secret, info));
  return crypto.subtle.importKey("raw", bits, "AES-GCM", false, [use]);
}

function number(value) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
