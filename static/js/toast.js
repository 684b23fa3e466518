// Toasts: what the server said after an action, one at a time, with Undo.

import { fetchPart, PartError, swapPart } from "./part.js";
import { icon } from "./icon.js";
import { refreshList } from "./list.js";

const STAY_MS = 6000;
const UNDO_STAY_MS = 10000;
const UNDO_KEPT_MS = 600000;

let timer = 0;
let lastUndo = null;

const notices = () => document.getElementById("notices");

/** Shows a sentence of the script's own, such as the failure of a request. */
export function say(text, { level = "info", again } = {}) {
  const toast = document.createElement("div");
  toast.className = level === "error" ? "toast-notice bad" : "toast-notice";
  toast.dataset.toast = level;
  toast.setAttribute("role", level === "error" ? "alert" : "status");
  const words = document.createElement("span");
  words.className = "grow";
  words.textContent = text;
  toast.append(...(level === "error" ? [icon("triangle-alert")] : []), words);
  if (again) toast.append(button("Try again", () => (toast.remove(), again())));
  notices()?.replaceChildren(toast);
  start();
}

/** Shows the notices the server sent as a part. */
export async function showNotices(text) {
  if (!text.trim() || !notices()) return;
  await swapPart(text, notices());
  start();
}

export function putNotices(toasts) {
  notices()?.replaceChildren(...toasts);
  start();
}

export async function undoLast() {
  if (!lastUndo || Date.now() - lastUndo.at > UNDO_KEPT_MS) return say("There is nothing to undo.");
  const { action, body } = lastUndo;
  lastUndo = null;
  if (action.includes("/outbox/")) return goThere(action, body);
  try {
    await showNotices(await fetchPart(action, { method: "POST", body }));
    await refreshList();
  } catch (problem) {
    showProblem(problem, "Not undone: the server did not answer.");
  }
}

/** A message taken back opens in the compose window: the answer is a page, not a part. */
function goThere(action, body) {
  const form = Object.assign(document.createElement("form"), { method: "post", action, hidden: true });
  for (const [name, value] of body) form.append(Object.assign(document.createElement("input"), { name, value }));
  document.body.append(form);
  form.dataset.undo = "";
  form.requestSubmit();
}

/** The server's own words if it sent some, else ours. */
export function showProblem(problem, text, again) {
  if (problem instanceof PartError && problem.text.includes("data-toast")) return showNotices(problem.text);
  return say(text, { level: "error", again });
}

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn quiet";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

function start() {
  clearTimeout(timer);
  const toasts = [...(notices()?.children ?? [])];
  toasts.slice(0, -1).forEach((old) => old.remove());
  const toast = toasts.at(-1);
  if (!toast) return;
  const undo = toast.querySelector("form[data-undo]");
  if (undo) lastUndo = { action: undo.action, body: new URLSearchParams(new FormData(undo)), at: Date.now() };
  announce(toast);
  if (toast.dataset.toast === "error") addClose(toast);
  else countDown(toast, Number(toast.dataset.wait) * 1000 || (undo ? UNDO_STAY_MS : STAY_MS));
}

/** Screen readers miss a status that comes into the page with its words; one that is there they hear. */
function announce(toast) {
  const live = document.getElementById("announce");
  if (!live || toast.getAttribute("role") !== "status") return;
  toast.setAttribute("aria-live", "off");
  live.textContent = toast.querySelector(".grow")?.textContent ?? "";
}

function countDown(toast, stay) {
  const leave = () => (toast.matches(":hover, :focus-within") ? countDown(toast, 1500) : toast.remove());
  timer = setTimeout(leave, stay);
}

function addClose(toast) {
  if (toast.querySelector("[data-dismiss]")) return;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "ib";
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", "Dismiss");
  close.append(icon("x"));
  toast.append(close);
}

export function install(root) {
  root.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-dismiss]")) event.target.closest("[data-toast]").remove();
  });
  root.addEventListener("submit", (event) => {
    if (!event.target.matches('form[data-undo][action$="/undo/"]') || event.target.action.includes("/outbox/")) return;
    event.preventDefault();
    undoLast();
  });
  start();
}
