/**
 * Adding a document: terms, QR code, what will be added, activation code. Nothing is spent before the last step.
 * @module
 */

import { CannotScan, readPicture, scanWithCamera } from "../js/scanner.js";
import { activate, prepare } from "./activation.js";
import { ask, jsonOf, Refusal } from "./asking.js";
import { learnTime } from "./clock.js";
import { findObstacle, looksPrivate } from "./device.js";
import { busily, choose, fill, find, say, sayNothing } from "./dom.js";
import { timeOfDay } from "./moments.js";
import { offerAddress } from "./openid4vci.js";
import { issuerOf, settings } from "./trust.js";

const STEPS = ["choice", "terms", "qr", "confirm", "code"];
const cards = new BroadcastChannel("legitka-cards");
const progress = { receipt: sessionStorage.getItem("receipt"), prepared: null };
let camera = null;

/** A link with an offer: it goes into this tab's memory, and out of the address. */
function takeOfferFromAddress() {
  if (location.hash.length < 2) return;
  sessionStorage.setItem("offer", decodeURIComponent(location.hash.slice(1)));
  history.replaceState(null, "", location.pathname);
}

function go(step, { isBack = false } = {}) {
  camera?.abort();
  for (const each of STEPS) find(`#${each}`).hidden = each !== step;
  if (!isBack && history.state?.step !== step) history.pushState({ step }, "");
  find(`#${step} h1`).focus();
  for (const errors of document.querySelectorAll(`#${step} .errors`)) sayNothing(errors);
}

/** What fails is said in its step, where the person is. */
async function tryIn(step, button, work) {
  const errors = find(`#${step} .errors`);
  await busily(button, async () => {
    sayNothing(errors);
    try {
      await work();
    } catch (error) {
      const reason = error instanceof CannotScan ? `camera_${error.reason}` : error.reason;
      say(errors, { ...error, reason }, { until: error.until && timeOfDay(error.until) });
      mark(step, reason);
    }
  });
}

/** The field that an error is about. */
function mark(step, reason) {
  const field = find(`#${step}`).querySelector("[data-field]");
  if (field) field.setAttribute("aria-invalid", String(["not_ours", "empty", "wrong_code"].includes(reason)));
}

async function acceptTerms() {
  if (!find("#accepted").checked) throw new Refusal("terms_needed");
  const asked = Date.now();
  const answer = await ask("/api/v1/terms", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ version: find("#terms").dataset.version }),
  });
  const told = await jsonOf(answer);
  if (answer.status === 401) throw new Refusal("signed_out");
  if (!answer.ok) throw new Refusal(told.code === "TERMS_OUTDATED" ? "terms_outdated" : "busy");
  await learnTime(told.server_time, asked, Date.now());
  progress.receipt = told.terms_receipt;
  sessionStorage.setItem("receipt", told.terms_receipt);
  openQrStep();
}

function openQrStep() {
  find("#qr-text").value = sessionStorage.getItem("offer") ?? "";
  go("qr");
  find("#qr-text").focus();
}

async function confirmQr(text) {
  if (!text.trim()) throw new Refusal("empty");
  const address = offerAddress(text);
  progress.prepared = await prepare(address);
  sessionStorage.setItem("offer", address);
  showWhatIsAdded(progress.prepared.metadata.issuer);
  go("confirm");
}

function showWhatIsAdded(metadata) {
  const issuer = issuerOf(metadata.credential_issuer);
  const [configuration] = Object.values(metadata.credential_configurations_supported);
  const names = configuration.credential_metadata?.display ?? [];
  const name = names.find((each) => each.locale?.startsWith(settings.language)) ?? names[0];
  find("#confirm [data-card]").classList.add(`of-${issuer.id}`);
  const mark = document.querySelector(`template#mark-${issuer.id}`);
  find("#confirm [data-mark]").replaceChildren(mark.content.cloneNode(true));
  fill(find("#confirm"), { institution: issuer.name, address: issuer.url, document: name?.name });
}

