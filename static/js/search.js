// The panel under the search field: three filters to start from, and this visit's searches.

import { icon } from "./icon.js";

const KEPT = "searches";
const MOST = 4;

const recent = () => JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");

function remember(words) {
  if (!words) return;
  sessionStorage.setItem(KEPT, JSON.stringify([words, ...recent().filter((one) => one !== words)].slice(0, MOST)));
}

function show(form) {
  const menu = form.querySelector("[data-search-menu]");
  if (!menu || !menu.hidden) return;
  menu.querySelectorAll("[data-again]").forEach((old) => old.remove());
  menu.append(...recent().map(again));
  menu.hidden = false;
}

function again(words) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.again = words;
  const text = document.createElement("span");
  text.className = "clip";
  text.dir = "auto";
  text.textContent = words;
  button.append(icon("clock"), text);
  return button;
}

function hide(except) {
  for (const menu of document.querySelectorAll("[data-search-menu]:not([hidden])")) {
    if (!except || !menu.parentElement.contains(except)) menu.hidden = true;
  }
}

function onClick(event) {
  const choice = event.target.closest?.("[data-search-menu] button");
  if (!choice) return;
  const form = choice.closest("form");
  const field = form.querySelector("[data-search]");
  field.value = choice.dataset.again ?? `${field.value} ${choice.dataset.term}`.trim();
  form.requestSubmit();
}

function onKey(event) {
  const form = event.target.closest?.("form.search");
  const menu = form?.querySelector("[data-search-menu]:not([hidden])");
  if (!menu) return;
  if (event.key === "Escape") return void (menu.hidden = true);
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const stops = [form.querySelector("[data-search]"), ...menu.querySelectorAll("button")];
  const by = event.key === "ArrowDown" ? 1 : -1;
  event.preventDefault();
  stops[(stops.indexOf(document.activeElement) + by + stops.length) % stops.length].focus();
}

export function install(root) {
  root.addEventListener("focusin", (event) => {
    hide(event.target);
    if (event.target.matches?.("[data-search]")) show(event.target.form);
  });
  root.addEventListener("input", (event) => event.target.matches?.("[data-search]") && hide());
  root.addEventListener("pointerdown", (event) => hide(event.target));
  root.addEventListener("click", onClick);
  root.addEventListener("keydown", onKey);
  root.addEventListener("submit", (event) => event.target.matches("form.search") && remember(event.target.elements.q.value.trim()));
}
