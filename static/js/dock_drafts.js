// What was begun in the conversation that is being read stands at its end.

import { fetchPart, parsePart } from "./part.js";

const LINES = "#reader .thread [data-begun]";

/** After a window was closed: what the server now has. */
export async function showDrafts() {
  const thread = document.querySelector("#reader .thread");
  const address = location.href;
  if (!thread) return;
  // Ahead, as nobody reads the messages anew: one that was marked unread meanwhile stays so.
  const text = await fetchPart(address, { quiet: true, ahead: true }).catch(() => "");
  if (!text || location.href !== address || !thread.isConnected) return;
  for (const line of document.querySelectorAll(LINES)) line.remove();
  thread.append(...[...parsePart(text).querySelectorAll(LINES)].map((line) => document.importNode(line, true)));
}
