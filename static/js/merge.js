// Puts a list fetched anew over the one on the screen: what is read or ticked stays where it is.

import { listPane, markOpen, openRow, rowOf, rows } from "./list.js";
import { swapPart } from "./part.js";
import { matchButtons } from "./rows.js";

let made = 0;

const rowsIn = (page) => [...page.querySelectorAll(".row")];
const refOf = (row) => row.dataset.ref;

/** Rows of `page` that the screen has not got and that belong above one it has. */
export function newRows(page) {
  const known = new Set(rows().map(refOf));
  const fresh = rowsIn(page);
  const last = fresh.findLastIndex((row) => known.has(refOf(row)));
  return fresh.filter((row, at) => at < last && !known.has(refOf(row)));
}

/** Whether the screen and the page have so little in common that the whole list is shown anew. */
export function isOther(page) {
  const known = new Set(rows().map(refOf));
  return !rowsIn(page).some((row) => known.has(refOf(row)));
}

export async function replaceList(text) {
  const open = openRow()?.dataset.ref;
  const hadFocus = Boolean(document.activeElement?.closest("#list .row"));
  const { title } = document;
  await swapPart(text, listPane());
  document.title = title;
  if (open) markOpen(rowOf(open));
  if (hadFocus) listPane().querySelector(".row-link")?.focus({ preventScroll: true });
}

/** Rows changed or removed elsewhere follow in place; nothing is added above. */
export function follow(page) {
  const fresh = new Map(rowsIn(page).map((row) => [refOf(row), row]));
  const shown = rows();
  const last = page.querySelector(".list-foot [rel=next]") ? shown.findLastIndex((row) => fresh.has(refOf(row))) : shown.length;
  shown.forEach((row, at) => {
    if (row.inert) return;
    if (fresh.has(refOf(row))) update(row, fresh.get(refOf(row)));
    else if (at < last) remove(row);
  });
  addBelow(page);
  words(page);
}

/** The rest of the page moved up when rows above it went: the list stays a page long. */
function addBelow(page) {
  const shown = rows();
  const fresh = rowsIn(page);
  const at = fresh.findIndex((row) => refOf(row) === refOf(shown.at(-1)));
  if (at >= 0) place(page, fresh.slice(at + 1));
}

function update(row, fresh) {
  const link = row.querySelector(".row-link");
  const now = fresh.querySelector(".row-link");
  row.classList.toggle("is-unread", fresh.classList.contains("is-unread"));
  if (link.textContent === now.textContent && link.querySelectorAll("svg").length === now.querySelectorAll("svg").length) return;
  link.replaceChildren(...now.cloneNode(true).childNodes);
  matchButtons(row);
}

function remove(row) {
  const group = row.parentElement;
  const hadFocus = row.contains(document.activeElement);
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  if (hadFocus) next?.querySelector(".row-link").focus({ preventScroll: true });
  if (group.children.length) return;
  group.previousElementSibling?.remove();
  group.remove();
}

/** Puts `wanted` rows of the page where the page has them, under their days. */
export function place(page, wanted) {
  const fresh = rowsIn(page);
  for (const row of [...wanted].reverse()) {
    const below = fresh.slice(fresh.indexOf(row) + 1).map((one) => rowOf(refOf(one))).find(Boolean);
    const day = row.parentElement.previousElementSibling.textContent;
    const copy = document.importNode(row, true);
    if (below && dayOf(below) === day) below.before(copy);
    else groupOf(day, below).append(copy);
    copy.classList.add("is-new");
  }
}

const dayOf = (row) => row.parentElement.previousElementSibling?.textContent;

/** The rows of a day; a day that is not there yet is made before that of `below`. */
function groupOf(day, below) {
  const heading = [...listPane().querySelectorAll(".day")].find((one) => one.textContent === day);
  if (heading) return heading.nextElementSibling;
  const made = document.createElement("h2");
  made.className = "day";
  made.id = newId();
  made.textContent = day;
  const group = document.createElement("ul");
  group.className = "rows";
  group.setAttribute("aria-labelledby", made.id);
  const before = below ? below.parentElement.previousElementSibling : listPane().querySelector(".list-foot");
  before.before(made, group);
  return group;
}

const newId = () => `day-new-${(made += 1)}`;

/** The words around the rows: what is under the title, and how many there are. */
function words(page) {
  const sub = listPane().querySelector(".list-head .sub");
  if (sub) sub.textContent = page.querySelector(".list-head .sub")?.textContent ?? "";
  const range = listPane().querySelector(".list-foot span");
  const [first, total] = (page.querySelector(".list-foot span")?.textContent ?? "").split(/–.* of /);
  if (!range || !total) return;
  const last = Number(first.replace(/\D/g, "")) + rows().length - 1;
  range.textContent = `${first}–${last.toLocaleString("en")} of ${total}`;
}
