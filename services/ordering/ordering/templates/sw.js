// Shows notifications while no page is open, and opens the page that one is about. Nothing private comes with it:
// the kind, the page and the language; the words are here.

const WORDS = {{ words | tojson }};
const ICON = {{ static("icons/portal-192.png") | tojson }};
const INBOX = "/alerts";
const ORDER = /^\/orders\/[0-9a-f-]{36}$/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => event.waitUntil(show(read(event.data))));

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.link));
});

// A browser may change its address by itself; the person has not to turn anything on again.
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew()));

// Whatever comes, the browser wants something to be shown.
function read(data) {
  try {
    return data.json() ?? {};
  } catch {
    return {};
  }
}

function show({ kind, link, language }) {
  const told = language === "en" ? "en" : "pl";
  const words = Object.hasOwn(WORDS[told], kind) ? WORDS[told][kind] : WORDS[told].other;
  const page = typeof link === "string" && ORDER.test(link) ? link : INBOX;
  return self.registration.showNotification(words.title, {
    body: words.text,
    lang: told,
    icon: ICON,
    tag: page,
    renotify: true,
    data: { link: page },
  });
}

async function open(link) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((each) => new URL(each.url).pathname === link);
  return there ? there.focus() : self.clients.openWindow(link);
}

async function renew() {
  const answer = await fetch("/api/v1/notifier-token", { method: "POST" });
  if (!answer.ok) return; // signed out: the switch on the page of alerts says that it is off
  const { token, url } = await answer.json();
  const subscriptions = `${url}/api/v1/push-subscriptions`;
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const { application_server_key: key } = await (await fetch(subscriptions, { headers })).json();
  const subscription = await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = subscription.toJSON();
  await fetch(subscriptions, { method: "POST", headers, body: JSON.stringify({ endpoint, keys, application_server_key: key }) });
}
