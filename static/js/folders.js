// The folder tree: twists fold its branches, and rows can be dropped on its folders.

import { anyForm, act } from "./actions.js";
import { chosenRows } from "./selection.js";

const KEPT = "folded-folders";
const OPEN_MS = 600;

let unfold = 0;
let dragged = [];

const folded = () => new Set(JSON.parse(localStorage.getItem(KEPT) ?? "[]"));

function fold(twist, shut) {
  twist.setAttribute("aria-expanded", String(!shut));
  const branch = twist.closest("li").querySelector(":scope > ul");
  if (branch) branch.hidden = shut;
}

function onClick(event) {
  const twist = event.target.closest?.("[data-twist]");
  if (!twist) return;
  const shut = twist.getAttribute("aria-expanded") === "true";
  const names = folded();
  names[shut ? "add" : "delete"](nameOf(twist));
  localStorage.setItem(KEPT, JSON.stringify([...names]));
  fold(twist, shut);
}

const nameOf = (twist) => twist.parentElement.querySelector(".folder").pathname;

function foldKept() {
  const names = folded();
  for (const twist of document.querySelectorAll("[data-twist]")) fold(twist, names.has(nameOf(twist)));
}

const target = (event) => (dragged.length ? event.target.closest?.("#folders .folder[data-mailbox]:not([aria-current])") : null);

function over(event) {
  const folder = target(event);
  if (!folder) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "move";
  if (folder.classList.contains("is-drop")) return;
  leave();
  folder.classList.add("is-drop");
  const twist = folder.parentElement.querySelector(":scope > [aria-expanded=false]");
  if (twist) unfold = setTimeout(fold, OPEN_MS, twist, false);
}

function leave() {
  clearTimeout(unfold);
  document.querySelector(".folder.is-drop")?.classList.remove("is-drop");
}

function drop(event) {
  const folder = target(event);
  leave();
  if (!folder || !anyForm()) return;
  event.preventDefault();
  act(anyForm(), "move", dragged, { target: folder.dataset.mailbox });
}

function start(event) {
  const row = event.target.closest?.("#list .row");
  if (!row) return;
  const chosen = chosenRows();
  dragged = (chosen.includes(row) ? chosen : [row]).map((one) => one.dataset.ref);
  event.dataTransfer.setData("application/x-hearth-messages", dragged.join("\n"));
  event.dataTransfer.setData("text/plain", row.querySelector(".row-subject")?.textContent ?? "");
}

export function install(root) {
  root.addEventListener("click", onClick);
  root.addEventListener("dragstart", start);
  root.addEventListener("dragover", over);
  root.addEventListener("dragleave", (event) => event.target.matches?.(".folder") && leave());
  root.addEventListener("drop", drop);
  root.addEventListener("dragend", () => ((dragged = []), leave()));
  root.addEventListener("part:swapped", foldKept);
  foldKept();
}
