// Keeps the page of an order true: after every event the part that changes is read again from the server, so
// that there is one place that says what a state looks like. Without scripts the page is as good as its last load.

const RETRY = 4000;
const announcement = document.querySelector("#announcement");
const lost = document.querySelector("[data-lost]");
const order = document.querySelector("#order");

let told = order.cloneNode(true); // as the server said it last
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
  const answer = await fetch(order.dataset.page, { headers: { Accept: "text/html" }, redirect: "manual" });
  if (answer.type === "opaqueredirect" || answer.status === 403 || answer.status === 404) {
    location.reload(); // signed out meanwhile, or no student any more: the page itself says so, or leads to the sign-in
    return;
  }
  if (!answer.ok) throw new Error(String(answer.status));
  lost.hidden = true;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  show(page.querySelector("#order"), page.title);
}

// Only what has changed is exchanged: whoever reads, copies or photographs the rest is not disturbed.
function show(next, title) {
  if (!next) return;
  const held = order.contains(document.activeElement) ? document.activeElement : null;
  const isNews = next.dataset.screen !== order.dataset.screen;
  if (isNews || next.children.length !== told.children.length) exchangeAll(next);
  else exchangeParts(next);
  told = next;
  for (const [name, value] of Object.entries(next.dataset)) order.dataset[name] = value;
  document.title = title;
  prepare();
  if (held && !held.isConnected) (document.getElementById(held.id) ?? heading()).focus();
  if (isNews) announcement.textContent = next.dataset.announce;
}

function exchangeAll(next) {
  order.replaceChildren(...next.cloneNode(true).childNodes);
}

function exchangeParts(next) {
  const parts = [...order.children];
  for (const [index, part] of [...next.children].entries()) {
    if (part.isEqualNode(told.children[index])) continue;
    const fresh = part.cloneNode(true);
    for (const { id } of order.querySelectorAll("details[open][id]")) {
      const same = fresh.id === id ? fresh : fresh.querySelector(`#${id}`);
      same?.setAttribute("open", "");
    }
    parts[index].replaceWith(fresh);
  }
}

function heading() {
  const found = order.querySelector("h1");
  found.tabIndex = -1;
  return found;
}

// Copying needs scripts: without them the text stands further down.
function prepare() {
  for (const part of order.querySelectorAll("[data-needs-scripts]")) part.hidden = false;
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

let last = Number(order.dataset.last);

function watch() {
  const events = new EventSource(`${order.dataset.events}?last_event_id=${last}`);
  const onEvent = (event) => {
    last = Math.max(last, Number(event.lastEventId));
    refresh();
  };
  for (const kind of order.dataset.kinds.split(" ")) events.addEventListener(kind, onEvent);
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
order.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
watch();
addEventListener("pageshow", (event) => event.persisted && refresh());
