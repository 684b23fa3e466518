// Small comforts of forms: a button that says it is busy, a password that can be seen.

function busy(event) {
  const form = event.target;
  const button = event.submitter ?? form.querySelector("[type=submit]");
  if (event.defaultPrevented || !form.dataset.busy || !button) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  button.style.inlineSize = `${button.offsetWidth}px`;
  button.textContent = form.dataset.busy;
}

function reveal(button) {
  const field = document.getElementById(button.dataset.reveal);
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
  button.setAttribute("aria-label", shown ? "Hide password" : "Show password");
}

/** The sign-in form tells where the browser is, so that times are the reader's own. */
function tellZone() {
  const field = document.querySelector("[data-zone]");
  if (field) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}

export function install(root) {
  tellZone();
  root.addEventListener("submit", busy);
  root.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-reveal]");
    if (button) reveal(button);
  });
  // A form that comes back from the browser's memory must be sendable again.
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted && document.querySelector("[data-sent]")) location.reload();
  });
}
