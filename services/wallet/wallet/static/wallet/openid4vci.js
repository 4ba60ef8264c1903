/**
 * The messages of OpenID4VCI 1.0 as this app sends them: offer, metadata, token, nonce, credential (deferred too), notification.
 * @module
 */

import { publicJwk } from "../js/es256.js";
import { wellKnown } from "../js/issuer.js";
import { signToken } from "../js/jwt.js";
import { ask, jsonOf, Refusal } from "./asking.js";
import { askWithKey, learnNonce } from "./dpop.js";
import { seal } from "./encryption.js";

const GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
const SCHEME = "openid-credential-offer://";

/**
 * The address of the offer in the content of a QR code, or in the link that opens this app with it. Our codes have
 * an address; an offer that stands in the code itself (by value) is its own.
 * @param {string} text spaces and line breaks of a paste do not matter
 * @returns {string} throws Refusal("not_ours") for anything but an offer of this service
 */
export function offerAddress(text) {
  const content = text.replace(/\s/g, "");
  const query = content.startsWith(SCHEME) ? queryOf(content) : new URLSearchParams();
  const value = query.get("credential_offer");
  const found = content.startsWith(SCHEME) ? query.get("credential_offer_uri") : afterHash(content);
  if (value !== null && found === null) return byValue(value);
  const address = URL.canParse(found ?? "") ? new URL(found) : null;
  if (value !== null || address?.origin !== location.origin || !/^\/offers\/[\w-]+$/.test(address.pathname)) {
    throw new Refusal("not_ours");
  }
  return location.origin + address.pathname;
}

function queryOf(content) {
  return new URLSearchParams(content.slice(content.indexOf("?")));
}

function afterHash(content) {
  return content.slice(content.indexOf("#") + 1);
}

/**
 * @typedef {object} Offer
 * @property {string} issuer @property {string} configurationId @property {string} code pre-authorized
 */

function byValue(text) {
  readOffer(parsed(text));
  return `${SCHEME}?${new URLSearchParams({ credential_offer: text })}`;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal("not_ours");
  }
}

/** @param {string} address of `offerAddress` @returns {Promise<Offer>} may be fetched again and again */
export async function fetchOffer(address) {
  if (address.startsWith(SCHEME)) return readOffer(parsed(queryOf(address).get("credential_offer")));
  const answer = await ask(address);
  if (answer.status === 429) throw new Refusal("slow_down");
  if (!answer.ok) throw new Refusal("unknown");
  learnNonce(answer);
  return readOffer(await answer.json());
}

/** @param {any} told @returns {Offer} whose issuer is not trusted yet */
function readOffer(told) {
  const issuer = told?.credential_issuer;
  const configurationId = told?.credential_configuration_ids?.[0];
  const code = told?.grants?.[GRANT]?.["pre-authorized_code"];
  if ([issuer, configurationId, code].some((each) => typeof each !== "string")) throw new Refusal("not_ours");
  return { issuer, configurationId, code };
}

/**
 * What issuer and authorization server say about themselves.
 * @param {string} issuer one that is trusted @returns {Promise<{issuer: any, server: any}>}
 */
export async function fetchMetadata(issuer) {
  const about = await metadata(issuer, "openid-credential-issuer");
  const server = await metadata(about.authorization_servers?.[0], "oauth-authorization-server");
  if (about.credential_issuer !== issuer || server.issuer !== location.origin) throw new Refusal("untrusted");
  return { issuer: about, server };
}

async function metadata(url, name) {
  if (!URL.canParse(url)) throw new Refusal("untrusted");
  const answer = await ask(wellKnown(url, name));
  if (!answer.ok) throw new Refusal("untrusted");
  return answer.json();
}

/**
 * Leave to fetch a card. With the refresh token, and the same key, there is more of it later.
 * @typedef {{accessToken: string, credentialId: string, refreshToken?: string}} Grant
 */

/**
 * @param {any} server metadata
 * @param {{offer: Offer, activationCode: string, receipt: string, device: string}} given
 * @param {CryptoKeyPair} clientKey that the token is bound to; it may ask again for an answer that was lost
 * @returns {Promise<Grant>} throws Refusal with the reason that the service tells
 */
