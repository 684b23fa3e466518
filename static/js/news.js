// News from the server: the list and the folders follow it, and what somebody reads stays put.

import { fetchPart, isWriting, parsePart } from "./part.js";
import { listAddress, listPane, rows } from "./list.js";
import { chosenRows } from "./selection.js";
import { showCounts } from "./counts.js";
import { follow, isOther, newRows, place, replaceList } from "./merge.js";
import { announce, hidePill, showPill } from "./pill.js";
import { begin, end } from "./stream.js";

const SLEPT_MS = 60000;
const RAIL_MS = 250;
const RETRY_MS = 15000;

let retryTimer = 0;
let hiddenAt = 0;
let railTimer = 0;
let asking = false;
let askAgain = false;

const railUrl = () => document.querySelector("[data-news]")?.dataset.news;
const account = () => railUrl().split("/")[2];
const isPhone = () => matchMedia("(max-width: 39.99em)").matches;

function isAtTop() {
  if (isPhone()) return document.body.dataset.view === "list" && scrollY < 8;
  return (listPane().querySelector(".scroll")?.scrollTop ?? 0) < 8;
}

/** Whether `mailbox` is the one whose list is on the screen. */
function isShown(mailbox) {
  const folder = document.querySelector(`#folders .folder[data-mailbox="${CSS.escape(mailbox)}"]`);
  return Boolean(folder && listPane()) && folder.pathname === new URL(listAddress(), location.href).pathname;
}

function hear(kind, { account: key, mailbox, search }) {
  if (kind === "search") return document.dispatchEvent(new CustomEvent("search:news", { detail: search }));
  if (key && key !== account()) return;
  if (kind === "list" || isShown(mailbox)) askForList();
  clearTimeout(railTimer);
  railTimer = setTimeout(askForCounts, RAIL_MS);
}

async function askForCounts() {
  if (!document.getElementById("folders")) return;
  const current = document.querySelector("#folders [aria-current]")?.dataset.mailbox ?? "";
  try {
    showCounts(parsePart(await fetchPart(`${railUrl()}?current=${encodeURIComponent(current)}`, { quiet: true })));
  } catch (problem) {
    askLater(problem);
  }
}

/** What could not be had is asked for again, unless the answer was a no: signed out, or gone. */
function askLater({ status = 0 }) {
  clearTimeout(retryTimer);
  if (status < 400 || status >= 500) retryTimer = setTimeout(hear, RETRY_MS, "list", {});
}

/** Asks for the list; once more when news came meanwhile. */
export async function askForList() {
  // A page that says what went wrong stands in the list's place, and is no list.
  if (!listPane()?.querySelector("[data-pick]") || !listAddress().includes("/mail/")) return;
  if (asking || isWriting()) {
    askAgain = true;
    if (!asking) setTimeout(() => askAgain && ((askAgain = false), askForList()), RAIL_MS);
    return;
  }
  asking = true;
  askAgain = false;
  try {
    const address = listAddress();
    const text = await fetchPart(address, { quiet: true });
    if (address === listAddress() && !isWriting()) await show(text);
    else askAgain = true;
  } catch (problem) {
    askLater(problem);
  } finally {
    asking = false;
    if (askAgain) setTimeout(askForList, RAIL_MS);
  }
}

async function show(text) {
  const page = parsePart(text);
  if (!page.querySelector("#list")) return;
  if (isOther(page)) return showOther(page, text);
  follow(page);
  const fresh = newRows(page);
  const insert = () => (place(page, newRows(page)), follow(page));
  announce(fresh);
  if (!fresh.length) return hidePill();
  if (!isAtTop() || chosenRows().length) return showPill(fresh, insert);
  hidePill();
  return insert();
}

/** The whole page is other rows: so many came, or the list was or is empty. */
function showOther(page, text) {
  const fresh = [...page.querySelectorAll(".row")];
  announce(fresh);
  if (fresh.length && rows().length && !isAtTop()) return showPill(fresh, () => replaceList(text));
  return replaceList(text);
}

function onVisibility() {
  if (document.hidden) hiddenAt = Date.now();
  else if (Date.now() - hiddenAt > SLEPT_MS) hear("list", {});
}

export function install(root) {
  if (!railUrl()) return;
  begin(hear);
  addEventListener("pagehide", end);
  addEventListener("pageshow", (event) => event.persisted && (begin(hear), hear("list", {})));
  root.addEventListener("visibilitychange", onVisibility);
}
