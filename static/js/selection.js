// Ticked rows: shift for a range, long press on touch, select all, and the words in the bar.

import { listPane, rows } from "./list.js";

const PRESS_MS = 500;

let anchor = null;
let press = 0;
let picking = false;

const box = (row) => row.querySelector(".pick input");
export const chosenRows = () => rows().filter((row) => box(row)?.checked && !row.inert);

export function toggle(row, on = !box(row).checked) {
  box(row).checked = on;
  anchor = row;
  changed();
}

export function clearSelection() {
  picking = false;
  for (const row of rows()) if (box(row)?.checked) box(row).checked = false;
  changed();
}

export function selectAll() {
  for (const row of rows()) if (box(row)) box(row).checked = true;
  changed();
}

function changed() {
  const number = chosenRows().length;
  listPane()?.classList.toggle("picking", picking || number > 0);
  for (const words of document.querySelectorAll("#list [data-count]")) words.textContent = `${number} selected`;
}

function extendTo(row) {
  const all = rows();
  const [from, to] = [all.indexOf(anchor), all.indexOf(row)].sort((a, b) => a - b);
  if (from < 0) return;
  for (const one of all.slice(from, to + 1)) box(one).checked = true;
}

function onClick(event) {
  const target = event.target;
  if (target.closest?.("[data-clear]")) return clearSelection();
  if (target.closest?.("[data-pick]")) return (picking = !picking), changed();
  if (target.closest?.("[data-select-all]")) return selectAll();
  const row = target.matches?.(".pick input") && target.closest(".row");
  if (!row) return;
  if (event.shiftKey && target.checked) extendTo(row);
  anchor = row;
  changed();
}

function onPress(event) {
  clearTimeout(press);
  const row = event.pointerType === "touch" && event.target.closest?.("#list .row");
  if (!row) return;
  press = setTimeout(() => {
    toggle(row);
    navigator.vibrate?.(10);
    addEventListener("click", stop, { capture: true, once: true });
    addEventListener("pointerup", () => setTimeout(() => removeEventListener("click", stop, { capture: true }), 50), { once: true });
  }, PRESS_MS);
}

function stop(event) {
  event.preventDefault();
  event.stopPropagation();
}

/** While rows are ticked on touch, a tap on a row ticks it instead of opening it. */
function tickByTap(event) {
  const link = event.target.closest?.("#list .row-link");
  if (!link || !chosenRows().length || !matchMedia("(pointer: coarse)").matches) return;
  stop(event);
  toggle(link.closest(".row"));
}

export function install(root) {
  root.addEventListener("click", tickByTap, { capture: true });
  root.addEventListener("click", onClick);
  root.addEventListener("reset", () => setTimeout(changed));
  root.addEventListener("pointerdown", onPress);
  for (const type of ["pointerup", "pointercancel", "pointermove", "scroll"]) {
    root.addEventListener(type, (event) => (type !== "pointermove" || Math.hypot(event.movementX, event.movementY) > 4) && clearTimeout(press), { passive: true, capture: type === "scroll" });
  }
  root.addEventListener("contextmenu", (event) => {
    if (event.pointerType === "touch" && event.target.closest?.("#list .row")) event.preventDefault();
  });
  root.addEventListener("part:swapped", changed);
  changed();
}
