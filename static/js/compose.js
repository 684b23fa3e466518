// The compose window, improved: saved as it is written, files with progress, a rich editor.
// Everything here has a form button behind it that does the same without script.

import { setApart } from "./compose_apart.js";
import { away } from "./compose_away.js";
import { discard } from "./compose_discard.js";
import { Draft } from "./compose_draft.js";
import { installProtections } from "./compose_family.js";
import { installFiles } from "./compose_files.js";
import { installFormat } from "./compose_format.js";
import { installRecipients, revealLine } from "./compose_recipients.js";
import { installSignature } from "./compose_signature.js";
import { holdWindow, isWritten, leaveBehind, restore } from "./compose_keep.js";
import { offerLeft } from "./compose_left.js";
import { giveBackPlace, keepPlaces, watchPlace } from "./compose_place.js";
import { stopWaiting } from "./compose_line.js";
import { arrived, send } from "./compose_send.js";

const windows = new WeakMap();

function start(form) {
  const draft = new Draft(form);
  windows.set(form, draft);
  draft.ready = prepare(draft, form);
}

async function prepare(draft, form) {
  const { isRestored, apart } = await restore(draft);
  holdWindow(draft);
  watchPlace(form);
  installRecipients(form, draft);
  const state = installFormat(form, draft);
  draft.state = state;
  giveBackPlace(form, state);
  installFiles(form, draft, state);
  installProtections(form, draft);
  installSignature(form, draft, state);
  if (isRestored) tellRestored(draft);
  else if (isWritten(form)) onInput({ target: form });
  else offerLeft(draft);
  if (apart) setApart(draft, apart);
  const more = form.querySelector("[data-more]");
  if (more) more.hidden = !form.querySelector(".line.is-empty");
}

function tellRestored(draft) {
  draft.changed("Restored what was not saved");
  draft.form.closest("[data-docked]")?.dispatchEvent(new CustomEvent("compose:restored", { bubbles: true }));
}

function draftOf(element) {
  return windows.get(element?.closest?.("form[data-compose]"));
}

function onInput(event) {
  const draft = draftOf(event.target);
  if (!draft || event.target.type === "file") return;
  draft.form.dataset.written = "1";
  draft.changed(stopWaiting(draft) ? "Not sent" : "");
}

function onClick(event) {
  const target = event.target;
  const reveal = target.closest?.("[data-reveal-line]");
  if (reveal) return revealLine(reveal);
  const close = target.closest?.("[data-compose-close]");
  const draft = draftOf(close);
  if (draft && isPlain(event)) {
    event.preventDefault();
    leave(draft, close.href);
  }
}

const isPlain = (event) => !(event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button);

/** Closing keeps the draft; if it cannot be saved the window stays, and says so. */
async function leave(draft, url) {
  await draft.ready; // what was typed before the scripts were there is kept too
  stopWaiting(draft);
  // Pressed again, it leaves without them; the draft then says which did not arrive.
  if (!draft.leaving) await (draft.leaving = arrived(draft, "Waiting for the files. Close again to leave without them."));
  draft.leaving = null;
  const saved = await draft.finish();
  if (saved) away(draft, url);
  return saved;
}

export function closeWindow(section) {
  install(document);
  const form = section.querySelector("form[data-compose]");
  return leave(windows.get(form), form.dataset.closeUrl);
}

function onSubmit(event) {
  const draft = draftOf(event.target);
  const act = event.submitter?.value;
  if (!draft || event.submitter?.hasAttribute("formaction")) return;
  if (act === "discard") return discard(event, draft);
  event.preventDefault();
  if (/^(send|later|go)/.test(act)) send(draft, act);
  else draft.save();
}

function onKey(event) {
  const draft = draftOf(event.target);
  if (!draft) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    send(draft);
  } else if (event.key === "Escape" && !event.defaultPrevented) {
    leave(draft, draft.form.dataset.closeUrl);
  }
}

export function install(root) {
  for (const form of root.querySelectorAll("form[data-compose]")) {
    if (!windows.has(form)) start(form);
  }
  if (root.documentElement?.dataset.composing) return;
  root.documentElement.dataset.composing = "1";
  root.addEventListener("input", onInput);
  root.addEventListener("click", onClick);
  root.addEventListener("submit", onSubmit);
  root.addEventListener("keydown", onKey);
  const all = () => [...document.querySelectorAll("form[data-compose]")].map((form) => windows.get(form)).filter(Boolean);
  addEventListener("pagehide", () => (keepPlaces(all()), all().forEach(leaveBehind)));
  addEventListener("online", () => all().forEach((draft) => draft.dirty && draft.later(0)));
}
