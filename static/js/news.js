// News from the server: the list and the folders follow it, and what somebody reads stays put.
// One tab of the browser listens (Web Locks) and tells the others; each asks for itself.

import { csrfToken, fetchPart, isWriting, parsePart } from "./part.js";
import { listAddress, listPane, rows } from "./list.js";
import { chosenRows } from "./selection.js";
import { showCounts } from "./counts.js";
import { follow, isOther, newRows, place, replaceList } from "./merge.js";
import { announce, hidePill, showPill } from "./pill.js";

const AGAIN_MS = 60000; // after a refusal, and how long a sleep may be before we look again
const CATCH_UP_MS = 1000;
const RAIL_MS = 250;

let source = null;
let release = null;
let channel = null;
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

function hear(kind, { account: key, mailbox }) {
  if (key && key !== account()) return;
  if (kind === "list" || isShown(mailbox)) askForList();
  clearTimeout(railTimer);
  railTimer = setTimeout(askForCounts, RAIL_MS);
}

async function askForCounts() {
  if (!document.getElementById("folders")) return;
  const current = document.querySelector("#folders [aria-current]")?.dataset.mailbox ?? "";
  try {
    showCounts(parsePart(await fetchPart(`${railUrl()}?current=${encodeURIComponent(current)}`)));
  } catch {
    // The next news asks again.
  }
}

/** Asks for the list; once more when news came meanwhile. */
export async function askForList() {
  if (!listPane()?.querySelector(".row, .empty") || !listAddress().includes("/mail/")) return;
  if (asking || isWriting()) {
    askAgain = true;
    if (!asking) setTimeout(() => askAgain && ((askAgain = false), askForList()), RAIL_MS);
    return;
  }
  asking = true;
  askAgain = false;
  try {
    const address = listAddress();
    const text = await fetchPart(address);
    if (address === listAddress() && !isWriting()) await show(text);
    else askAgain = true;
  } catch {
    // The server is away; the stream tells when it is back.
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

// -- the stream ---------------------------------------------------------------------------------

function tell(kind, fields) {
  channel?.postMessage([kind, fields]);
  hear(kind, fields);
}

function connect() {
  source?.close();
  source = new EventSource("/events/");
  const isFirst = !connect.isBack;
  connect.isBack = true;
  source.addEventListener("open", () => setTimeout(tell, isFirst ? CATCH_UP_MS : 0, "list", {}));
  for (const kind of ["mailbox", "list"]) source.addEventListener(kind, ({ data }) => tell(kind, JSON.parse(data)));
  source.addEventListener("error", () => isRefused() && setTimeout(() => isRefused() && connect(), AGAIN_MS));
}

const isRefused = () => source?.readyState === EventSource.CLOSED;

/** Listens while this tab holds the lock; without locks every tab listens. */
function begin() {
  channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("news") : null;
  channel?.addEventListener("message", ({ data: [kind, fields] }) => hear(kind, fields));
  if (!channel || !navigator.locks) return connect();
  const ending = new AbortController();
  const held = () => new Promise((resolve) => ((release = resolve), connect()));
  release = () => ending.abort();
  navigator.locks.request("news", { signal: ending.signal }, held).catch(() => {});
}

function end() {
  source?.close();
  source = null;
  release?.();
  channel?.close();
  channel = null;
}

function onVisibility() {
  if (document.hidden) hiddenAt = Date.now();
  else if (Date.now() - hiddenAt > AGAIN_MS) hear("list", {});
}

export function install(root) {
  if (!railUrl() || !csrfToken()) return;
  begin();
  addEventListener("pagehide", end);
  addEventListener("pageshow", (event) => event.persisted && (begin(), hear("list", {})));
  root.addEventListener("visibilitychange", onVisibility);
}
