/**
 * From an offer and its code to a card on this device. Key and claim are written before anything is sent, so that
 * a lost answer can be asked for again.
 * @module
 */

import { newKeyPair, publicJwk, thumbprint } from "../js/es256.js";
import { fetchIssuerKeys } from "../js/issuer.js";
import { isSignedByIssuer, readCard, validity } from "../js/sd-jwt.js";
import { Refusal } from "./asking.js";
import { now } from "./clock.js";
import { askToPersist, deviceLabel, markCard } from "./device.js";
import { fetchMetadata, fetchOffer, notify, requestCredential, requestDeferred, requestToken } from "./openid4vci.js";
import { deleteActivation, finishActivation, loadActivation, saveActivation } from "./storage.js";
import { issuerOf } from "./trust.js";

const LOCK = "legitka-activation";
const TOKEN_LIVES = 5 * 60;
const CLAIM_STANDS = 10 * 60;
const CARD_WAITS = 24 * 60 * 60;
// After these the code may have been redeemed, and the answer lost: the key is kept.
const MAY_HAVE_CLAIMED = new Set(["offline", "busy", "claimed"]);

/**
 * What would be added: the offer and what its issuer says; throws Refusal.
 * @param {string} address
 */
export async function prepare(address) {
  const offer = await fetchOffer(address);
  if (!issuerOf(offer.issuer)) throw new Refusal("untrusted");
  return { address, offer, metadata: await fetchMetadata(offer.issuer) };
}

/**
 * Redeem the code and fetch the card. One tab at a time; a refused code leaves nothing behind.
 * @param {{address: string, offer: any, metadata: any}} prepared @param {string} activationCode
 * @param {string} receipt of the terms @param {() => void} [tellDeferred] when the card comes later
 * @returns {Promise<string>} the id of the card
 */
export async function activate(prepared, activationCode, receipt, tellDeferred) {
  return exclusively(async () => {
    await askToPersist();
    const activation = await begin(prepared);
    const grant = await claim(activation, activationCode, receipt);
    return finish({ ...activation, grant, state: "granted", granted: now() }, tellDeferred);
  });
}

/** Other tabs of this browser wait here, and then find the card. */
async function exclusively(work) {
  return navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
    if (!lock) throw new Refusal("other_tab");
    return work();
  });
}

/** The same offer again goes on with the key it had: the answer to it may have been lost. */
async function begin({ address, metadata }) {
  const earlier = await loadActivation();
  const again = earlier?.address === address ? { ...earlier, mayBeClaimed: true } : await newActivation();
  const activation = { ...again, state: "asking", address, metadata };
  await saveActivation(activation);
  return activation;
}

/** A key for the card, and one that tokens are bound to. */
async function newActivation() {
  return { key: await newKeyPair(), clientKey: await newKeyPair(), asked: now(), mayBeClaimed: false };
}

async function claim(activation, activationCode, receipt) {
  const { metadata, address, clientKey } = activation;
  try {
    const offer = await fetchOffer(address); // a pre-authorized code is good for minutes only
    const given = { offer, activationCode, receipt, device: deviceLabel() };
    return await requestToken(metadata.server, given, clientKey);
  } catch (error) {
    if (!isStillNeeded(activation, error)) await deleteActivation();
    if (error.reason === "claimed") error.until = activation.asked + CLAIM_STANDS;
    throw error;
  }
}

/** With the key goes what it may have claimed: a typo must not lose it. */
function isStillNeeded({ mayBeClaimed }, { reason }) {
  return MAY_HAVE_CLAIMED.has(reason) || (mayBeClaimed && reason === "wrong_code");
}

async function finish(activation, tellDeferred = () => undefined) {
  await saveActivation(activation);
  const { metadata: { issuer }, grant, key, clientKey } = activation;
  const { sdJwt, notificationId } = await obtain(activation, tellDeferred);
  const keys = await patiently(() => publishedKeys(issuer.credential_issuer));
  if (!(await isOurs(sdJwt, key, issuer.credential_issuer, keys))) {
    await deleteActivation();
    await notify(issuer, grant, clientKey, notificationId, "credential_failure");
    throw new Refusal("bad_card");
  }
  const card = { id: grant.credentialId, sdJwt, key, addedAt: now(), status: null, pack: null };
  await finishActivation(card);
  markCard(true);
  // The page is left after this: what takes longer is lost, which is no matter.
  await Promise.race([notify(issuer, grant, clientKey, notificationId, "credential_accepted"), pause(1)]);
  return card.id;
}

/** The card, however long it takes. What waits is written down, so that an app that was closed goes on. */
async function obtain({ transactionId, ...activation }, tellDeferred) {
  const { metadata: { issuer }, grant, key, clientKey } = activation;
  const ask = () => requestCredential(issuer, grant, { key, clientKey }, now);
  let given = transactionId ? { transactionId, interval: 0 } : await patiently(ask);
  while (given.transactionId) {
    const waitsFor = given.transactionId;
    await saveActivation({ ...activation, transactionId: waitsFor });
    tellDeferred();
    await pause(given.interval);
    given = await patiently(() => requestDeferred(issuer, grant, clientKey, waitsFor));
  }
  return given;
}

async function publishedKeys(issuer) {
  return fetchIssuerKeys(issuer).catch(() => {
    throw new Refusal("offline");
  });
}

/** An answer that was lost on the way is asked for again: the same key gets the same card. */
async function patiently(request) {
  for (const seconds of [1, 2, 4]) {
    try {
      return await request();
    } catch (error) {
      if (error.reason !== "offline") throw error;
      await pause(seconds);
    }
  }
  return request();
}

function pause(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/** The card must be signed by the issuer that the offer named, be valid now, and be bound to our key. */
async function isOurs(sdJwt, key, issuer, keys) {
  try {
    const card = await readCard(sdJwt);
    const ours = await thumbprint(await publicJwk(key.publicKey));
    const isGenuine = card.claims.iss === issuer && (await isSignedByIssuer(card, keys));
    const isBound = (await thumbprint(card.claims.cnf.jwk)) === ours;
    // Clocks differ by some seconds.
    return isGenuine && isBound && validity(card, now() + 60) === "valid";
  } catch {
    return false;
  }
}

/** @returns {Promise<"none" | "asking" | "granted" | "deferred" | "too_late">} how far it had come when it stopped */
export async function interrupted() {
  const activation = await loadActivation().catch(() => undefined);
  if (!activation) return "none";
  if (activation.state !== "granted") return now() - activation.asked < CLAIM_STANDS ? "asking" : "none";
  const passed = now() - activation.granted;
  if (activation.transactionId) return passed < CARD_WAITS ? "deferred" : "too_late";
  return passed < TOKEN_LIVES ? "granted" : "too_late";
}

/**
 * Fetch the card whose code was redeemed already.
 * @param {() => void} tellDeferred @returns {Promise<string>} the id of the card
 */
export async function resume(tellDeferred) {
  return exclusively(async () => finish(await loadActivation(), tellDeferred));
}

export { deleteActivation as giveUp };
