// The divider between list and message: dragged, or moved by arrow keys.

const LEAST = 280;
const MOST = 640;
const STEP = 16;
const KEPT = "list-width";

function setWidth(grip, px) {
  const width = Math.round(Math.min(MOST, Math.max(LEAST, px)));
  document.documentElement.style.setProperty("--list-w", `${width / 16}rem`);
  grip.setAttribute("aria-valuenow", String(width));
  localStorage.setItem(KEPT, String(width));
}

function reset(grip) {
  document.documentElement.style.removeProperty("--list-w");
  grip.setAttribute("aria-valuenow", "400");
  localStorage.removeItem(KEPT);
}

const listOf = (grip) => grip.previousElementSibling;
const turned = () => (document.documentElement.dir === "rtl" ? -1 : 1);

function drag(event) {
  const grip = event.target;
  event.preventDefault();
  grip.setPointerCapture(event.pointerId);
  const start = listOf(grip).offsetWidth - turned() * event.clientX;
  const move = (to) => setWidth(grip, start + turned() * to.clientX);
  grip.addEventListener("pointermove", move);
  grip.addEventListener("lostpointercapture", () => grip.removeEventListener("pointermove", move), { once: true });
}

function onKey(event) {
  const grip = event.target.closest?.("[data-grip]");
  if (!grip) return;
  const now = listOf(grip).offsetWidth;
  const to = { ArrowRight: now + turned() * STEP, ArrowLeft: now - turned() * STEP, Home: LEAST, End: MOST }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  setWidth(grip, to);
}

export function install(root) {
  const grip = document.querySelector("[data-grip]");
  if (!grip) return;
  const kept = Number(localStorage.getItem(KEPT));
  if (kept) setWidth(grip, kept);
  grip.addEventListener("pointerdown", drag);
  grip.addEventListener("dblclick", () => reset(grip));
  root.addEventListener("keydown", onKey);
}
