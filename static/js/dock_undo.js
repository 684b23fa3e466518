// A message called back opens where it was written.

import { answerOf } from "./dock_fetch.js";
import { say } from "./toast.js";

const NOT_BACK = "Not undone: the server did not answer. The message may leave.";

export function installUndo(root, openWindow) {
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches('form[data-undo][action*="/outbox/"]') || !document.getElementById("docks")) return;
    event.preventDefault();
    callBack(form.action, new URLSearchParams(new FormData(form)), openWindow);
  });
}

async function callBack(url, body, openWindow) {
  const answer = await answerOf(url, { method: "POST", body }).catch(() => null);
  if (answer?.section) await openWindow(answer.url, { answer });
  else if (answer && !answer.failed) location.assign(answer.url);
  else say(NOT_BACK, { level: "error", again: () => callBack(url, body, openWindow) });
}
