// The messages of a conversation: opened and folded in place, and gone through by keys.

import { fetchPart, parsePart, swapPart, whileLoading } from "./part.js";
import { openRow } from "./list.js";
import { setSeen } from "./rows.js";

const MOST_AT_ONCE = 25;

const thread = () => document.querySelector("#reader .thread");
const members = () => [...(thread()?.querySelectorAll(":scope > li") ?? [])];
const head = (member) => member.querySelector(".fold, .gap, .msg-head h2");
const isPlain = (event) => !event.defaultPrevented && !event.button && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

/** Puts the message in the place of its line; reading it marks it read. */
async function openFold(fold, { focus = true } = {}) {
  const member = fold.closest("li");
  const { ref = "" } = member.dataset;
  const was = { href: fold.href, unread: fold.classList.contains("is-unread") };
  try {
    const text = await whileLoading(fetchPart(`${fold.dataset.partUrl}&current=${encodeURIComponent(currentMailbox())}`));
    await swapPart(text, member);
  } catch {
    location.assign(was.href);
    return;
  }
  history.replaceState(history.state, "", was.href);
  if (was.unread && !thread()?.querySelector(".fold.is-unread") && openRow()) setSeen(openRow(), true);
  const opened = members().find((one) => one.dataset.member === ref);
  if (focus && opened) goTo(opened);
}

const currentMailbox = () => document.querySelector('#folders [aria-current="page"]')?.dataset.mailbox ?? "";

/** Brings the lines of `url` into this conversation; what is open and stays open is not touched. */
async function follow(url, { fold = false } = {}) {
  const fresh = parsePart(await whileLoading(fetchPart(url))).querySelector(".thread");
  if (!fresh || !thread()) return location.assign(url);
  const open = new Map(members().filter((one) => "open" in one.dataset).map((one) => [one.dataset.member, one]));
  const next = [...fresh.children].map((one) => {
    const held = open.get(one.dataset.member);
    return held && (!fold || "open" in one.dataset) ? held : document.importNode(one, true);
  });
  const kept = new Set(next);
  members().forEach((one) => kept.has(one) || one.remove());
  // Moving an element would load its frame again, so the others are put around those that stay.
  let at = null;
  for (const one of next) {
    if (!one.isConnected) at ? at.after(one) : thread().prepend(one);
    at = one;
  }
  history.replaceState(history.state, "", url);
}

async function openAll() {
  for (const gap of thread()?.querySelectorAll(".gap") ?? []) await follow(gap.href);
  for (const fold of [...(thread()?.querySelectorAll(".fold[data-part-url]") ?? [])].slice(-MOST_AT_ONCE)) await openFold(fold, { focus: false });
}

function goTo(member) {
  const target = head(member);
  if (!target) return;
  if (target.matches("h2")) target.tabIndex = -1;
  target.focus({ preventScroll: true });
  member.scrollIntoView({ block: "start" });
}

/** To the next message or the one before; for the keys n and p. */
export function stepMessage(by) {
  const all = members();
  if (all.length < 2) return;
  const here = all.indexOf(document.activeElement?.closest(".thread > li"));
  const at = here < 0 ? all.findIndex((one) => "open" in one.dataset) : here + by;
  if (all[at]) goTo(all[at]);
}

export function unfold() {
  return openAll();
}

export function foldAll() {
  const link = document.querySelector("#reader [data-fold-all]");
  return link && follow(link.href, { fold: true });
}

function onClick(event) {
  const link = event.target.closest?.("#reader :is(.fold[data-part-url], .gap, [data-open-all], [data-fold-all])");
  if (!link || !isPlain(event)) return;
  event.preventDefault();
  link.closest("details[data-menu]")?.removeAttribute("open");
  if (link.matches(".fold")) openFold(link);
  else if (link.matches(".gap")) follow(link.href).then(() => members()[1] && goTo(members()[1]));
  else if (link.matches("[data-open-all]")) openAll();
  else foldAll();
}

/** A conversation opens where reading begins. */
function showFirstUnread() {
  const first = document.querySelector("#reader [data-first-unread]");
  if (first?.previousElementSibling && !first.dataset.shown) first.scrollIntoView({ block: "start" });
  if (first) first.dataset.shown = "1";
}

export function install(root) {
  root.addEventListener("click", onClick);
  root.addEventListener("part:swapped", showFirstUnread);
  showFirstUnread();
}
