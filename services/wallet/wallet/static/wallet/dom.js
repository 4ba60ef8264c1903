/**
 * Small helpers for pages that the server has rendered with all their words: show, hide, fill.
 * @module
 */

/** @param {string} selector @param {ParentNode} [within] @returns {any} throws if the page lacks it */
export function find(selector, within = document) {
  const element = within.querySelector(selector);
  if (!element) throw new Error(`the page has no ${selector}`);
  return element;
}

/** Text into every `data-slot` of these names; missing values hide their row. */
export function fill(within, values) {
  for (const [name, value] of Object.entries(values)) {
    for (const slot of within.querySelectorAll(`[data-slot="${name}"]`)) {
      slot.textContent = value ?? "";
      const row = slot.closest("[data-row]");
      if (row) row.hidden = value === undefined || value === null;
    }
  }
}

/** Of the alternatives `data-<kind>`, only the ones with this value stay visible. */
export function choose(within, kind, value) {
  for (const alternative of within.querySelectorAll(`[data-${kind}]`)) {
    alternative.hidden = alternative.dataset[kind] !== String(value);
  }
}

/** @param {string} id of a template @returns {HTMLElement} a copy of its only element */
export function copyOf(id) {
  return find(`template#${id}`).content.firstElementChild.cloneNode(true);
}

/**
 * Say what went wrong and what to do, in the words that the page has for this reason, and put the focus on it.
 * @param {HTMLElement} place @param {{reason?: string, attemptsLeft?: number, until?: number}} error
 */
export function say(place, error, values = {}) {
  const known = document.querySelector(`template[data-reason="${error.reason}"]`);
  if (!error.reason) console.error(error);
  const words = (known ?? find('template[data-reason="other"]')).content.cloneNode(true);
  choose(words, "attempts", error.attemptsLeft);
  fill(words, values);
  place.replaceChildren(words);
  place.hidden = false;
  place.firstElementChild.focus();
}

/** @param {HTMLElement} place */
export function sayNothing(place) {
  place.hidden = true;
  place.replaceChildren();
}

/** While `work` is under way its button cannot be used again. */
export async function busily(button, work) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    await work();
  } finally {
    button.removeAttribute("aria-disabled");
  }
}
