// Menus and tool bars: <details> that close by themselves, arrow keys that move inside.

const MOVES = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 };

const reachable = (box) => [...box.querySelectorAll("a[href], button:enabled, summary")].filter((one) => one.checkVisibility() && (!one.closest(".menu") || box.matches(".menu")));

function closeOthers(event) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
}

function moveFocus(box, by, event) {
  const all = reachable(box);
  const at = all.indexOf(document.activeElement);
  if (!all.length) return;
  event.preventDefault();
  all[(at + by + all.length) % all.length].focus();
}

function inMenu(event, menu) {
  if (event.key === "Escape") {
    event.preventDefault();
    menu.open = false;
    return menu.querySelector("summary").focus();
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") moveFocus(menu.querySelector(".menu"), MOVES[event.key], event);
}

function onKey(event) {
  const menu = event.target.closest?.("details[data-menu][open]");
  if (menu) return inMenu(event, menu);
  const bar = event.target.closest?.("[role=toolbar]");
  if (!bar || !["ArrowRight", "ArrowLeft"].includes(event.key) || event.target.matches("input, textarea, [contenteditable]")) return;
  const turned = document.documentElement.dir === "rtl" ? -1 : 1;
  moveFocus(bar, MOVES[event.key] * turned, event);
}

export function install(root) {
  root.addEventListener("click", closeOthers);
  root.addEventListener("keydown", onKey);
}
