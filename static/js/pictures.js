// "Show pictures" without loading the page again: the frame is asked for anew, the notice goes.

function show(link) {
  const frame = link.closest(".msg")?.querySelector("iframe[data-frame]");
  if (!frame) return false;
  const asked = new URL(link.href).searchParams.get("pictures");
  const body = new URL(frame.src);
  body.searchParams.set("pictures", asked);
  // A new frame: the old one's address would be one step of "Back", and come again on a reload.
  const fresh = frame.cloneNode();
  delete fresh.dataset.width;
  fresh.src = body;
  frame.replaceWith(fresh);
  fresh.focus({ preventScroll: true });
  link.closest("[data-remote]").remove();
  return true;
}

export function install(root) {
  root.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-show-pictures]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (show(link)) event.preventDefault();
  });
}
