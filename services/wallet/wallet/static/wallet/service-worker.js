// Keeps the pages of this app in both languages, so that a card can be shown without a network.
// KEPT = {version, files, pages} stands above: it is written by the service.

const CACHE = `legitka-wallet-${KEPT.version}`;
const LANGUAGES = ["pl", "en"];
const PATIENCE = 2000;

addEventListener("install", (event) => {
  event.waitUntil(keepAll().then(() => skipWaiting()));
});

async function keepAll() {
  const cache = await caches.open(CACHE);
  await cache.addAll(KEPT.files);
  // Without cookies: what is kept knows nobody.
  const copies = LANGUAGES.flatMap((language) => KEPT.pages.map((page) => ({ page, language })));
  await Promise.all(copies.map(async ({ page, language }) => {
    const headers = { "Accept-Language": language, Accept: "text/html" };
    const answer = await fetch(page, { credentials: "omit", cache: "no-store", headers });
    if (!answer.ok) throw new Error(`${page} answers ${answer.status}`);
    await cache.put(copyAddress(page, language), answer);
  }));
}

addEventListener("activate", (event) => {
  event.waitUntil(forgetOlder().then(() => clients.claim()));
});

async function forgetOlder() {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith("legitka-wallet-") && name !== CACHE && name !== SETTINGS);
  await Promise.all(older.map((name) => caches.delete(name)));
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin || request.method !== "GET") return;
  if (pathname.startsWith("/static/")) event.respondWith(keptFile(request));
  else if (request.mode === "navigate") event.respondWith(page(request, pathname));
});

async function keptFile(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

/** The page of the service if it answers soon, else the copy that is kept. */
async function page(request, pathname) {
  const chosen = pathname.match(/^\/language\/(pl|en)$/)?.[1];
  if (chosen) await rememberLanguage(chosen);
  const answering = fetch(request);
  const answer = await Promise.race([answering, later(isKept(pathname) ? PATIENCE : 30_000)]).catch(() => null);
  if (answer && answer.status < 500) {
    const language = answer.headers.get("Content-Language");
    if (language) await rememberLanguage(language);
    return answer;
  }
  if (chosen) return Response.redirect(backTo(request.url), 303);
  return (await copyOf(pathname)) ?? answer ?? Response.error();
}

function later(milliseconds) {
  return new Promise((resolve) => setTimeout(() => resolve(null), milliseconds));
}

function isKept(pathname) {
  return KEPT.pages.includes(pathname);
}

async function copyOf(pathname) {
  const cache = await caches.open(CACHE);
  const language = await rememberedLanguage();
  return cache.match(copyAddress(isKept(pathname) ? pathname : "/offline", language), { ignoreVary: true });
}

function copyAddress(pathname, language) {
  return `${pathname}?kept=${language}`;
}

// The cookie of the language cannot be read here: what was last seen is remembered beside the pages.
const SETTINGS = "legitka-wallet-settings";

async function rememberLanguage(language) {
  const cache = await caches.open(SETTINGS);
  await cache.put("/language", new Response(language));
}

async function rememberedLanguage() {
  const kept = await caches.match("/language", { cacheName: SETTINGS });
  if (kept) return kept.text();
  return LANGUAGES.find((language) => navigator.language.startsWith(language)) ?? "pl";
}

function backTo(address) {
  const next = new URL(address).searchParams.get("next") ?? "/";
  const target = new URL(next, location.origin);
  return target.origin === location.origin ? target.href : `${location.origin}/`;
}
