// Compose windows over the mailbox: up to three side by side, each with a draft of its own; on
// the phone one fills the screen.  Each link in the page leads to a page that does the same.

import { act, fit, front, isPhone, placeToGo, raise, retitle, settle } from "./dock_places.js";
import { showDrafts } from "./dock_drafts.js";
import { enter, installBack, retreat } from "./dock_back.js";
import { forgetWindows, keptWindows, keepWindows, rescue } from "./dock_kept.js";
import { fetchWindow } from "./dock_spare.js";
import { installUndo } from "./dock_undo.js";
import { isDraft } from "./rows.js";
import { putNotices, say, showNotices } from "./toast.js";

const MOST_WINDOWS = 12;
const FULL = `${MOST_WINDOWS} messages are open, and that is the most. Close or send one of them first.`;

const openers = new WeakMap();
const opening = new Set();

let number = 0;

const dock = () => document.getElementById("docks");
const windows = () => [...(dock()?.children ?? [])];
const pathOf = (url) => new URL(url, location.href).pathname;

/** The window of a draft, or the one that this link has opened already: no answer is begun twice. */
function findWindow(url) {
  const { pathname, search } = new URL(url, location.href);
  const isSame = (section) => pathOf(section.querySelector("form[data-compose]").action) === pathname || (search && section.dataset.from === pathname + search);
  return windows().find(isSame);
}

export async function openWindow(url, { opener = document.activeElement, answer, mode = "", quiet = false } = {}) {
  const there = findWindow(url);
  if (there) return raise(there);
  if (opening.has(url)) return undefined;
  // One that is called back or reopened is shown all the same: it was open before.
  if (!answer && !quiet && windows().length + opening.size >= MOST_WINDOWS) return say(FULL, { level: "error" });
  opening.add(url);
  const found = answer ?? (await fetchWindow(url));
  opening.delete(url);
  if (found?.said) return quiet ? null : say(found.said, { level: "error", again: () => openWindow(url, { opener, mode }) });
  if (!found) return quiet ? null : location.assign(url);
  return put(found, opener, mode, quiet);
}

async function put({ section, notices, url, from }, opener, mode, quiet) {
  const again = findWindow(url); // two links may lead to one draft
  if (again) return raise(again);
  section.dataset.from = from ?? new URL(url).pathname + new URL(url).search;
  openers.set(section, opener);
  tellApart(section);
  const first = section.querySelector("[autofocus]");
  for (const each of section.querySelectorAll("[autofocus]")) each.removeAttribute("autofocus"); // ours to say when
  dock().append(section);
  if (isPhone() && !quiet) enter(section, url);
  if (mode) act(section, mode);
  else front(section);
  const { install } = await import("./compose.js");
  if (!quiet) first?.focus({ preventScroll: true });
  install(document);
  fit(section);
  keepWindows();
  if (notices?.length) putNotices(notices);
  return section;
}

/** Two of one title are two places of the page all the same. */
function tellApart(section) {
  number += 1;
  if (windows().length) section.setAttribute("aria-label", `${section.querySelector("[data-dock-title]").textContent}, window ${number}`);
  if (windows().length) section.removeAttribute("aria-labelledby");
}

/** A window that is done with: its draft is kept, sent or thrown away. */
function onAway({ target, detail }) {
  const opener = openers.get(target);
  target.remove();
  keepWindows();
  settle();
  retreat(target).then(showDrafts);
  if (detail.notices) showNotices(detail.notices);
  const next = opener?.isConnected && opener !== document.body ? opener : placeToGo();
  next?.focus({ preventScroll: true });
}

/** The same window anew, its draft now on the server. */
function onAgain({ target }) {
  const url = target.querySelector("form[data-compose]").action;
  const opener = openers.get(target);
  const mode = target.classList.contains("is-full") ? "full" : "";
  target.remove();
  openWindow(url, { opener, mode });
}

function onClick(event) {
  const button = event.target.closest?.("[data-dock-act]");
  const head = event.target.closest?.(".is-docked.is-small .compose-head");
  const close = event.target.closest?.("#docks [data-compose-close]");
  if (button) return act(button.closest(".compose"), button.dataset.dockAct);
  if (head && !event.target.closest("a, button")) return raise(head.closest(".compose"));
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return undefined;
  if (close) return closeDocked(event, close);
  const link = event.target.closest?.("a[data-compose-link], #list .row-link");
  if (!link || !dock() || (link.matches(".row-link") && !isDraft(link))) return undefined;
  event.preventDefault();
  return event.detail > 1 ? undefined : openWindow(link.href, { opener: event.isTrusted ? link : document.activeElement }); // a double click means one window; a key leaves one where one was
}

/** Also before the scripts of the window are there: what is typed in it is kept all the same. */
async function closeDocked(event, close) {
  event.preventDefault();
  const { closeWindow } = await import("./compose.js");
  return closeWindow(close.closest(".compose"));
}

/** The windows of the page before this one; what the server does not have yet goes there first. */
async function reopen() {
  for (const { url, mode, user } of keptWindows()) {
    await rescue(url, user);
    await openWindow(url, { mode, quiet: true, opener: null });
  }
  keepWindows();
}

export function install(root) {
  if (!dock()) return;
  root.addEventListener("click", onClick);
  installUndo(root, openWindow);
  root.addEventListener("compose:away", onAway);
  root.addEventListener("compose:again", onAgain);
  root.addEventListener("compose:adopted", () => keepWindows());
  root.addEventListener("compose:restored", ({ target }) => retitle(target));
  root.addEventListener("focusin", ({ target }) => target.closest?.(".is-docked") && front(target.closest(".is-docked")));
  installBack(openWindow, findWindow);
  addEventListener("resize", () => fit());
  if (document.body.dataset.screen === "compose") return void forgetWindows(location.pathname);
  addEventListener("pagehide", () => keepWindows());
  if (!isPhone()) reopen();
  addEventListener("pageshow", ({ persisted }) => persisted && windows().length && location.reload());
}
