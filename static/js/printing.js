// Prints a message from a page of its own, without leaving this one.  The page runs no script.

let frame = null;

function printPage(url) {
  frame?.remove();
  frame = document.createElement("iframe");
  frame.className = "print-page";
  frame.setAttribute("sandbox", "allow-same-origin allow-modals");
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  frame.addEventListener("load", () => {
    // An answer that is no page to print, such as the sign-in, is better seen.
    if (frame.contentDocument?.querySelector("[data-printed]")) frame.contentWindow.print();
    else open(url, "_blank", "noopener");
  }, { once: true });
  frame.src = url;
  document.body.append(frame);
}

export function install(root) {
  root.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-print-page]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    printPage(link.href);
  });
}
