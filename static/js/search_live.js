// Results while somebody types, and what the mail server finds as it comes.

import { fetchPart, parsePart } from "./part.js";
import { listAddress, listPane, markOpen, openRow, rowOf, setListAddress } from "./list.js";

const TYPED_MS = 120;
const PAUSED_MS = 800;
const LOOK_MS = 2000;

let typed = 0;
let paused = 0;
let looked = 0;
let asking = null;
let shown = "";
let home = "";

function onInput(event) {
  if (!event.target.matches?.("[data-search]") || event.isComposing || !listPane()) return;
  const field = event.target;
  forget();
  typed = setTimeout(ask, TYPED_MS, field, true);
  paused = setTimeout(ask, PAUSED_MS, field, false);
}

function forget() {
  clearTimeout(typed);
  clearTimeout(paused);
}

/** Asks for the words in the field; only an answer nothing newer was asked after is shown. */
async function ask(field, isTyping) {
  const url = addressOf(field);
  const wanted = isTyping ? `${url}${url.includes("?") ? "&" : "?"}typing=1` : url;
  if (shown === wanted || shown === url) return;
  asking?.abort();
  const mine = (asking = new AbortController());
  try {
    const text = await fetchPart(wanted, { signal: mine.signal });
    if (mine !== asking) return;
    shown = wanted;
    remember(url);
    put(text);
    (listPane().querySelector(".scroll") ?? {}).scrollTop = 0;
  } catch {
    // Enter asks again, as a page that says what is wrong.
  }
}

function addressOf(field) {
  const words = field.value.trim();
  if (!words) return home || field.form.action;
  return `${field.form.action}?${new URLSearchParams({ q: words })}`;
}

/** The address follows what is shown; the list that was left is one step back. */
function remember(url) {
  const isSearch = (address) => new URL(address, location).pathname === "/search/";
  if (!home && !isSearch(listAddress())) home = listAddress();
  if (document.body.dataset.view === "list") {
    if (isSearch(location.href) || !isSearch(url)) history.replaceState(history.state, "", url);
    else history.pushState({}, "", url);
  }
  setListAddress(new URL(url, location).href);
}

/** Everything in the list pane but the bar with the field: neither focus nor caret moves. */
function put(text) {
  const page = parsePart(text);
  const list = listPane();
  const open = openRow()?.dataset.ref;
  const said = list.querySelector("#search-state");
  const fresh = [...page.querySelector("#list").children].filter((part) => part.id !== "list-bar");
  [...list.children].filter((part) => part.id !== "list-bar").forEach((part) => part.remove());
  list.append(...fresh);
  keepSpeaking(said, list.querySelector("#search-state"));
  if (document.body.dataset.view === "list") document.title = page.ownerDocument.title;
  if (open) markOpen(rowOf(open));
  document.dispatchEvent(new CustomEvent("part:swapped"));
}

/** A live region speaks only while it stays the same element. */
function keepSpeaking(said, fresh) {
  if (!said || !fresh) return;
  const words = fresh.textContent;
  for (const name of ["data-found", "data-unasked"]) {
    if (fresh.hasAttribute(name)) said.setAttribute(name, fresh.getAttribute(name));
    else said.removeAttribute(name);
  }
  fresh.replaceWith(said);
  if (said.textContent !== words) said.textContent = words;
}

function waitForMore() {
  clearTimeout(looked);
  if (listPane()?.querySelector("[data-found]")) looked = setTimeout(lookForMore, LOOK_MS);
}

/** The stream tells of each folder that is done; the clock is for when it cannot. */
function onNews({ detail: search }) {
  if (listPane()?.querySelector("[data-found]")?.dataset.found.includes(`/${search}/`)) lookForMore();
}

async function lookForMore() {
  const url = listPane()?.querySelector("[data-found]")?.dataset.found;
  if (!url) return;
  try {
    const text = await fetchPart(url);
    if (listPane().querySelector("[data-found]")?.dataset.found !== url) return;
    if (text && !listPane().querySelector(".row input:checked")) merge(text);
    waitForMore();
  } catch {
    // The search is over, or the server is away: what is shown stays.
  }
}

/** New rows take their places; what is read stays where it is. */
function merge(text) {
  const scroll = listPane().querySelector(".scroll")?.scrollTop ?? 0;
  const focused = document.activeElement?.closest("#list .row")?.dataset.ref;
  put(text);
  const scroller = listPane().querySelector(".scroll");
  if (scroller) scroller.scrollTop = scroll;
  if (focused) rowOf(focused)?.querySelector(".row-link").focus({ preventScroll: true });
}

export function install(root) {
  root.addEventListener("input", onInput);
  root.addEventListener("compositionend", onInput);
  root.addEventListener("submit", forget);
  root.addEventListener("part:swapped", waitForMore);
  root.addEventListener("search:news", onNews);
  waitForMore();
}
