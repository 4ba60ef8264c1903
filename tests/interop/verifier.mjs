/** A verifier made of @sd-jwt: signature, key binding, type, and the issuer's signed status list. */

import { randomBytes } from "node:crypto";

import { getListFromStatusListJWT } from "@sd-jwt/jwt-status-list";
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";

import { answer } from "./job.mjs";
import { digest, holds, signJwt } from "./keys.mjs";

const AUDIENCE = "https://checker.example";

/** The keys of an issuer that is trusted, found as SD-JWT VC says: the well-known part before the path. */
async function keysOf(issuer) {
  const { origin, pathname } = new URL(issuer);
  const told = await (await fetch(`${origin}/.well-known/jwt-vc-issuer${pathname.replace(/^\/$/, "")}`)).json();
  if (told.issuer !== issuer) throw new Error("the metadata name another issuer");
  return told.jwks.keys;
}

function decoded(part) {
  return JSON.parse(Buffer.from(part, "base64url").toString());
}

function signatureBy(keys) {
  return (signed, given) => {
    const { kid } = decoded(signed.split(".")[0]);
    const key = keys.find((each) => each.kid === kid);
    return key !== undefined && holds(key, signed, given);
  };
}

/** The card as its holder shows it to this verifier: some of its claims, and disclosures that a cheat adds. */
async function shown({ credential, holderKey, names, added = [] }, nonce) {
  const holder = new SDJwtVcInstance({ hasher: digest });
  const told = await holder.present(credential, Object.fromEntries(names.map((name) => [name, true])));
  const whole = told + added.map((disclosure) => `${disclosure}~`).join("");
  const hash = Buffer.from(digest(whole, "sha-256")).toString("base64url");
  const payload = { iat: Math.floor(Date.now() / 1000), aud: AUDIENCE, nonce, sd_hash: hash };
  return whole + signJwt(holderKey, { typ: "kb+jwt", alg: "ES256" }, payload);
}

async function check(job) {
  const nonce = randomBytes(16).toString("base64url");
  const presentation = await shown(job, nonce);
  const verify = signatureBy(await keysOf(job.trusted));
  const verifier = new SDJwtVcInstance({
    hasher: digest,
    verifier: verify,
    statusVerifier: verify,
    kbVerifier: (data, given, { cnf }) => holds(cnf.jwk, data, given),
    loadTypeMetadataFormat: true,
  });
  const { payload, kb, typeMetadata } = await verifier.verify(presentation, { keyBindingNonce: nonce });
  const { vct } = typeMetadata.mergedTypeMetadata;
  return { claims: payload, audience: kb.payload.aud, vct, ...(await listed(payload.status.status_list)) };
}

async function listed({ uri, idx }) {
  const token = await (await fetch(uri, { headers: { Accept: "application/statuslist+jwt" } })).text();
  const list = getListFromStatusListJWT(token);
  return { status: list.getStatus(idx), bits: list.getBitsPerStatus() };
}

await answer(check);
