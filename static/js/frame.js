// Gives the frame of a mail the height of its content, so that one thing scrolls.

import { watchLinks } from "./link_target.js";

const LEAST_PX = 48;

function fit(frame) {
  const page = frame.contentDocument?.documentElement;
  if (!page) return;
  const height = Math.max(LEAST_PX, Math.ceil(page.getBoundingClientRect().height), page.querySelector("body")?.scrollHeight ?? 0);
  if (Math.abs(height - frame.clientHeight) > 1) frame.style.blockSize = `${height}px`;
}

function watch(frame) {
  const page = frame.contentDocument?.documentElement;
  if (!page) return;
  watchLinks(frame.contentDocument);
  fit(frame);
  new ResizeObserver(() => fit(frame)).observe(page);
  frame.contentDocument.addEventListener("load", () => fit(frame), { capture: true });
  // A key pressed inside the mail belongs to the page around it.
  frame.contentDocument.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
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
