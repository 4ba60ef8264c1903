// Keeps the page of an order true: after every event the part that changes is read again from the server, so
// that there is one place that says what a state looks like. Without scripts the page is as good as its last load.

const RETRY = 4000;
const announcement = document.querySelector("#announcement");
const lost = document.querySelector("[data-lost]");
const order = () => document.querySelector("#order");

let reading = false;
let again = false;

async function refresh() {
  if (reading) {
    again = true;
    return;
  }
  reading = true;
  try {
    await read();
  } catch {
    lost.hidden = false;
    setTimeout(refresh, RETRY);
  } finally {
    reading = false;
  }
  if (again) {
    again = false;
    await refresh();
  }
}

async function read() {
  const answer = await fetch(order().dataset.page, { headers: { Accept: "text/html" }, redirect: "manual" });
  if (answer.type === "opaqueredirect") {
    location.reload(); // signed out meanwhile: the page leads to the sign-in and back
    return;
  }
  if (!answer.ok) throw new Error(String(answer.status));
  lost.hidden = true;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  show(page.querySelector("#order"), page.title);
}

function show(next, title) {
  const now = order();
  if (!next || next.innerHTML === now.innerHTML) return;
  const focused = now.contains(document.activeElement) ? document.activeElement.closest("[id]")?.id : undefined;
  const opened = [...now.querySelectorAll("details[open][id]")].map((each) => each.id);
  const changed = next.dataset.screen !== now.dataset.screen;
  now.replaceWith(document.adoptNode(next));
  if (!changed) for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  document.title = title;
  prepare();
  if (focused !== undefined && focused !== "order") (document.getElementById(focused) ?? heading()).focus();
  if (changed) announcement.textContent = next.dataset.announce;
}

function heading() {
  const found = order().querySelector("h1");
  found.tabIndex = -1;
  return found;
}

// Copying needs scripts: without them the text stands further down.
function prepare() {
  for (const part of order().querySelectorAll("[data-needs-scripts]")) part.hidden = false;
  for (const button of order().querySelectorAll("[data-copy]")) button.addEventListener("click", () => copy(button));
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  const label = button.querySelector("span");
  const words = label.textContent;
  label.textContent = button.dataset.copied;
  announcement.textContent = "";
  announcement.textContent = `${words}: ${button.dataset.copied}`;
  setTimeout(() => {
    label.textContent = words;
  }, 2500);
}

let last = Number(order().dataset.last);

function watch() {
  const events = new EventSource(`${order().dataset.events}?last_event_id=${last}`);
  const onEvent = (event) => {
    last = Math.max(last, Number(event.lastEventId));
    refresh();
  };
  for (const kind of order().dataset.kinds.split(" ")) events.addEventListener(kind, onEvent);
  events.onopen = () => {
    if (!lost.hidden) refresh();
  };
  events.onerror = () => {
    lost.hidden = false;
    if (events.readyState !== EventSource.CLOSED) return;
    events.close();
    setTimeout(() => refresh().then(watch), RETRY);
  };
}

prepare();
watch();
addEventListener("pageshow", (event) => event.persisted && refresh());
