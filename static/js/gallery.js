// Attachments in a dialog over the message: arrows, a swipe, Escape; each is also a page.

import { fetchPart, parsePart, whileLoading } from "./part.js";

const SWIPE_PX = 60;
const AGAIN_MS = 1200;

let opener = null;
let wanted = null;
let touch = null;

const gallery = () => document.getElementById("gallery");
const step = (rel) => gallery().querySelector(`a[rel="${rel}"][data-step]`);

/** Puts the file of `url` into the dialog; the focus stays on the button that led on. */
async function show(url) {
  const mine = (wanted = Symbol(url));
  const rel = gallery().contains(document.activeElement) ? document.activeElement.getAttribute("rel") : null;
  try {
    const part = parsePart(await whileLoading(fetchPart(url)));
    if (mine !== wanted) return;
    gallery().replaceChildren(...part.childNodes);
  } catch {
    if (mine === wanted) location.assign(url);
    return;
  }
  (step(rel) ?? gallery().querySelector(".viewer-body"))?.focus({ preventScroll: true });
  announce();
  if (gallery().querySelector("[data-again]")) setTimeout(() => mine === wanted && gallery().open && show(url), AGAIN_MS);
}

function announce() {
  const head = gallery().querySelector(".viewer-head");
  const said = document.getElementById("announce");
  if (said && head) said.textContent = head.textContent.trim().replace(/\s+/g, " ");
}

function open(link) {
  opener = link;
  gallery().showModal();
  show(link.href);
}

function close() {
  wanted = null;
  gallery().replaceChildren();
  const back = opener?.tabIndex < 0 ? opener.closest(".file")?.querySelector(".name") : opener;
  back?.focus({ preventScroll: true });
}

function onClick(event) {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest?.("a[data-gallery]");
  if (link && gallery()) {
    event.preventDefault();
    return open(link);
  }
  const inside = event.target.closest?.("#gallery a");
  if (inside?.matches("[data-step]")) {
    event.preventDefault();
    show(inside.href);
  } else if (inside?.matches("[data-close-viewer]")) {
    event.preventDefault();
    gallery().close();
  }
}

/** On a page of its own a step is a new page, and Escape leads back to the message. */
function go(rel) {
  const link = document.querySelector(`[data-viewer] a[rel="${rel}"][data-step]`);
  if (link) link.closest("dialog") ? show(link.href) : location.assign(link.href);
}

function onKey(event) {
  const viewer = document.querySelector("[data-viewer]");
  if (!viewer || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.target.closest?.("audio, video, input, textarea, select")) return;
  if (document.querySelector("dialog[open]:not(#gallery)")) return;
  const isRtl = getComputedStyle(viewer).direction === "rtl";
  if (event.key === "ArrowLeft") go(isRtl ? "next" : "prev");
  else if (event.key === "ArrowRight") go(isRtl ? "prev" : "next");
  else if (event.key === "Escape" && !viewer.closest("dialog")) viewer.querySelector("[data-close-viewer]")?.click();
  else return;
  if (event.key !== "Escape") event.preventDefault();
}

function onTouchStart(event) {
  const isOne = event.touches.length === 1 && event.target.closest?.("[data-viewer]") && (visualViewport?.scale ?? 1) < 1.05;
  touch = isOne ? { x: event.touches[0].clientX, y: event.touches[0].clientY } : null;
}

function onTouchEnd(event) {
  if (!touch || event.touches.length) return;
  const across = event.changedTouches[0].clientX - touch.x, along = event.changedTouches[0].clientY - touch.y;
  touch = null;
  if (Math.abs(across) < SWIPE_PX || Math.abs(across) < 2 * Math.abs(along)) return;
  if (event.target.closest?.("pre, audio, video")) return;
  go(across < 0 === (document.dir !== "rtl") ? "next" : "prev");
}

export function install(root) {
  root.addEventListener("click", onClick);
  root.addEventListener("keydown", onKey);
  root.addEventListener("touchstart", onTouchStart, { passive: true });
  root.addEventListener("touchend", onTouchEnd, { passive: true });
  root.addEventListener("close", (event) => event.target.id === "gallery" && close(), { capture: true });
}
