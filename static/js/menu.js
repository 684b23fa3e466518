// Menus and tool bars: <details> that close by themselves, arrow keys that move inside.

const MOVES = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 };
const ENDS = { Home: 0, End: -1 };
const FIELDS = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]"; // arrows are theirs

const reachable = (box) => [...box.querySelectorAll("a[href], button:enabled, input[type=checkbox], summary")].filter((one) => one.checkVisibility() && (!one.closest(".menu") || box.matches(".menu")));

function closeOthers(event) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
}

/** Who goes on with Tab leaves the menu behind, and it would cover where they are. */
function closeLeft(menu) {
  if (!menu.contains(document.activeElement)) menu.open = false;
}

function moveFocus(box, event, by = MOVES[event.key]) {
  const all = reachable(box);
  const at = all.indexOf(document.activeElement);
  if (!all.length) return;
  event.preventDefault();
  if (event.key in ENDS) all.at(ENDS[event.key]).focus();
  else all[at < 0 && by < 0 ? all.length - 1 : (at + by + all.length) % all.length].focus();
}

function inMenu(event, menu) {
  if (event.key === "Escape") {
    event.preventDefault();
    menu.open = false;
    return menu.querySelector("summary").focus();
  }
  if (["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key) && !event.target.matches(FIELDS)) moveFocus(menu.querySelector(".menu"), event);
}

function onKey(event) {
  const menu = event.target.closest?.("details[data-menu]");
  if (menu && !menu.open && event.key === "ArrowDown" && event.target.localName === "summary") menu.open = true;
  if (menu?.open && event.key === "Tab") return setTimeout(closeLeft, 0, menu);
  if (menu?.open) return inMenu(event, menu);
  const bar = event.target.closest?.("[role=toolbar]");
  if (!bar || !["ArrowRight", "ArrowLeft", "Home", "End"].includes(event.key) || event.target.matches("input, textarea, [contenteditable]")) return;
  const turned = document.documentElement.dir === "rtl" ? -1 : 1;
  moveFocus(bar, event, MOVES[event.key] * turned);
}

export function install(root) {
  root.addEventListener("click", closeOthers);
  root.addEventListener("keydown", onKey);
}
