// Dialogs close by their buttons and by a click beside them; focus returns to what opened them.

let openers = new WeakMap();

function open(dialog, opener) {
  openers.set(dialog, opener);
  dialog.showModal();
}

function onClick(event) {
  const closer = event.target.closest?.("[data-close]");
  if (closer) return closer.closest("dialog").close(closer.dataset.close || undefined);
  if (event.target.matches?.("dialog[open]")) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close();
    return;
  }
  const asking = event.target.closest?.("[data-confirm]");
  const dialog = asking && document.getElementById(asking.dataset.confirm);
  if (dialog) {
    event.preventDefault();
    open(dialog, asking);
  }
}

export function install(root) {
  root.addEventListener("click", onClick);
  root.addEventListener("close", (event) => openers.get(event.target)?.focus(), { capture: true });
}
