// The compose window, improved: saved as it is written, files with progress, a rich editor.
// Everything here has a form button behind it that does the same without script.

import { askPassphrase, askQuestions } from "./compose_asking.js";
import { away } from "./compose_away.js";
import { discard } from "./compose_discard.js";
import { Draft } from "./compose_draft.js";
import { installProtections } from "./compose_family.js";
import { installFiles } from "./compose_files.js";
import { installFormat } from "./compose_format.js";
import { installRecipients, revealLine } from "./compose_recipients.js";
import { installSignature } from "./compose_signature.js";
import { holdWindow, isWritten, restore } from "./compose_keep.js";
import { offerLeft } from "./compose_left.js";
import { sendWhenBack, stopWaiting } from "./compose_line.js";
import { showErrors, clearErrors } from "./compose_errors.js";

const windows = new WeakMap();

async function start(form) {
  const draft = new Draft(form);
  windows.set(form, draft);
  const kept = await restore(draft);
  holdWindow(draft);
  installRecipients(form, draft);
  const state = installFormat(form, draft);
  installFiles(form, draft, state);
  installProtections(form, draft);
  installSignature(form, draft, state);
  if (kept) draft.changed("Restored what was not saved");
  else if (isWritten(form)) onInput({ target: form });
  else offerLeft(draft);
  const more = form.querySelector("[data-more]");
  if (more) more.hidden = !form.querySelector(".line.is-empty");
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
  if (draft && plain(event)) {
    event.preventDefault();
    leave(draft, close.href);
  }
}

const plain = (event) => !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);

/** Closing keeps the draft; if it cannot be saved the window stays, and says so. */
async function leave(draft, url) {
  stopWaiting(draft);
  // Pressed again, it leaves without them; the draft then says which did not arrive.
  if (!draft.leaving) await (draft.leaving = arrived(draft, "Waiting for the files. Close again to leave without them."));
  draft.leaving = null;
  const saved = await draft.finish();
  if (saved) away(draft, url);
  return saved;
}

export function closeWindow(section) {
  const form = section.querySelector("form[data-compose]");
  return windows.has(form) ? leave(windows.get(form), form.dataset.closeUrl) : false;
}

async function send(draft, act = "send", more = {}) {
  stopWaiting(draft);
  clearErrors(draft.form);
  await arrived(draft);
  if (draft.form.querySelector(".file.is-failed")) {
    return showErrors(draft.form, { form: "Not sent: a file could not be attached. Dismiss it, or attach it again." });
  }
  draft.say("Sending");
  disable(draft, true);
  const sealed = draft.seal ? await draft.seal(act, more) : {};
  const answer = "answer" in sealed ? sealed.answer : await draft.send(act, { ...more, ...sealed.fields });
  if (answer?.next) return away(draft, answer.next, answer.notices, act.startsWith("go:"));
  disable(draft, false);
  if (answer === "offline") return sendWhenBack(draft, () => send(draft, act, more));
  if (answer?.questions?.length) return askedFirst(draft, act, askQuestions(draft.form, answer.questions));
  if (answer?.passphrase) return askedFirst(draft, act, askPassphrase(draft.form, answer.passphrase));
  draft.say("Not sent");
  const sentence = answer?.conflict ?? "Not sent: the server did not answer. Your message is kept; try again.";
  if (answer !== "signed out") showErrors(draft.form, answer?.errors ?? { form: sentence });
}

/** Who presses Send means the files that are still on their way too. */
async function arrived(draft, words = "Waiting for the files, then sending") {
  if (draft.uploads.size) draft.say(words);
  while (draft.uploads.size) await Promise.allSettled([...draft.uploads]);
  await draft.running;
}

async function askedFirst(draft, act, asking) {
  draft.say("");
  const fields = await asking;
  if (fields) await send(draft, act, fields);
}

function disable(draft, disabled) {
  for (const each of draft.form.querySelectorAll('[name="do"][value="send"]')) each.disabled = disabled;
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
  addEventListener("pagehide", () => {
    for (const form of document.querySelectorAll("form[data-compose]")) windows.get(form)?.leaveBehind();
  });
}
