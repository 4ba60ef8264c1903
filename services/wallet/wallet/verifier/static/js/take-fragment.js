// Runs before anything else of the page: a code in the address goes into memory, and out of address and history.
"use strict";
(() => {
  const fragment = location.hash.slice(1);
  globalThis.openedFragment = fragment;
  document.documentElement.classList.add("has-scripts");
  if (fragment) history.replaceState(null, "", location.pathname + location.search);
})();
