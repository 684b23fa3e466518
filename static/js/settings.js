// Settings are saved as they are changed; without script the page has a Save button.

import { ask, SignedOut } from "./compose_wire.js";
import { signInLink } from "./signed_out.js";

const SAVED_MS = 3000;

async function save(form) {
  const said = form.querySelector("[data-saved]");
  try {
    const { errors } = await ask(form, form.action, new FormData(form));
    const wrong = Object.values(errors)[0];
    said.textContent = wrong ?? "Saved";
    if (!wrong) show(new FormData(form));
  } catch (problem) {
    if (problem instanceof SignedOut) return sayOut(form, said);
    said.textContent = Object.values(problem.answer?.errors ?? {})[0] ?? "Not saved: the server did not answer.";
    return;
  }
  setTimeout(() => (said.textContent = ""), SAVED_MS);
}

/** What was chosen stands in the form still, and is saved as soon as one comes back to it. */
function sayOut(form, said) {
  said.replaceChildren("Not saved: you are signed out. ", signInLink());
  addEventListener("focus", () => save(form), { once: true });
}

/** The page takes on what was chosen, as the server will draw the next one. */
function show(chosen) {
  if (!chosen.has("theme")) return;
  document.documentElement.dataset.theme = chosen.get("theme") || "auto";
  document.documentElement.dataset.density = chosen.get("density") || "cosy";
}

/** The browser asks the person; where it cannot, nothing is offered. */
function offerMailLinks(root) {
  const section = root.querySelector("[data-mail-links]");
  if (!section || !navigator.registerProtocolHandler) return;
  section.hidden = false;
  section.querySelector("[data-take-mail-links]").addEventListener("click", () => {
    navigator.registerProtocolHandler("mailto", `${location.origin}/compose/?to=%s`);
  });
}

/** On the phone the sections are a row to scroll: the one that is open is to be seen. */
function showSection(root) {
  const row = root.querySelector(".section-tabs");
  const open = row?.querySelector("[aria-current]");
  if (!open) return;
  const hidden = open.getBoundingClientRect().right - row.getBoundingClientRect().right;
  if (hidden > 0) row.scrollBy({ left: Math.ceil(hidden), behavior: "instant" });
}

export function install(root) {
  offerMailLinks(root);
  showSection(root);
  root.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-settings]");
    if (form) save(form);
  });
}
