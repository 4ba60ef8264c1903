/**
 * What every page of the wallet does: works offline from the next visit on, and offers to be installed.
 * @module
 */

// Without a network, or when the page is left at once, the next page tries again.
navigator.serviceWorker?.register("/sw.js").catch(() => undefined);

// Browsers that can install an app say so; the button stands there only then.
addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  for (const button of document.querySelectorAll("[data-install]")) {
    button.hidden = false;
    button.addEventListener("click", () => event.prompt(), { once: true });
  }
});
