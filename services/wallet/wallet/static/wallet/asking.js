/**
 * Requests that wait patiently while a service has not heard yet, and failures that tell why.
 * @module
 */

const PATIENCE = 20_000;
const HURRY = 15_000;

/** What went wrong, by a word that the pages have words for. */
export class Refusal extends Error {
  /** @param {string} reason @param {object} [more] such as attemptsLeft */
  constructor(reason, more = {}) {
    super(reason);
    this.reason = reason;
    Object.assign(this, more);
  }
}

/**
 * Ask again while the answer is "not yet" (425, 503 with Retry-After); throws Refusal("offline") without an answer.
 * @param {string} url @param {RequestInit | (() => Promise<RequestInit>)} [options] or what makes them for each try
 * @returns {Promise<Response>}
 */
export async function ask(url, options = {}) {
  const until = Date.now() + PATIENCE;
  for (;;) {
    const answer = await once(url, typeof options === "function" ? await options() : options);
    if (answer.status !== 425 && answer.status !== 503) return answer;
    if (Date.now() > until) throw new Refusal("busy");
    await pause(Number(answer.headers.get("Retry-After") ?? 1) * 1000);
  }
}

async function once(url, options) {
  const isOurs = new URL(url, location.href).origin === location.origin;
  try {
    return await fetch(url, {
      credentials: isOurs ? "same-origin" : "omit",
      redirect: "error",
      cache: "no-store",
      signal: AbortSignal.timeout(HURRY),
      ...options,
    });
  } catch {
    throw new Refusal("offline");
  }
}

/** @param {number} milliseconds at most two seconds are waited */
function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, 2000)));
}

/** @param {Response} answer @returns {Promise<any>} the JSON of an answer, or nothing */
export async function jsonOf(answer) {
  return answer.json().catch(() => ({}));
}
