/**
 * Whether a shown card is valid: trusts nobody on the way but the issuers of its own list.
 * Every doubt ends in another outcome than `valid`. Keeps nothing.
 * @module
 */

import { fromBase64url, toBase64url } from "./bytes.js";
import { fetchIssuerKeys } from "./issuer.js";
import { isShownBy, openPack } from "./presentation.js";
import { isSignedByIssuer, readCard, validity } from "./sd-jwt.js";
import { fetchStatus } from "./status-list.js";

const PATIENCE = 10_000; // milliseconds for all of it
const LIST_AGE = 60; // seconds
const CLOCKS_AGREE = 30; // seconds; an issuer signs its list anew each 30 s, so that a fresh one is never too old
const WORST_LAST = ["valid", "suspended", "expired", "revoked"];
const WITHOUT_PERSON = ["suspended", "revoked", "expired", "too_old", "unknown"];

/**
 * @typedef {{wallet: string, issuers: Record<string, {name: Record<string, string>}>}} Config
 * @typedef {{names: string, portrait: ImageBitmap, institution: {name: Record<string, string>}, validUntil: Date}} Person
 * @typedef {{outcome: string, reason?: string, skew?: number, checkedAt?: Date, person?: Person}} Verdict
 */

/** An end of the check that is not `valid`. */
class Refused extends Error {
  constructor(outcome, reason) {
    super(reason ?? outcome);
    this.verdict = { outcome, reason };
  }
}

const cannot = (reason) => new Refused("cannot", reason);
const unknown = () => new Refused("unknown");

/** What comes of a step, or this refusal when it fails. */
async function orElse(refusal, step) {
  try {
    return await step();
  } catch (error) {
    throw error instanceof Refused ? error : refusal;
  }
}

/**
 * @param {import("./presentation.js").Shown} shown @param {() => Promise<Config>} loadConfig
 * @returns {Promise<Verdict>} never throws
 */
export async function check(shown, loadConfig) {
  let checkedAt;
  try {
    if (!globalThis.crypto?.subtle || !globalThis.DecompressionStream) throw cannot("browser");
    const signal = AbortSignal.timeout(PATIENCE);
    const config = await orElse(cannot("network"), loadConfig);
    const answer = await orElse(cannot("network"), () => ask(shown, config.wallet, signal));
    checkedAt = answer.checkedAt;
    if (answer.outcome !== "valid") return answer;
    requireSameTime(checkedAt);
    return { ...(await judge(shown, answer.pack, config, signal)), checkedAt };
  } catch (error) {
    return error instanceof Refused ? { ...error.verdict, checkedAt } : { outcome: "cannot", reason: "network" };
  }
}

/** The server is told what the code says, except the key of the pack. */
async function ask(shown, wallet, signal) {
  const { handle, time, signature } = shown;
  const body = JSON.stringify({ handle: toBase64url(handle), time, signature: toBase64url(signature) });
  const answer = await fetch(`${wallet}/api/v1/verifications`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
    signal,
    credentials: "omit",
    redirect: "error",
    cache: "no-store",
  });
  if (answer.status === 429) throw cannot("busy");
  if (!answer.ok) throw cannot("network");
  return readAnswer(await answer.json());
}

function readAnswer({ outcome, checked_at: checked, clock_skew_seconds: skew, pack }) {
  const checkedAt = new Date(checked);
  if (Number.isNaN(checkedAt.getTime())) throw cannot("network");
  if (outcome === "valid" && typeof pack === "string") return { outcome, checkedAt, pack: fromBase64url(pack) };
  if (!WITHOUT_PERSON.includes(outcome)) throw cannot("network");
  return { outcome, checkedAt, skew };
}

/** Else dates and the age of the list could be judged by a clock that is wrong, or that somebody chose. */
function requireSameTime(checkedAt) {
  if (Math.abs(checkedAt.getTime() - Date.now()) > CLOCKS_AGREE * 1000) throw cannot("clock");
}

async function judge(shown, pack, config, signal) {
  const card = await orElse(unknown(), async () => readCard(await openPack(pack, shown.key)));
  const keys = await keysOfTrusted(card, config, signal);
  await requireOurs(card, keys, shown);
  const now = Date.now() / 1000;
  const listed = await orElse(cannot("status"), () => fetchStatus(card, { keys, now, maxAge: LIST_AGE, signal }));
  const outcome = worse(validity(card, now), listed.status);
  if (outcome !== "valid") return { outcome };
  return { outcome, person: await orElse(cannot("incomplete"), () => personOf(card, config)) };
}

async function keysOfTrusted({ claims }, { issuers }, signal) {
  const { iss } = claims;
  if (typeof iss !== "string" || !Object.hasOwn(issuers, iss)) throw unknown();
  return orElse(cannot("status"), () => fetchIssuerKeys(iss, { signal, cache: "no-cache" }));
}

/** A student card, signed by that issuer, bound to the key that has signed the code. */
async function requireOurs(card, keys, shown) {
  const { iss, vct, cnf } = card.claims;
  const isStudentCard = vct === `${iss}/vct/legitymacja-studencka/1`;
  if (!isStudentCard || !(await isSignedByIssuer(card, keys))) throw unknown();
  if (!(await isShownBy(shown, cnf?.jwk ?? {}))) throw unknown();
}

function worse(dates, listed) {
  if (dates === "not_yet") throw unknown();
  return WORST_LAST[Math.max(WORST_LAST.indexOf(dates), WORST_LAST.indexOf(listed))];
}

/** What there is to compare. Without a photo and names, nothing is valid. */
async function personOf({ claims }, { issuers }) {
  const { given_name: given, family_name: family, portrait, iss, exp } = claims;
  if (![given, family].every((name) => typeof name === "string" && name.trim())) throw new TypeError("no names");
  return {
    names: `${given} ${family}`,
    portrait: await picture(portrait),
    institution: issuers[iss],
    validUntil: new Date(exp * 1000),
  };
}

function picture(dataUrl) {
  const [, base64] = /^data:image\/jpeg;base64,([A-Za-z0-9+/]+=*)$/.exec(dataUrl);
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
}
