/** ES256 by Node alone, for libraries that leave signing to whoever calls them. */

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";

const RAW = { dsaEncoding: "ieee-p1363" };

/** @returns {object} a private JWK */
export function newKey() {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
}

export function publicPart({ kty, crv, x, y }) {
  return { kty, crv, x, y };
}

export function holds(jwk, data, given) {
  const key = createPublicKey({ key: publicPart(jwk), format: "jwk" });
  return verify("sha256", Buffer.from(data), { key, ...RAW }, Buffer.from(given, "base64url"));
}

export function signJwt(jwk, header, payload) {
  const signed = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  return `${signed}.${sign("sha256", Buffer.from(signed), { key, ...RAW }).toString("base64url")}`;
}

export function digest(data, algorithm) {
  return new Uint8Array(createHash(algorithm.replace("-", "").toLowerCase()).update(Buffer.from(data)).digest());
}
