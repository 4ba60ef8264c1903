// Notifications of this browser: what is true of them here, and how they are turned on and off.

import { call, Refused } from "./inbox.js";

const WORKER = "/sw.js";
const SUBSCRIPTIONS = "/api/v1/push-subscriptions";

/**
 * `on`, `off`, `muted` (on here, but the channel is off), or why they cannot be: `denied`, `unsupported`, `install`
 * (iOS shows them for an installed app only). Throws when the notifier cannot be asked.
 */
export async function pushState() {
  const obstacle = obstacleHere();
  if (obstacle !== null) return obstacle;
  const subscription = await subscriptionHere();
  if (subscription === null || Notification.permission !== "granted") return "off";
  const known = await call(SUBSCRIPTIONS);
  const id = await idOf(subscription.endpoint);
  const mine = known.subscriptions.find((each) => each.id === id);
  if (mine === undefined || mine.application_server_key === null) return "off";
  const { channels } = await call("/api/v1/preferences");
  return channels.push ? "on" : "muted";
}

/** Asks the person, the browser and the notifier, in this order. Throws when one of them does not answer. */
export async function turnOn() {
  if ((await Notification.requestPermission()) !== "granted") return pushState();
  await navigator.serviceWorker.register(WORKER, { updateViaCache: "none" });
  const { pushManager } = await navigator.serviceWorker.ready;
  const { application_server_key: key } = await call(SUBSCRIPTIONS);
  const subscription = await subscribe(pushManager, key);
  const { endpoint, keys } = subscription.toJSON();
  try {
    await call(SUBSCRIPTIONS, { method: "POST", json: { endpoint, keys, application_server_key: key } });
  } catch (error) {
    await subscription.unsubscribe();
    if (error instanceof Refused && error.code === "NOTHING_ORDERED") return "nothing-ordered";
    throw error;
  }
  return pushState();
}

export async function turnOff() {
  const subscription = await subscriptionHere();
  if (subscription === null) return pushState();
  await call(`${SUBSCRIPTIONS}/${await idOf(subscription.endpoint)}`, { method: "DELETE" });
  await subscription.unsubscribe();
  return pushState();
}

function obstacleHere() {
  if (navigator.standalone === false) return "install";
  const supported = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  if (!supported) return "unsupported";
  return Notification.permission === "denied" ? "denied" : null;
}

async function subscriptionHere() {
  const registration = await navigator.serviceWorker.getRegistration("/");
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** A browser holds one subscription; one for another key, or one that somebody else left, gives way to a new one. */
async function subscribe(pushManager, key) {
  await (await pushManager.getSubscription())?.unsubscribe();
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

/** The id that the notifier knows it by: the first 16 bytes of the endpoint's SHA-256, as a UUID. */
async function idOf(endpoint) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint)));
  const hex = Array.from(digest.slice(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
