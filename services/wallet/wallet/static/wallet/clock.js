/**
 * The time by the service's clock: what is signed must fit it, whatever the clock of the phone says.
 * @module
 */

import { readSetting, writeSetting } from "./storage.js";

let ahead = (await readSetting("clockAhead").catch(() => 0)) ?? 0;

/** @returns {number} Unix seconds */
export function now() {
  return Date.now() / 1000 + ahead;
}

// The header `Date` tells whole seconds, and answers take their time: less than this may be no difference.
const ROUGHLY = 3;

/**
 * Learn from an answer how far the service is ahead; it was given between these two moments of our own clock.
 * An answer that tells no time, as of a proxy on the way, teaches nothing.
 * @param {string | null} serverTime as in JSON, or not `exact` as in the header `Date`
 * @param {number} asked @param {number} answered in milliseconds
 */
export async function learnTime(serverTime, asked, answered, { exact = true } = {}) {
  const learnt = (Date.parse(serverTime) - (asked + answered) / 2) / 1000;
  if (!Number.isFinite(learnt) || (!exact && Math.abs(learnt - ahead) < ROUGHLY)) return;
  ahead = learnt;
  await writeSetting("clockAhead", ahead);
}
