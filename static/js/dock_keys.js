// F6 goes round the mailbox and the windows over it, each time to where one was there.

import { placeToGo } from "./dock_places.js";

const lately = new WeakMap(); // where focus was last, in the mailbox and in each window

const places = () => [document.querySelector(".app"), ...document.querySelectorAll("#docks > .compose")].filter((each) => each && !each.inert && each.checkVisibility());
const placeOf = (element) => element?.closest?.("#docks > .compose, .app");

function goTo(place) {
  const last = lately.get(place);
  if (last?.isConnected && last.checkVisibility()) return last.focus({ preventScroll: true });
  if (place.matches(".app")) return placeToGo()?.focus();
  const small = place.matches(".is-small");
  const fields = place.querySelectorAll(small ? "[data-dock-act]" : ".tokens:not(:has(.chip)) input:not([hidden]), [data-editor], [data-text]");
  return [...fields].find((each) => each.checkVisibility())?.focus({ preventScroll: true });
}

function onKey(event) {
  if (event.key !== "F6" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
  const all = places();
  if (all.length < 2) return; // the browser's own F6 then
  event.preventDefault();
  const at = Math.max(all.indexOf(placeOf(document.activeElement)), 0);
  goTo(all[(at + (event.shiftKey ? -1 : 1) + all.length) % all.length]);
}

export function install(root) {
  if (!document.getElementById("docks")) return;
  root.addEventListener("focusin", ({ target }) => placeOf(target) && lately.set(placeOf(target), target));
  root.addEventListener("keydown", onKey);
}
