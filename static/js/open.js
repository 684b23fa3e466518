// Opens a message in the reading pane without loading the page again; addresses stay true.

import { prepareNext, read } from "./ahead.js";
import { swapPart, whileLoading } from "./part.js";
import { listAddress, listPane, markOpen, rowOf, rows } from "./list.js";
import { isDraft, setSeen } from "./rows.js";

let opening = null;
let listScroll = 0;

const reader = () => document.getElementById("reader");
const isPhone = () => matchMedia("(max-width: 39.99em)").matches;

/** Opens the message of a row link; `focus` sends the reader to the subject. */
export async function openLink(link, { focus = false, push = true } = {}) {
  if (isDraft(link)) return focus ? link.click() : undefined;
  const row = link.closest(".row");
  if (push) {
    listScroll = document.body.dataset.view === "list" ? scrollY : listScroll;
    history.pushState({ ref: row?.dataset.ref, depth: (history.state?.depth ?? 0) + 1 }, "", link.href);
  }
  // Before the answer, since the folders that come with it are counted anew by the server.
  const { text, tellRead } = read(link.href);
  if (row) setSeen(row, true);
  if (await show(link.href, text)) {
    markOpen(row);
    if (focus) focusSubject();
    tellRead();
    prepareNext();
  }
}

async function show(url, text) {
  const mine = (opening = Symbol(url));
  try {
    const part = await whileLoading(text);
    if (mine !== opening) return false;
    await swapPart(part, reader());
    setView("message");
    return true;
  } catch {
    if (mine === opening) location.assign(url);
    return false;
  }
}

/** Back from the message to the list that is still in the page. */
export function showList({ push = false } = {}) {
  opening = null;
  if (!listPane()?.querySelector(".list-head")) return location.assign(listAddress());
  if (push) history.pushState({}, "", listAddress());
  const row = rows().find((one) => one.classList.contains("is-open"));
  markOpen(null);
  reader()?.replaceWith(document.getElementById("nothing-open").content.cloneNode(true));
  setView("list");
  document.title = `${document.getElementById("list-title")?.textContent ?? "Mail"} – Mail`;
  row?.querySelector(".row-link")?.focus({ preventScroll: true });
}

function setView(view) {
  const was = document.body.dataset.view;
  document.body.dataset.view = view;
  if (was !== view && isPhone()) scrollTo(0, view === "list" ? listScroll : 0);
}

export function focusSubject() {
  const subject = document.getElementById("subject");
  if (!subject) return;
  subject.tabIndex = -1;
  subject.focus({ preventScroll: true });
}

function goTo({ state }) {
  if (/\/\d+\.\d+\/$/.test(location.pathname)) {
    const row = rowOf(state?.ref) ?? rows().find((one) => one.querySelector(".row-link")?.href === location.href);
    return show(location.href, read(location.href).text).then((shown) => shown && markOpen(row ?? null));
  }
  return location.href === listAddress() ? showList() : location.reload();
}

/** To the list, by going back to it where this page came from it. */
export function leave() {
  if (history.state?.depth) history.go(-history.state.depth);
  else showList({ push: true });
}

function onClick(event) {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest?.("#list .row-link, #reader [data-back], #reader [rel=prev], #reader [rel=next]");
  if (!link || !reader() || isDraft(link)) return;
  event.preventDefault();
  if (link.matches("[data-back]")) return leave();
  openLink(rows().map((row) => row.querySelector(".row-link")).find((one) => one?.href === link.href) ?? link, { focus: event.detail === 0 || isPhone() });
}

export function install(root) {
  root.addEventListener("click", onClick);
  addEventListener("popstate", goTo);
}
