/**
 * A card by leave that was given: asked for until it comes, and believed once it is checked.
 * @module
 */

import { publicJwk, thumbprint } from "../js/es256.js";
import { fetchIssuerKeys } from "../js/issuer.js";
import { isSignedByIssuer, readCard } from "../js/sd-jwt.js";
import { Refusal } from "./asking.js";
import { now } from "./clock.js";
import { requestCredential, requestDeferred } from "./openid4vci.js";

/**
 * The card, however long it takes.
 * @param {any} issuer metadata @param {import("./openid4vci.js").Grant} grant
 * @param {{key: CryptoKeyPair, clientKey: CryptoKeyPair}} keys
 * @param {{transactionId?: string, waitFor?: (transactionId: string) => Promise<void>}} [deferred] what the card waits
 *   under already, and what to do before it is waited for
 * @returns {Promise<import("./openid4vci.js").Given>} throws Refusal
 */
export async function obtain(issuer, grant, keys, { transactionId, waitFor = async () => undefined } = {}) {
  const ask = () => requestCredential(issuer, grant, keys, now);
  let given = transactionId ? { transactionId, interval: 0 } : await patiently(ask);
  while (given.transactionId) {
    const waitsFor = given.transactionId;
    await waitFor(waitsFor);
    await pause(given.interval);
    given = await patiently(() => requestDeferred(issuer, grant, keys.clientKey, waitsFor));
  }
  return given;
}

/**
 * The card, if its issuer has signed it for our key; whether it is valid now is another question.
 * @param {string} sdJwt @param {CryptoKeyPair} key @param {string} issuer one that is trusted
 * @returns {Promise<import("../js/sd-jwt.js").Card | null>} throws Refusal("offline") without the issuer's keys
 */
export async function readOwn(sdJwt, key, issuer) {
  const keys = await patiently(() => publishedKeys(issuer));
  try {
    const card = await readCard(sdJwt);
    const ours = await thumbprint(await publicJwk(key.publicKey));
    const isGenuine = card.claims.iss === issuer && (await isSignedByIssuer(card, keys));
    return isGenuine && (await thumbprint(card.claims.cnf.jwk)) === ours ? card : null;
  } catch {
    return null;
  }
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

/** @param {number} seconds */
export function pause(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
