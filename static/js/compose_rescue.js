// What this browser kept of a message, given to the server by itself, without its window.

import { nextOf } from "./compose_marks.js";
import { csrfToken } from "./part.js";

const MOST_FILES = 200;

/** Answers with the server's JSON; null where it was not reached or would not have it. */
export async function postKept(url, fields) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    for (const each of [value].flat()) body.append(name, each);
  }
  for (let place = 0; place < MOST_FILES; place += 1) body.append("carry", place);
  for (const [name, value] of Object.entries({ do: "save", autosave: "1", marks: nextOf(fields.marks) })) body.set(name, value);
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  const response = await fetch(url, { method: "POST", body, headers, redirect: "manual" }).catch(() => null);
  return response?.ok || response?.status === 409 ? response.json().catch(() => null) : null;
}
