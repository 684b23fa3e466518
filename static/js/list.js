// The list pane: its address, its rows, and loading it again in place.

import { fetchPart, swapPart, whileLoading } from "./part.js";

const rowsOf = (list) => [...(list?.querySelectorAll(".row") ?? [])];

let address = "";

export const listPane = () => document.getElementById("list");
export const rows = () => rowsOf(listPane());
export const rowOf = (ref) => rows().find((row) => row.dataset.ref === ref);
export const openRow = () => rows().find((row) => row.classList.contains("is-open"));
export const listAddress = () => address;
export const setListAddress = (url) => void (address = url);

/** Marks the row of the message in the reading pane; the others lose the mark. */
export function markOpen(row) {
  for (const other of rows()) {
    other.classList.toggle("is-open", other === row);
    other.querySelector(".row-link")?.toggleAttribute("aria-current", other === row);
  }
  row?.querySelector(".row-link")?.setAttribute("aria-current", "true");
}

/** Loads the list again from the server and keeps its place, the open row and the focus. */
export async function refreshList() {
  if (!listPane()?.querySelector(".row, .empty")) return;
  const scroll = listPane().querySelector(".scroll")?.scrollTop ?? 0;
  const open = openRow()?.dataset.ref;
  const text = await whileLoading(fetchPart(address));
  const focused = document.activeElement?.closest("#list .row")?.dataset.ref;
  const { title } = document;
  await swapPart(text, listPane());
  if (document.body.dataset.view === "message") document.title = title;
  const scroller = listPane()?.querySelector(".scroll");
  if (scroller) scroller.scrollTop = scroll;
  if (open) markOpen(rowOf(open));
  if (focused) (rowOf(focused) ?? openRow())?.querySelector(".row-link").focus({ preventScroll: true });
}

export function install() {
  address = listPane()?.dataset.url ?? (document.body.dataset.view === "list" ? location.href : backAddress());
}

function backAddress() {
  return document.querySelector("[data-back]")?.href ?? location.href;
}
