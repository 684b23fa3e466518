// Messages fetched before they are opened: under the mouse, in focus, or next to the open one.

import { fetchPart, parsePart } from "./part.js";
import { isDraft, isSeen } from "./rows.js";
import { rows } from "./list.js";
import { showCounts } from "./counts.js";

const HOVER_MS = 65;
const IDLE_MS = 200;
const KEPT_MS = 30000;

const ready = new Map();
let hover = 0;
let idle = 0;

/** What was fetched ahead, or a new request; `tellRead` is for when it is on the screen. */
export function read(url) {
  const kept = ready.get(url);
  ready.delete(url);
  return { text: kept?.text ?? fetchPart(url), tellRead: () => kept?.ahead && tell(url) };
}

/** What was not read when it was fetched is now, and is counted so; without a line, later. */
function tell(url) {
  const later = ({ status = 0 }) => status || addEventListener("online", () => tell(url), { once: true });
  fetchPart(url, { quiet: true }).then((text) => showCounts(parsePart(text)), later);
}

/** One that is not read yet says so, and stays unread. */
function prepare(link) {
  const row = link.closest(".row");
  if (!row || isDraft(link) || ready.has(link.href)) return;
  const ahead = !isSeen(row);
  const text = fetchPart(link.href, { ahead, quiet: true });
  text.catch(() => ready.delete(link.href));
  ready.set(link.href, { text, ahead });
  setTimeout(() => ready.delete(link.href), KEPT_MS);
}

/** The message below the open one is likely the next, unless each byte counts. */
export function prepareNext() {
  const { saveData = false, effectiveType = "" } = navigator.connection ?? {};
  clearTimeout(idle);
  if (!saveData && !effectiveType.endsWith("2g")) idle = setTimeout(next, IDLE_MS);
}

function next() {
  const url = document.querySelector("#reader [rel=next]")?.href;
  const link = url && rows().map((row) => row.querySelector(".row-link")).find((one) => one?.href === url);
  if (link) prepare(link);
}

export function install(root) {
  root.addEventListener("pointerover", (event) => {
    clearTimeout(hover);
    const link = event.target.closest?.(".row")?.querySelector(".row-link");
    if (link && event.pointerType === "mouse") hover = setTimeout(prepare, HOVER_MS, link);
  });
  // A finger that opens a row focuses it too, but a moment before: by key alone it is ahead.
  root.addEventListener("focusin", (event) => event.target.matches?.(".row-link:focus-visible") && prepare(event.target));
}
