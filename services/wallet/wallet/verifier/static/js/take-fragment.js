// Runs before anything else of the page: a code in the address goes into memory, and out of address and history.
"use strict";
(() => {
  const fragment = location.hash.slice(1);
  globalThis.openedFragment = fragment;
  if (fragment) history.replaceState(null, "", location.pathname + location.search);
})();
