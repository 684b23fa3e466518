// Where a window goes when it is done with: a page of its own to the next page, a docked one
// out of the page that it stands in.

/** `goesOn`: what was written is the matter of the next page, wherever its window stood. */
export function away(draft, url, notices = "", goesOn = false) {
  const docked = draft.form.closest("[data-docked]");
  if (!docked) return location.assign(url);
  draft.closed = true;
  clearTimeout(draft.timer);
  clearTimeout(draft.keeping);
  draft.release?.();
  docked.dispatchEvent(new CustomEvent("compose:away", { bubbles: true, detail: { notices } }));
  if (goesOn) location.assign(url);
  return true;
}
