// Send without a connection: the message waits in its window, and goes once when the line is
// back (F04).  However often it is sent, the server takes it once: its token is its draft's.

import { clearErrors, showErrors } from "./compose_errors.js";

const AGAIN_MS = 10000;

export function sendWhenBack(draft, again) {
  stopWaiting(draft);
  showErrors(draft.form, {
    form: "Not queued yet: there is no connection. Keep this window open, and it goes by itself as soon as there is one. Change anything, and it waits for you to press Send again.",
  });
  draft.say("Waiting for a connection");
  const go = () => {
    stopWaiting(draft);
    again();
  };
  const timer = setTimeout(go, AGAIN_MS);
  addEventListener("online", go);
  draft.waits = () => {
    clearTimeout(timer);
    removeEventListener("online", go);
  };
}

/** Whether it was waiting; it is no longer. */
export function stopWaiting(draft) {
  const waited = Boolean(draft.waits);
  draft.waits?.();
  draft.waits = null;
  if (waited) clearErrors(draft.form);
  return waited;
}
