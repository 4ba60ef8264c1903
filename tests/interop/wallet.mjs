/** A wallet made of @openid4vc/openid4vci: from the content of a QR code and an activation code to the card. */

import { randomBytes } from "node:crypto";

import { clientAuthenticationAnonymous, setGlobalConfig } from "@openid4vc/oauth2";
import { Openid4vciClient } from "@openid4vc/openid4vci";

import { answer } from "./job.mjs";
import { digest, holds, newKey, publicPart, signJwt } from "./keys.mjs";

setGlobalConfig({ allowInsecureUrls: true }); // the stack is on loopback

const keys = new Map(); // by x

function signer(key = newKey()) {
  keys.set(key.x, key);
  return { method: "jwk", alg: "ES256", publicJwk: publicPart(key) };
}

const callbacks = {
  hash: digest,
  generateRandom: (length) => new Uint8Array(randomBytes(length)),
  signJwt: ({ publicJwk }, { header, payload }) => ({
    jwt: signJwt(keys.get(publicJwk.x), header, payload),
    signerJwk: publicJwk,
  }),
  verifyJwt: ({ publicJwk }, { compact }) => {
    const end = compact.lastIndexOf(".");
    const verified = holds(publicJwk, compact.slice(0, end), compact.slice(end + 1));
    return { verified, signerJwk: publicJwk };
  },
  clientAuthentication: clientAuthenticationAnonymous(),
};

/** `attested`, if given: keys of its own and the attestation of its maker, for an instance of the card each. */
async function activate({ offer, txCode, withDpop, attested }) {
  const client = new Openid4vciClient({ callbacks });
  const credentialOffer = await client.resolveCredentialOffer(offer);
  const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer);
  const dpop = withDpop ? { signer: signer() } : undefined;
  const wanted = { credentialOffer, issuerMetadata, txCode, dpop };
  const token = await client.retrievePreAuthorizedCodeAccessTokenFromOffer(wanted);
  const told = token.accessTokenResponse;
  const grant = { issuerMetadata, accessToken: told.access_token, dpop: withNonce(dpop, token) };
  const card = await fetchCard(client, grant, credentialOffer.credential_configuration_ids[0], attested);
  return { ...card, issuer: credentialOffer.credential_issuer, tokenType: told.token_type };
}

/** The library gives the newest nonce of a server back with each answer. */
function withNonce(dpop, answered) {
  return dpop && { ...dpop, nonce: answered.dpop?.nonce };
}

async function fetchCard(client, grant, credentialConfigurationId, attested) {
  const { c_nonce: nonce } = await client.requestNonce(grant);
  const holder = signer(attested?.keys[0]);
  const { issuerMetadata } = grant;
  const keyAttestationJwt = attested?.attestation;
  const about = { issuerMetadata, credentialConfigurationId, nonce, signer: holder, keyAttestationJwt };
  const { jwt } = await client.createCredentialRequestJwtProof(about);
  const taken = await client.retrieveCredentials({ ...grant, credentialConfigurationId, proofs: { jwt: [jwt] } });
  const { credentials, notification_id: notificationId } = taken.credentialResponse;
  const notification = { notificationId, event: "credential_accepted" };
  await client.sendNotification({ ...grant, dpop: withNonce(grant.dpop, taken), notification });
  return { credentials: credentials.map((each) => each.credential), holderKey: keys.get(holder.publicJwk.x) };
}

await answer(activate);
