// "2 new messages" below the head of the list, and the same words for who listens, once a minute.

import { icon } from "./icon.js";
import { listPane, rows } from "./list.js";

const SAY_EVERY_MS = 60000;

let saidAt = -SAY_EVERY_MS;
let unsaid = 0;
let timer = 0;
let counted = new Set();

const pill = () => document.getElementById("new-pill");
const wordsFor = (number) => (number === 1 ? "1 new message" : `${number} new messages`);

/** Offers the new rows; `insert` puts them in and the list goes to its top. */
export function showPill(fresh, insert) {
  const button = pill() ?? make();
  button.lastChild.textContent = wordsFor(fresh.length);
  button.onclick = async () => {
    hidePill();
    await insert();
    scrollToTop();
    rows()[0]?.querySelector(".row-link").focus({ preventScroll: true });
  };
}

export function hidePill() {
  pill()?.remove();
}

function make() {
  const button = document.createElement("button");
  button.type = "button";
  button.id = "new-pill";
  button.className = "new-pill";
  button.append(icon("arrow-up", "i-s"), "");
  listPane().querySelector(".list-head").after(button);
  return button;
}

function scrollToTop() {
  if (matchMedia("(max-width: 39.99em)").matches) scrollTo(0, 0);
  else listPane().querySelector(".scroll")?.scrollTo(0, 0);
}

/** Says how many came, each once, and not more often than once a minute. */
export function announce(fresh) {
  const news = fresh.filter((row) => row.classList.contains("is-unread") && !counted.has(row.dataset.ref));
  news.forEach((row) => counted.add(row.dataset.ref));
  if (counted.size > 2000) counted = new Set(news.map((row) => row.dataset.ref));
  unsaid += news.length;
  clearTimeout(timer);
  timer = setTimeout(say, Math.max(0, saidAt + SAY_EVERY_MS - performance.now()));
}

function say() {
  const live = document.getElementById("announce");
  if (!unsaid || !live) return;
  live.textContent = wordsFor(unsaid);
  unsaid = 0;
  saidAt = performance.now();
}
