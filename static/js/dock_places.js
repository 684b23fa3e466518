// Where docked windows stand: side by side as far as there is room, small ones as heads.

import { say } from "./toast.js";

const LEAST = 352;
const HEAD = 176;
const GAP = 12;
const EDGES = 48;
const MOST = 3;

let turn = 0;

const all = () => [...document.querySelectorAll("#docks > .compose")];
const isSmall = (section) => section.classList.contains("is-small");
const used = (section) => Number(section.dataset.used ?? 0);
const toolOf = (section, name) => section.querySelector(`[data-dock-act="${name}"]`);
export const isPhone = () => matchMedia("(max-width: 39.99em)").matches;
const isNarrow = () => matchMedia("(max-width: 68.74em)").matches;

/** The window in use, which is the last to give way. */
export function front(section) {
  section.dataset.used = ++turn;
  for (const each of all()) each.classList.toggle("is-front", each === section);
  settle();
}

export function act(section, name) {
  if (name === "full") setFull(section, !section.classList.contains("is-full"));
  else if (isSmall(section)) return raise(section);
  else minimise(section);
  return settle();
}

export function raise(section) {
  setSmall(section, false);
  front(section);
  fit(section);
  if (!section.contains(document.activeElement) || document.activeElement.matches("[data-dock-act]")) focusIn(section);
  return section;
}

function focusIn(section) {
  const fields = [...section.querySelectorAll(".tokens:not(:has(.chip)) input, [data-editor], [data-text]")];
  fields.filter((each) => each.checkVisibility()).find((each, at, seen) => at === seen.length - 1 || !each.closest("[data-line]"))?.focus({ preventScroll: true });
}

function minimise(section) {
  setFull(section, false);
  setSmall(section, true);
  if (section.contains(document.activeElement) || document.activeElement === document.body) toolOf(section, "small").focus();
}

/** Makes room: the window used longest ago becomes a head, and that is said. */
export function fit(section) {
  if (isPhone()) return settle();
  const open = all().filter((each) => !isSmall(each)).sort((a, b) => used(a) - used(b));
  while (open.length > 1 && !hasRoom(open.length)) {
    const oldest = open.find((each) => each !== section);
    open.splice(open.indexOf(oldest), 1);
    setFull(oldest, false);
    setSmall(oldest, true);
    say(`“${titleOf(oldest)}” was minimised to make room.`);
  }
  return settle();
}

function hasRoom(open) {
  const heads = all().length - open;
  return open <= (isNarrow() ? 1 : MOST) && open * (LEAST + GAP) + heads * (HEAD + GAP) <= innerWidth - EDGES;
}

/** Where whatever opened a window is gone; an empty mailbox has no row either. */
export function placeToGo() {
  const places = ["#list .row.is-open .row-link", "#list .row-link", "a[data-compose-link]"].flatMap((each) => [...document.querySelectorAll(each)]);
  return places.find((each) => each.checkVisibility());
}

/** What a window covers entirely cannot be reached either. */
export function settle() {
  const full = document.querySelector("#docks > .is-full");
  const covered = full ?? (isPhone() && all().find((each) => each.classList.contains("is-front")));
  if (isPhone() && all().length && !covered) return front(all().at(-1));
  for (const beneath of document.querySelectorAll(".app, .skip")) beneath.inert = Boolean(covered);
  for (const each of all()) {
    each.inert = Boolean(covered) && each !== covered;
    for (const [name, value] of [["role", "dialog"], ["aria-modal", "true"]]) each === covered ? each.setAttribute(name, value) : each.removeAttribute(name);
  }
  return undefined;
}

function setFull(section, full) {
  section.classList.toggle("is-full", full);
  const tool = toolOf(section, "full");
  tool.setAttribute("aria-pressed", String(full));
  tool.title = full ? "Back to the corner" : "Full screen";
}

function setSmall(section, small) {
  section.classList.toggle("is-small", small);
  const tool = toolOf(section, "small");
  const title = section.querySelector("[data-dock-title]");
  title.dataset.dockTitle ||= title.textContent;
  title.textContent = small ? titleOf(section) : title.dataset.dockTitle;
  tool.setAttribute("aria-expanded", String(!small));
  tool.setAttribute("aria-label", small ? "Restore" : "Minimise");
  tool.title = small ? "Restore" : "Minimise";
}

function titleOf(section) {
  const title = section.querySelector("[data-dock-title]");
  return section.querySelector('[name="subject"]').value.trim() || title.dataset.dockTitle || title.textContent;
}

/** Its subject is another one than it was drawn with. */
export function retitle(section) {
  if (isSmall(section)) section.querySelector("[data-dock-title]").textContent = titleOf(section);
}
