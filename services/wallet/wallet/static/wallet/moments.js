/**
 * Times in words and digits, in Polish time: what a card says is said where its university is.
 * @module
 */

const LOCALES = { pl: "pl-PL", en: "en-GB" };
const locale = LOCALES[document.documentElement.lang] ?? LOCALES.pl;
const timeZone = "Europe/Warsaw";

const evidence = new Intl.DateTimeFormat("pl-PL", {
  timeZone, day: "2-digit", month: "2-digit", year: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});
const minute = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(locale, { timeZone: "UTC", dateStyle: "long" });
const clock = new Intl.DateTimeFormat(locale, { timeZone, timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(locale, { style: "short", numeric: "auto" });

/** @param {number} seconds Unix @returns {string} `22.11.2026 14:03:27`, the same in every language */
export function toTheSecond(seconds) {
  const parts = Object.fromEntries(evidence.formatToParts(seconds * 1000).map((part) => [part.type, part.value]));
  return `${parts.day}.${parts.month}.${parts.year} ${parts.hour}:${parts.minute}:${parts.second}`;
}

/** @param {number} seconds Unix @returns {string} */
export function toTheMinute(seconds) {
  return minute.format(seconds * 1000);
}

/** @param {number} seconds Unix @returns {string} the time of day */
export function timeOfDay(seconds) {
  return clock.format(seconds * 1000);
}

/** @param {string | undefined} date `2026-11-22` @returns {string | undefined} */
export function toTheDay(date) {
  return date && day.format(new Date(`${date}T00:00:00Z`));
}

/** @param {number} seconds passed since @returns {string} `2 min ago`, `now` */
export function ago(seconds) {
  const [unit, length] = [["day", 86400], ["hour", 3600], ["minute", 60]].find(([, long]) => seconds >= long) ?? [];
  return unit ? relative.format(-Math.floor(seconds / length), unit) : relative.format(0, "second");
}
