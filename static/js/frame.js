// Gives the frame of a mail the height of its content, so that one thing scrolls, and makes a
// mail that is wider than the screen as narrow as that.

import { watchLinks } from "./link_target.js";
import { watchPictures } from "./picture_again.js";

const LEAST_PX = 48;
const LEAST_SCALE = 0.3;

/** Smaller letters rather than a page that scrolls sideways; two fingers make them larger. */
function narrow(frame, page) {
  const body = page.querySelector("body");
  if (!body || frame.dataset.width === String(frame.clientWidth)) return;
  body.style.zoom = "";
  // The mail may have taken the margins of its page away; its tables then have all of it.
  const style = getComputedStyle(body);
  page.style.setProperty("--room", `${body.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)}px`);
  // What is made smaller may break its lines otherwise, and be wider or narrower than thought.
  for (let scale = 1, tries = 0; tries < 4 && page.scrollWidth > page.clientWidth + 1; tries += 1) {
    scale = Math.max(LEAST_SCALE, scale * page.clientWidth / page.scrollWidth);
    body.style.zoom = String(scale);
  }
  frame.dataset.width = String(frame.clientWidth);
}

function fit(frame) {
  const page = frame.contentDocument?.documentElement;
  if (!page) return;
  narrow(frame, page);
  const height = Math.max(LEAST_PX, Math.ceil(page.getBoundingClientRect().height), page.querySelector("body")?.scrollHeight ?? 0);
  if (Math.abs(height - frame.clientHeight) > 1) frame.style.blockSize = `${height}px`;
  frame.dataset.fitted = "";
}

function watch(frame) {
  const page = frame.contentDocument?.documentElement;
  if (!page) return;
  watchLinks(frame.contentDocument);
  watchPictures(frame.contentDocument);
  fit(frame);
  new ResizeObserver(() => fit(frame)).observe(page);
  // A picture that has come, or a quotation that was opened, may be wider than all before it.
  for (const kind of ["load", "toggle"]) {
    frame.contentDocument.addEventListener(kind, () => {
      delete frame.dataset.width;
      fit(frame);
    }, { capture: true });
  }
  // A key pressed inside the mail belongs to the page around it.
  frame.contentDocument.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("summary")) return;
    const copy = new KeyboardEvent("keydown", { key: event.key, shiftKey: event.shiftKey, bubbles: true, cancelable: true });
    if (!frame.dispatchEvent(copy)) event.preventDefault();
  });
}

function watchAll() {
  for (const frame of document.querySelectorAll("iframe[data-frame]")) {
    if (frame.contentDocument?.readyState === "complete" && frame.contentDocument.URL !== "about:blank") watch(frame);
  }
}

export function install(root) {
  root.addEventListener("load", (event) => event.target.matches?.("iframe[data-frame]") && watch(event.target), { capture: true });
  watchAll();
}
