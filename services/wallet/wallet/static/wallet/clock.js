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

/**
 * Learn from an answer how far the service is ahead; it was given between these two moments of our own clock.
 * @param {string} serverTime ISO 8601 @param {number} asked @param {number} answered in milliseconds
 */
export async function learnTime(serverTime, asked, answered) {
  ahead = (Date.parse(serverTime) - (asked + answered) / 2) / 1000;
  await writeSetting("clockAhead", ahead);
}
