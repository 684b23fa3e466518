// Where a window goes when it is done with: a page of its own to the next page, a docked one
// out of the page that it stands in.

export function away(draft, url, notices = "") {
  const docked = draft.form.closest("[data-docked]");
  if (!docked) return location.assign(url);
  draft.closed = true;
  clearTimeout(draft.timer);
  clearTimeout(draft.keeping);
  draft.release?.();
  docked.dispatchEvent(new CustomEvent("compose:away", { bubbles: true, detail: { notices } }));
  return true;
}
