// Swiping a row on touch: towards the end archives, towards the start deletes.

import { actOn } from "./actions.js";
import { icon } from "./icon.js";

const BEGIN = 10;
const SHOW = 24;
const DO = 96;
const FLICK = 0.6;
const EDGE = 24;

let swipe = null;

const turned = () => (document.documentElement.dir === "rtl" ? -1 : 1);

function begin(event) {
  if (event.touches.length > 1) return cancel();
  const touch = event.touches[0];
  const row = event.target.closest?.("#list .row");
  if (!row || row.inert || touch.clientX < EDGE || touch.clientX > innerWidth - EDGE) return;
  if (document.querySelector("#list.picking")) return;
  swipe = { row, x: touch.clientX, y: touch.clientY, at: event.timeStamp, by: 0, moving: false };
}

function move(event) {
  if (!swipe) return;
  const touch = event.touches[0];
  const by = touch.clientX - swipe.x;
  if (!swipe.moving) {
    if (Math.abs(touch.clientY - swipe.y) > BEGIN) return cancel();
    if (Math.abs(by) < BEGIN) return;
    swipe.moving = true;
    wrap(swipe);
  }
  event.preventDefault();
  swipe.by = by;
  swipe.row.style.translate = `${by}px 0`;
  dress(swipe);
}

function wrap(one) {
  one.hint = document.createElement("span");
  one.hint.className = "swipe-hint";
  one.hint.setAttribute("aria-hidden", "true");
  one.row.classList.add("is-swiped");
  one.row.prepend(one.hint);
}

function dress({ hint, by, row }) {
  const name = by * turned() > 0 ? "archive" : "delete";
  if (hint.dataset.act !== name) {
    hint.dataset.act = name;
    hint.replaceChildren(name === "archive" ? icon("archive") : icon("trash-2"), name === "archive" ? "Archive" : "Delete");
  }
  hint.classList.toggle("is-shown", Math.abs(by) > SHOW);
  row.style.setProperty("--by", `${by}px`);
}

function end(event) {
  if (!swipe?.moving) return cancel();
  const { row, by, at, hint } = swipe;
  const fast = Math.abs(by) / (event.timeStamp - at) > FLICK && Math.abs(by) > SHOW;
  const name = hint.dataset.act;
  cancel();
  if (Math.abs(by) > DO || fast) actOn(name, [row.dataset.ref]);
}

function cancel() {
  if (!swipe) return;
  swipe.hint?.remove();
  swipe.row.style.removeProperty("translate");
  swipe.row.style.removeProperty("--by");
  swipe.row.classList.remove("is-swiped");
  swipe = null;
}

export function install(root) {
  root.addEventListener("touchstart", begin, { passive: true });
  root.addEventListener("touchmove", move, { passive: false });
  root.addEventListener("touchend", end);
  root.addEventListener("touchcancel", cancel);
}
