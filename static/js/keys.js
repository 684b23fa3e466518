// The keyboard: one key for each action, off in fields and while a dialog is open.

import { actOn, targets } from "./actions.js";
import { foldAll, stepMessage, unfold } from "./conversation.js";
import { leave, openLink } from "./open.js";
import { openRow, rowOf, rows } from "./list.js";
import { clearSelection, chosenRows, selectAll, toggle } from "./selection.js";
import { isFlagged } from "./rows.js";
import { undoLast } from "./toast.js";

const GO = { i: "inbox", s: "send-horizontal", d: "file-pen", a: "archive", f: "star" };
const PREFIX_MS = 1500;

let prefix = "";
let prefixTimer = 0;
let beforeSearch = null;

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  o: () => openFocused(),
  u: () => document.body.dataset.view === "message" && leave(),
  e: () => tool("e", "archive"),
  "#": () => tool("#", "delete"),
  Delete: () => tool("#", "delete"),
  "!": () => tool("!", "spam"),
  v: () => actOn("move"),
  I: () => actOn("seen"),
  U: () => actOn("unseen"),
  s: () => actOn(targets().some((ref) => rowOf(ref) && isFlagged(rowOf(ref))) ? "unflag" : "flag"),
  n: () => stepMessage(1),
  p: () => stepMessage(-1),
  ";": () => unfold(),
  ":": () => foldAll(),
  x: () => current() && toggle(current()),
  z: () => undoLast(),
  c: () => document.querySelector("[data-compose-link]")?.click(),
  C: () => (navigator.onLine ? location.assign(document.querySelector("[data-compose-link]")?.href ?? "/compose/") : KEYS.c()), // no page comes without a line, a window does
  r: () => press("r"),
  a: () => press("a") || press("r"),
  b: () => press("b"),
  L: () => press("L"),
  f: () => press("f"),
  "/": () => search(),
  "?": () => document.getElementById("keys")?.showModal(),
  "g i": () => go("i"),
  "g s": () => go("s"),
  "g d": () => go("d"),
  "g a": () => go("a"),
  "g f": () => go("f"),
  "* a": () => selectAll(),
  "* n": () => clearSelection(),
};

const current = () => document.activeElement?.closest?.("#list .row") ?? openRow();

function step(by) {
  const all = rows().filter((row) => !row.inert);
  const at = all.indexOf(current());
  const row = at < 0 ? all[0] : all[at + by];
  const link = row?.querySelector(".row-link");
  if (!link) return;
  link.focus();
  row.scrollIntoView({ block: "nearest" });
  if (document.body.dataset.view === "message" || openRow()) openLink(link).then(() => link.focus({ preventScroll: true }));
}

function openFocused() {
  const link = current()?.querySelector(".row-link");
  if (link) openLink(link, { focus: true });
}

function press(key) {
  const control = document.querySelector(`#reader [data-key="${key}"]`);
  control?.click();
  return Boolean(control);
}

/** The open message has tools of its own (in the trash, deleting is for good): they go first. */
function tool(key, act) {
  const reading = !chosenRows().length && (!current() || current() === openRow());
  return (reading && press(key)) || actOn(act);
}

function go(key) {
  document.querySelector(`#folders .folder:has(use[href="#i-${GO[key]}"])`)?.click();
}

function search() {
  beforeSearch = document.activeElement;
  document.querySelector("[data-search]")?.focus();
}

function leaveSearch(field) {
  field.blur();
  if (beforeSearch?.isConnected) beforeSearch.focus({ preventScroll: true });
}

function isTyping(target) {
  return target.isContentEditable || target.matches?.("textarea, select, input:not([type=checkbox], [type=radio])");
}

function escape(event) {
  if (event.target.matches?.("[data-search]")) return leaveSearch(event.target);
  if (chosenRows().length) clearSelection();
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.target.closest?.(".is-docked")) return; // keys of the mailbox are not meant there
  if (event.key === "Escape") return void escape(event);
  if (isTyping(event.target)) return;
  const name = prefix ? `${prefix} ${event.key}` : event.key;
  prefix = "";
  if (!KEYS[name] && (event.key === "g" || event.key === "*")) {
    prefix = event.key;
    clearTimeout(prefixTimer);
    prefixTimer = setTimeout(() => (prefix = ""), PREFIX_MS);
  } else if (Object.hasOwn(KEYS, name)) {
    event.preventDefault();
    KEYS[name]();
  }
}

export function install(root) {
  root.addEventListener("keydown", onKey);
}
