// Older rows load before the end of the list is reached, three pages at most; then the link stays.

import { fetchPart, parsePart } from "./part.js";
import { listPane } from "./list.js";

const AHEAD_PX = 800;
const MOST_PAGES = 3;

let loaded = 0;
let busy = false;
let watcher = null;

const foot = () => listPane()?.querySelector(".list-foot");

async function loadOlder() {
  const link = foot()?.querySelector("a[rel=next]");
  if (!link || busy || loaded >= MOST_PAGES) return;
  busy = true;
  try {
    append(parsePart(await fetchPart(link.href)));
    loaded += 1;
  } catch {
    loaded = MOST_PAGES; // The link is still there to press.
  } finally {
    busy = false;
    watch();
  }
}

/** Adds the days of the next page; a day that goes on is one day. */
function append(page) {
  const form = foot().closest("form");
  for (const heading of page.querySelectorAll(".day")) {
    const rows = heading.nextElementSibling;
    const last = [...form.querySelectorAll(".day")].at(-1);
    if (last?.textContent === heading.textContent) {
      last.nextElementSibling.append(...rows.children);
    } else {
      heading.id = `${heading.id}-${loaded + 2}`;
      rows.setAttribute("aria-labelledby", heading.id);
      foot().before(heading, rows);
    }
  }
  const before = foot().querySelector("span")?.textContent ?? "";
  const next = page.querySelector(".list-foot");
  const words = next?.querySelector("span");
  if (words) words.textContent = `${before.split("–")[0]}–${words.textContent.split("–").at(-1)}`;
  if (next) foot().replaceWith(next);
  foot().dataset.watched = "1";
}

function watch() {
  watcher?.disconnect();
  if (!foot()) return;
  const phone = matchMedia("(max-width: 39.99em)").matches;
  const root = phone ? null : foot().closest(".scroll");
  watcher = new IntersectionObserver(([entry]) => entry.isIntersecting && loadOlder(), { root, rootMargin: `0px 0px ${AHEAD_PX}px` });
  watcher.observe(foot());
}

export function install(root) {
  root.addEventListener("part:swapped", () => {
    if (foot()?.dataset.watched) return;
    loaded = 0;
    start();
  });
  start();
}

function start() {
  if (!foot()) return;
  foot().dataset.watched = "1";
  watch();
}
