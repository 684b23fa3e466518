// Throwing a draft away.

import { stopWaiting } from "./compose_line.js";

/** Asks first. */
export function discard(event, draft) {
  event.preventDefault();
  const dialog = draft.form.parentElement.querySelector("[data-discard-dialog]");
  dialog.returnValue = "";
  dialog.showModal();
  dialog.addEventListener("close", () => dialog.returnValue === "discard" && draft.queue(() => discardNow(draft)), { once: true });
}

/** A plain form post: the page that follows is another one. */
function discardNow(draft) {
  stopWaiting(draft);
  draft.end();
  for (const [name, value] of [["do", "discard"], ["sure", "1"]]) {
    draft.form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  draft.form.submit();
}
