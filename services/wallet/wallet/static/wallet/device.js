/**
 * What this browser can do, told before an activation code is spent.
 * @module
 */

import { newKeyPair, sign } from "../js/es256.js";
import { deleteActivation, loadActivation, saveActivation } from "./storage.js";

/** @typedef {"insecure" | "ios_tab" | "no_storage" | "old_browser"} Obstacle */

/** @returns {Promise<Obstacle | null>} why no card can be kept here */
export async function findObstacle() {
  if (!globalThis.isSecureContext) return "insecure";
  if (isIosTab()) return "ios_tab";
  if (!canCheckCards()) return "old_browser";
  return (await keepsKeys()) ? null : "no_storage";
}

/** @returns {boolean} a tab on iOS has other storage than the home screen, and is emptied after days */
export function isIosTab() {
  return isIos() && navigator.standalone !== true && !matchMedia("(display-mode: standalone)").matches;
}

function isIos() {
  const isTabletAsDesktop = /Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1;
  return /iPhone|iPad|iPod/.test(navigator.userAgent) || isTabletAsDesktop;
}

function canCheckCards() {
  return Boolean(crypto.subtle && globalThis.DecompressionStream && navigator.locks && globalThis.indexedDB);
}

/** A key must come back from storage and still sign. An activation under way has shown that already. */
async function keepsKeys() {
  try {
    if (await loadActivation()) return true;
    await saveActivation({ state: "trying", key: await newKeyPair() });
    const { key } = await loadActivation();
    await sign(key.privateKey, new Uint8Array(1));
    await deleteActivation();
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether this looks like a private window, whose storage ends with it. A guess: no browser says so.
 * @returns {Promise<boolean>}
 */
export async function looksPrivate() {
  if (await navigator.storage?.persisted?.()) return false;
  if (navigator.webkitTemporaryStorage) return hasLittleRoom();
  // Safari and Firefox refuse the origin's own file system in private windows.
  return navigator.storage?.getDirectory?.().then(() => false, () => true) ?? false;
}

/** Chromium keeps a private window in memory, and allows it no more than there is. */
function hasLittleRoom() {
  const memory = performance.memory?.jsHeapSizeLimit ?? 2 ** 30;
  return new Promise((resolve) => {
    const judge = (_used, quota) => resolve(quota < 2 * memory);
    navigator.webkitTemporaryStorage.queryUsageAndQuota(judge, () => resolve(false));
  });
}

/** Ask the browser not to clear this app's storage when space is short. */
export async function askToPersist() {
  return (await navigator.storage?.persist?.().catch(() => false)) ?? false;
}

/** @returns {"iphone" | "android" | "computer"} */
export function deviceLabel() {
  if (isIos()) return "iphone";
  return /Android/.test(navigator.userAgent) ? "android" : "computer";
}

// A cookie outlives the storage that a browser clears by itself: it tells that a card was here.
const MARK = "legitka-card-here";

/** @param {boolean} isHere */
export function markCard(isHere) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${MARK}=1; path=/; samesite=lax; max-age=${isHere ? 365 * 24 * 3600 : 0}${secure}`;
}

/** @returns {boolean} */
export function cardWasHere() {
  return document.cookie.split("; ").includes(`${MARK}=1`);
}
