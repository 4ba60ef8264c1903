/**
 * From an offer and its code to a card on this device. Key and claim are written before anything is sent, so that
 * a lost answer can be asked for again.
 * @module
 */

import { newKeyPair } from "../js/es256.js";
import { validity } from "../js/sd-jwt.js";
import { Refusal } from "./asking.js";
import { now } from "./clock.js";
import { askToPersist, deviceLabel, markCard } from "./device.js";
import { obtain, pause, readOwn } from "./obtaining.js";
import { fetchMetadata, fetchOffer, notify, requestToken } from "./openid4vci.js";
import { beginning } from "./renewal.js";
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
  const { metadata: { issuer }, grant, key, clientKey, transactionId } = activation;
  // What waits is written down, so that an app that was closed goes on.
  const waitFor = async (id) => {
    await saveActivation({ ...activation, transactionId: id });
    tellDeferred();
  };
  const { sdJwt, notificationId } = await obtain(issuer, grant, { key, clientKey }, { transactionId, waitFor });
  const read = await readOwn(sdJwt, key, issuer.credential_issuer);
  // Clocks differ by some seconds.
  if (!read || validity(read, now() + 60) !== "valid") {
    await deleteActivation();
    await notify(issuer, grant, clientKey, notificationId, "credential_failure");
    throw new Refusal("bad_card");
  }
  const renewal = beginning(grant, clientKey);
  const card = { id: grant.credentialId, sdJwt, key, addedAt: now(), status: null, pack: null, renewal };
  await finishActivation(card);
  markCard(true);
  // The page is left after this: what takes longer is lost, which is no matter.
  await Promise.race([notify(issuer, grant, clientKey, notificationId, "credential_accepted"), pause(1)]);
  return card.id;
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