async function scan() {
  camera = new AbortController();
  const view = find("#camera");
  const video = find("video", view);
  view.hidden = false;
  find("#stop-camera").focus();
  try {
    const accepts = (text) => isOffer(text);
    const text = await scanWithCamera(video, { accepts, signal: camera.signal });
    if (text !== null) await useText(text);
  } finally {
    view.hidden = true;
  }
}

function isOffer(text) {
  try {
    return Boolean(offerAddress(text));
  } catch {
    return false;
  }
}

async function readPhoto(picture) {
  const text = await readPicture(picture);
  if (text === null) throw new Refusal("no_code");
  await useText(text);
}

async function useText(text) {
  find("#qr-text").value = text;
  await confirmQr(text);
}

async function redeem() {
  const field = find("#activation-code");
  const code = field.value.replace(/\D/g, "");
  if (code.length !== 8) throw new Refusal("code_incomplete");
  if (!progress.receipt) throw new Refusal("terms_outdated");
  choose(find("#code"), "working", "yes");
  try {
    const tellDeferred = () => choose(find("#code"), "working", "later");
    const id = await activate(progress.prepared, code, progress.receipt, tellDeferred);
    finish(id);
  } catch (error) {
    if (error.reason === "wrong_code") field.select();
    if (error.reason === "invalid_request") throw new Refusal("terms_outdated");
    throw error;
  } finally {
    choose(find("#code"), "working", "no");
  }
}

function finish(id) {
  for (const name of ["receipt", "offer"]) sessionStorage.removeItem(name);
  sessionStorage.setItem("just-added", id);
  cards.postMessage(id);
  location.replace(`/card#${id}`);
}

async function openCodeStep() {
  find("[data-private]").hidden = !(await looksPrivate());
  go("code");
  find("#activation-code").focus();
}

/** Digits as they are typed or pasted, whatever stands between them. */
function keepDigits(event) {
  const digits = event.target.value.replace(/\D/g, "").slice(0, 8);
  if (digits !== event.target.value) event.target.value = digits;
}

function on(selector, type, step, work) {
  find(selector).addEventListener(type, (event) => {
    event.preventDefault();
    const button = event.submitter ?? event.currentTarget;
    tryIn(step, button, () => work(event));
  });
}

function listen() {
  find("#choose-student-card").addEventListener("click", () => (progress.receipt ? openQrStep() : go("terms")));
  on("#terms form", "submit", "terms", acceptTerms);
  on("#qr form", "submit", "qr", () => confirmQr(find("#qr-text").value));
  on("#use-camera", "click", "qr", scan);
  on("#photo", "change", "qr", (event) => readPhoto(event.target.files[0]));
  on("#confirm form", "submit", "confirm", openCodeStep);
  on("#code form", "submit", "code", redeem);
  find("#stop-camera").addEventListener("click", () => camera?.abort());
  find("#activation-code").addEventListener("input", keepDigits);
  for (const back of document.querySelectorAll("[data-back]")) back.addEventListener("click", () => history.back());
  addEventListener("popstate", (event) => go(reachable(event.state?.step), { isBack: true }));
  addEventListener("pagehide", () => camera?.abort());
  cards.onmessage = ({ data }) => location.replace(`/card#${data}`);
}

/** After a reload the page knows nothing of the steps beyond the QR code; after a card was added, of none. */
function reachable(step = "choice") {
  if (step === "choice" || step === "terms") return step;
  if (!progress.receipt) return "choice";
  return progress.prepared === null ? "qr" : step;
}

async function main() {
  takeOfferFromAddress();
  const obstacle = await findObstacle();
  if (obstacle) {
    find("#way").hidden = true;
    return say(find("[data-obstacle]"), { reason: obstacle });
  }
  if (!document.querySelector("#choice")) return;
  listen();
  find("[data-waiting]").hidden = true;
  const step = reachable(history.state?.step);
  history.replaceState({ step }, "");
  if (sessionStorage.getItem("offer") && step === "choice") go(progress.receipt ? "qr" : "terms");
  else go(step, { isBack: true });
  find("#qr-text").value ||= sessionStorage.getItem("offer") ?? "";
}

await main();
