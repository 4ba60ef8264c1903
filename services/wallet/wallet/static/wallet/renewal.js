/**
 * A card that was extended, or whose data have changed, is fetched anew by the app itself. What it is fetched with is
 * written down before it is used: whatever gets lost on the way, the card stays and can be asked for again.
 * @module
 */

import { Refusal } from "./asking.js";
import { cardOf, stateOf } from "./cards.js";
import { now } from "./clock.js";
import { obtain, readOwn } from "./obtaining.js";
import { fetchMetadata, notify, renewGrant } from "./openid4vci.js";
import { askWhatIsNew, freshPack } from "./packs.js";
import { changeCard } from "./storage.js";
import { issuerOf } from "./trust.js";

const DAY = 24 * 3600;
const ENDS_SOON = 14 * DAY;
const NEXT_TRY = 5 * 60;
// After these no token of this activation is taken any more. All else passes.
const FINAL = new Set(["unknown", "reused", "ended"]);
const triedAt = new Map();

/**
 * What a card is renewed with, if the service has given it a refresh token.
 * @param {import("./openid4vci.js").Grant} grant @param {CryptoKeyPair} clientKey
 * @returns {import("./storage.js").Renewal | null}
 */
export function beginning({ refreshToken: token }, clientKey) {
  return token ? { clientKey, refreshToken: token, fetchedAt: now(), known: null, hasEnded: false } : null;
}

/**
 * The card as it is kept now, renewed if there is something new. One tab at a time; nothing that fails is thrown.
 * @param {import("./cards.js").Card} card @returns {Promise<import("./cards.js").Card>}
 */
export async function renew(card) {
  try {
    await navigator.locks.request(`legitka-renewal-${card.id}`, { ifAvailable: true }, (lock) => lock && look(card.id));
  } catch (error) {
    if (!error.reason) console.error(error);
  }
  return (await cardOf(card.id)) ?? card;
}

async function look(id) {
  const card = await cardOf(id);
  if (!card?.renewal || card.renewal.hasEnded || stateOf(card) === "revoked") return;
  const told = card.pack ? await askWhatIsNew(card).catch(() => null) : null;
  if (!isNew(card, told) && !isDue(card)) return;
  if (now() - (triedAt.get(id) ?? -Infinity) < NEXT_TRY) return;
  triedAt.set(id, now());
  await fetchAnew(card, told);
  triedAt.delete(id);
}

function isNew({ claims, renewal }, told) {
  const known = renewal.known ?? { end: claims.exp, revision: null };
  return told !== null && (told.end !== known.end || told.revision !== known.revision);
}

/** In its last days a card is asked for each day, whatever is told. */
function isDue({ claims, renewal }) {
  return claims.exp - now() < ENDS_SOON && now() - renewal.fetchedAt >= DAY;
}

async function fetchAnew(card, told) {
  if (!issuerOf(card.claims.iss)) throw new Refusal("untrusted");
  const { server, issuer } = await fetchMetadata(card.claims.iss);
  const grant = await leave(card, server);
  const keys = { key: card.key, clientKey: card.renewal.clientKey };
  const { sdJwt, notificationId } = await obtain(issuer, grant, keys);
  const newer = await readOwn(sdJwt, card.key, card.claims.iss);
  if (!newer || !isSuccessor(newer.claims, card.claims)) {
    await notify(issuer, grant, keys.clientKey, notificationId, "credential_failure");
    throw new Refusal("bad_card");
  }
  await keep(card, sdJwt, newer, told);
}

/** The token that comes is written down before it is used: from then on the former one is worth nothing. */
async function leave({ id, renewal }, server) {
  try {
    const grant = await renewGrant(server, renewal, id);
    await changeRenewal(id, { refreshToken: grant.refreshToken });
    return grant;
  } catch (error) {
    if (FINAL.has(error.reason)) await changeRenewal(id, { hasEnded: true });
    throw error;
  }
}

function changeRenewal(id, changes) {
  return changeCard(id, ({ renewal }) => ({ renewal: { ...renewal, ...changes } }));
}

/** The same card, and not an older one of it. It may be past its date: that is how it stands. */
function isSuccessor(newer, former) {
  return newer.card_number === former.card_number && newer.iat >= former.iat && newer.exp >= former.exp;
}

/** In one step; the former pack counts as outdated from then on, so that it is made anew even after a crash. */
async function keep({ id, claims }, sdJwt, newer, known) {
  const isOther = !isSame(newer.claims, claims);
  await changeCard(id, ({ pack, isNews, renewal }) => ({
    sdJwt,
    isNews: isNews || isOther,
    pack: pack && isOther ? { ...pack, storedAt: 0 } : pack,
    renewal: { ...renewal, fetchedAt: now(), known: known ?? renewal.known },
  }));
  const card = await cardOf(id);
  if (card && isOther && stateOf(card) === "active") await freshPack(card);
}

const OF_EACH_SIGNING = new Set(["iat", "nbf", "cnf", "status"]);

function isSame(one, other) {
  const names = new Set([...Object.keys(one), ...Object.keys(other)].filter((name) => !OF_EACH_SIGNING.has(name)));
  return [...names].every((name) => JSON.stringify(one[name]) === JSON.stringify(other[name]));
}
