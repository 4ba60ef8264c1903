/**
 * The log of showings, which lies on this device only.
 * @module
 */

import { copyOf, fill, find } from "./dom.js";
import { toTheMinute } from "./moments.js";
import { deleteShowings, loadShowings } from "./storage.js";

async function show() {
  const showings = await loadShowings();
  const items = showings.map(({ at }) => {
    const item = copyOf("showing");
    fill(item, { at: toTheMinute(at) });
    find("time", item).dateTime = new Date(at * 1000).toISOString();
    return item;
  });
  find("[data-showings]").replaceChildren(...items);
  find("[data-some]").hidden = items.length === 0;
  find("[data-empty]").hidden = items.length > 0;
}

find("[data-delete]").addEventListener("click", async () => {
  await deleteShowings();
  await show();
  find("h1").focus();
});

await show();
