// Send: what is on its way goes along, and whatever hinders it is said or asked in the window.

import { askPassphrase, askQuestions } from "./compose_asking.js";
import { away } from "./compose_away.js";
import { clearErrors, showErrors } from "./compose_errors.js";
import { sendWhenBack, stopWaiting } from "./compose_line.js";

export async function send(draft, act = "send", more = {}) {
  if (draft.isSending) return;
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
export async function arrived(draft, words = "Waiting for the files, then sending") {
  if (draft.uploads.size) draft.say(words);
  while (draft.uploads.size) await Promise.allSettled([...draft.uploads]);
  await draft.running;
}

async function askedFirst(draft, act, asking) {
  draft.say("");
  const fields = await asking;
  if (fields) await send(draft, act, fields);
}

/** Not by `disabled`, which would let go of the focus. */
function disable(draft, disabled) {
  draft.isSending = disabled;
  for (const each of draft.form.querySelectorAll('[name="do"][value="send"]')) each.setAttribute("aria-disabled", String(disabled));
}
