// The student's inbox at the notifier: asked with a token of five minutes, and followed while the page is seen.

const TOKEN = "/api/v1/notifier-token";
const EARLY = 30_000; // a token is not used up to its last moment
const SHORTEST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;

let held = null;

/** An answer that is a refusal; `code` is its stable word. */
export class Refused extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

/** What the notifier answers, as JSON; nothing for 204. Throws `Refused`, or TypeError without a network. */
export async function call(path, { method = "GET", json, keepalive = false } = {}) {
  const headers = json === undefined ? {} : { "Content-Type": "application/json" };
  const body = json === undefined ? undefined : JSON.stringify(json);
  const answer = await ask(path, { method, headers, body, keepalive });
  return answer.status === 204 ? undefined : answer.json();
}

/**
 * Hears of every alert from now on, as long as the page is open. `started({unread, newest})` is called whenever it
 * begins to listen, also after a pause; `heard({alert, unread})` for each alert that comes.
 */
export function follow({ started, heard }) {
  let listening = null;
  let after = null;

  const listen = async (signal) => {
    for (let pause = SHORTEST_PAUSE; !signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        const { alerts, unread } = await call("/api/v1/alerts?limit=1");
        const newest = alerts.length > 0 ? alerts[0].entry : 0;
        started({ unread, newest });
        after ??= newest;
        const answer = await ask("/api/v1/alerts/events", { headers: { "Last-Event-ID": String(after) }, signal });
        for await (const told of eventsOf(answer.body)) {
          after = told.alert.entry;
          heard(told);
          pause = SHORTEST_PAUSE;
        }
      } catch (error) {
        if (signal.aborted || isFinal(error)) return;
      }
      await sleep(pause, signal);
    }
  };
  const begin = () => {
    if (listening !== null || document.hidden) return;
    listening = new AbortController();
    void listen(listening.signal);
  };
  const end = () => {
    listening?.abort();
    listening = null;
  };

  // A browser has six connections to a server: pages that nobody looks at hold none.
  document.addEventListener("visibilitychange", () => (document.hidden ? end() : begin()));
  addEventListener("pagehide", end);
  addEventListener("pageshow", begin);
  addEventListener("online", () => {
    end();
    begin();
  });
  begin();
}

async function ask(path, options) {
  const { token, url } = await validToken();
  const headers = { ...options.headers, Authorization: `Bearer ${token}` };
  const answer = await fetch(url + path, { ...options, headers, credentials: "omit", cache: "no-store" });
  if (answer.ok) return answer;
  if (answer.status === 401) held = null;
  throw await refusalOf(answer);
}

async function validToken() {
  if (held !== null && Date.now() < held.until) return held;
  const asked = Date.now();
  const answer = await fetch(TOKEN, { method: "POST", headers: { Accept: "application/json" } });
  if (!answer.ok) throw await refusalOf(answer);
  const { token, expires_in: lasts, url } = await answer.json();
  held = { token, url, until: asked + lasts * 1000 - EARLY };
  return held;
}

async function refusalOf(answer) {
  const problem = await answer.json().catch(() => ({}));
  return new Refused(answer.status, problem.code ?? "");
}

/** The session is over; what the notifier itself refuses is tried again with a new token. */
function isFinal(error) {
  return error instanceof Refused && [401, 403].includes(error.status) && error.code !== "TOKEN_MISSING";
}

async function* eventsOf(body) {
  let text = "";
  for await (const part of partsOf(body)) {
    text += part;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield JSON.parse(data.slice("data: ".length));
    }
  }
}

async function* partsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
}

function sleep(milliseconds, signal) {
  return new Promise((wake) => {
    const timer = setTimeout(wake, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      wake();
    }, { once: true });
  });
}
