/**
 * Fills the template of an outcome: text nodes, a canvas for the portrait, dates as this language writes them.
 * @module
 */

const language = document.documentElement.lang;
const region = language === "en" ? "en-GB" : language;
const day = new Intl.DateTimeFormat(region, { dateStyle: "long", timeZone: "Europe/Warsaw" });
const second = new Intl.DateTimeFormat(region, { dateStyle: "medium", timeStyle: "medium" });
const ago = new Intl.RelativeTimeFormat(region, { numeric: "always" });

/**
 * @param {DocumentFragment} made @param {import("./check.js").Verdict} verdict @param {{opened: boolean}} how
 */
export function fill(made, verdict, { opened }) {
  const { checkedAt, reason, skew = 0, person } = verdict;
  const holds = new Set([reason, opened && "opened", checkedAt && "checkedAt", skew < 0 && "behind", skew > 0 && "ahead"]);
  for (const part of made.querySelectorAll("[data-if]")) if (!holds.has(part.dataset.if)) part.remove();
  for (const list of made.querySelectorAll("dl")) if (list.children.length === 0) list.remove();
  const texts = {
    checkedAt: checkedAt && second.format(checkedAt),
    skew: skew && told(skew),
    address: location.origin,
    names: person?.names,
    institution: person?.institution.name[language],
    validUntil: person && day.format(person.validUntil),
  };
  for (const place of made.querySelectorAll("[data-field]")) place.textContent = texts[place.dataset.field] ?? "";
  if (checkedAt) made.querySelector("time").dateTime = checkedAt.toISOString();
  if (person) draw(made.querySelector("canvas[data-portrait]"), person.portrait);
}

function told(seconds) {
  return Math.abs(seconds) < 120 ? ago.format(seconds, "second") : ago.format(Math.round(seconds / 60), "minute");
}

function draw(canvas, portrait) {
  canvas.width = portrait.width;
  canvas.height = portrait.height;
  canvas.getContext("2d").drawImage(portrait, 0, 0);
  portrait.close();
}
