// The count of unread alerts in the header of every page, live. Tells the page by events on the document.

import { follow } from "./inbox.js";

const count = document.querySelector("[data-alerts] [data-unread]");

export function showUnread(unread) {
  count.textContent = unread > 99 ? "99+" : String(unread);
  count.hidden = unread === 0;
}

function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}

follow({
  started({ unread, newest }) {
    showUnread(unread);
    tell("legitka:inbox", newest);
  },
  heard({ alert, unread }) {
    showUnread(unread);
    tell("legitka:alert", alert);
  },
});