export async function requestToken(server, { offer, activationCode, receipt, device }, clientKey) {
  const wanted = { type: "openid_credential", credential_configuration_id: offer.configurationId };
  const body = new URLSearchParams({
    grant_type: GRANT,
    "pre-authorized_code": offer.code,
    tx_code: activationCode,
    authorization_details: JSON.stringify([wanted]),
    terms_receipt: receipt,
    device_label: device,
  });
  const told = await askForToken(server, body, clientKey);
  const credentialId = told.authorization_details[0].credential_identifiers[0];
  return { accessToken: told.access_token, credentialId, refreshToken: told.refresh_token };
}

/**
 * Leave to fetch a card that this device has had before. The refresh token that was sent is good until the one that
 * came is sent for the first time.
 * @param {any} server metadata @param {{refreshToken: string, clientKey: CryptoKeyPair}} renewal
 * @param {string} credentialId @returns {Promise<Grant>} throws Refusal with the reason that the service tells
 */
export async function renewGrant(server, renewal, credentialId) {
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: renewal.refreshToken });
  const told = await askForToken(server, body, renewal.clientKey);
  return { accessToken: told.access_token, credentialId, refreshToken: told.refresh_token };
}

async function askForToken(server, body, clientKey) {
  const answer = await askWithKey(server.token_endpoint, { method: "POST", body }, clientKey);
  const told = await jsonOf(answer);
  if (!answer.ok) throw tokenRefusal(answer, told);
  return told;
}

function tokenRefusal(answer, told) {
  if (answer.status === 429) return new Refusal("slow_down");
  if (answer.status >= 500) return new Refusal("busy");
  return new Refusal(told.reason ?? told.error ?? "busy", { attemptsLeft: told.attempts_left });
}

/**
 * @typedef {object} Given the card, or the transaction to ask for it with, in so many seconds
 * @property {string} [sdJwt] @property {string} [notificationId]
 * @property {string} [transactionId] @property {number} [interval]
 */

/**
 * Prove the phone's key and take the card that is bound to it. The same key gets the same card again.
 * @param {any} issuer metadata @param {Grant} grant @param {{key: CryptoKeyPair, clientKey: CryptoKeyPair}} keys
 * @param {() => number} now
 * @returns {Promise<Given>}
 */
export async function requestCredential(issuer, grant, { key, clientKey }, now) {
  const proof = await keyProof(issuer, key, now);
  const wanted = { credential_identifier: grant.credentialId, proofs: { jwt: [proof] } };
  return askForCard(issuer, issuer.credential_endpoint, wanted, grant, clientKey);
}

/** A card that could not be given at once. @returns {Promise<Given>} */
export async function requestDeferred(issuer, grant, clientKey, transactionId) {
  const wanted = { transaction_id: transactionId };
  return askForCard(issuer, issuer.deferred_credential_endpoint, wanted, grant, clientKey);
}

async function askForCard(issuer, endpoint, wanted, { accessToken }, clientKey) {
  const { request, read } = await seal(issuer, wanted);
  const answer = await askWithKey(endpoint, request, clientKey, accessToken);
  if (!answer.ok) throw credentialRefusal(answer, await jsonOf(answer));
  const told = await read(answer).catch(() => {
    throw new Refusal("offline"); // cut off on the way
  });
  if (answer.status === 202) return { transactionId: told.transaction_id, interval: told.interval };
  return { sdJwt: told.credentials[0].credential, notificationId: told.notification_id };
}

function post(value) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) };
}

async function keyProof(issuer, key, now) {
  const answer = await ask(issuer.nonce_endpoint, { method: "POST" });
  learnNonce(answer);
  const { c_nonce: nonce } = await jsonOf(answer);
  const header = { typ: "openid4vci-proof+jwt", jwk: await publicJwk(key.publicKey) };
  return signToken(key.privateKey, header, { aud: issuer.credential_issuer, iat: Math.floor(now()), nonce });
}

function credentialRefusal(answer, told) {
  if (answer.status === 401) return new Refusal("token_expired");
  if (answer.status === 429) return new Refusal("slow_down");
  return new Refusal(answer.status >= 500 || told.error === "invalid_nonce" ? "busy" : "denied");
}

/** Tell the issuer what became of the card; it is no matter if this is lost. */
export async function notify(issuer, grant, clientKey, notificationId, event) {
  const report = post({ notification_id: notificationId, event });
  await askWithKey(issuer.notification_endpoint, report, clientKey, grant.accessToken).catch(() => undefined);
}
