// The dialog that asks for a folder: the folders of the rail, found by typing.

import { icon } from "./icon.js";

let answer = null;

const dialog = () => document.getElementById("move");
const list = () => dialog().querySelector("[data-move-list]");

/** Answers with `{ target: <mailbox> }`, or null when nothing was chosen. */
export function chooseFolder() {
  const folders = [...document.querySelectorAll("#folders .folder[data-mailbox]")];
  list().replaceChildren(...folders.map(choice));
  const filter = document.getElementById("move-filter");
  filter.value = "";
  dialog().showModal();
  filter.focus();
  return new Promise((resolve) => {
    answer = resolve;
  });
}

function choice(folder) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.value = folder.dataset.mailbox;
  button.disabled = folder.hasAttribute("aria-current");
  const picture = folder.querySelector("svg")?.cloneNode(true) ?? icon("folder");
  button.append(picture, pathOf(folder));
  item.append(button);
  return item;
}

function pathOf(folder) {
  const names = [];
  for (let item = folder.closest("li"); item; item = item.parentElement.closest("#folders li")) {
    names.unshift(item.querySelector(":scope > .folder .label").textContent.trim());
  }
  return names.join(" / ");
}

function settle(target) {
  answer?.(target ? { target } : null);
  answer = null;
  dialog().close();
}

const choices = () => [...list().querySelectorAll("li:not([hidden]) button:enabled")];

/** Enter takes the first folder found; arrows go through them. */
function onKey(event) {
  const filter = event.target.id === "move-filter";
  if (event.key === "Enter" && filter) {
    event.preventDefault();
    if (choices()[0]) settle(choices()[0].value);
  }
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const stops = [document.getElementById("move-filter"), ...choices()];
  stops[(stops.indexOf(document.activeElement) + by + stops.length) % stops.length].focus();
}

function narrow(words) {
  const wanted = words.trim().toLocaleLowerCase();
  for (const item of list().children) item.hidden = !item.textContent.toLocaleLowerCase().includes(wanted);
}

export function install(root) {
  if (!dialog()) return;
  root.addEventListener("input", (event) => event.target.id === "move-filter" && narrow(event.target.value));
  list().addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) settle(button.value);
  });
  dialog().addEventListener("keydown", onKey);
  dialog().addEventListener("close", () => answer && settle(null));
}
