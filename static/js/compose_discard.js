// Throwing a draft away.

import { away } from "./compose_away.js";
import { showErrors, SIGNED_OUT } from "./compose_errors.js";
import { stopWaiting } from "./compose_line.js";
import { ask, SignedOut } from "./compose_wire.js";

/** Asks first. */
export function discard(event, draft) {
  event.preventDefault();
  const dialog = draft.form.parentElement.querySelector("[data-discard-dialog]");
  dialog.returnValue = "";
  dialog.showModal();
  dialog.addEventListener("close", () => dialog.returnValue === "discard" && draft.queue(() => discardNow(draft)), { once: true });
}

/** A plain form post: the page that follows is another one; a docked window only goes away. */
function discardNow(draft) {
  stopWaiting(draft);
  if (draft.form.closest("[data-docked]")) return discardDocked(draft);
  draft.end();
  for (const [name, value] of [["do", "discard"], ["sure", "1"]]) {
    draft.form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  draft.form.submit();
}

async function discardDocked(draft) {
  try {
    const answer = await ask(draft.form, draft.form.action, draft.body("discard", { sure: "1" }));
    draft.end();
    return away(draft, answer.next, answer.notices);
  } catch (problem) {
    if (problem instanceof SignedOut) return showErrors(draft.form, SIGNED_OUT);
    draft.say("Not discarded: the server did not answer");
    return undefined;
  }
}
