// An answer that was begun and closed: whoever presses Reply again goes on with it.

import { answerOf } from "./dock_fetch.js";

const begun = new Map(); // the address that began it, and that of its draft

const placeOf = (url) => new URL(url, location.href).pathname + new URL(url, location.href).search;

/** `section` was closed, neither sent nor thrown away. */
export function remember(section) {
  const form = section.querySelector("form[data-compose]");
  if (section.dataset.from?.includes("?") && !("fresh" in form.dataset)) begun.set(section.dataset.from, form.action);
}

/** Its window; null where there is none, or where it has left or gone elsewhere since. */
export async function findBegun(url) {
  const from = placeOf(url);
  const answer = begun.has(from) && (await answerOf(begun.get(from)).catch(() => null));
  if (answer) begun.delete(from);
  return answer?.section ? { ...answer, from } : null;
}
