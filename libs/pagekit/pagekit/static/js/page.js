// What every page has: a form is sent once, and what must be read first gets the focus. Pages work without it.

const PATIENCE = 10_000; // after which a form that got no answer can be sent again

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
    setTimeout(() => release(form), PATIENCE);
  });
}

function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
}

// A page that comes back from the browser's memory can be sent again.
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
});

document.querySelector("[data-focus]")?.focus();

for (const drawer of document.querySelectorAll("details.drawer")) {
  drawer.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !drawer.open) return;
    drawer.open = false;
    drawer.querySelector("summary").focus();
  });
}
