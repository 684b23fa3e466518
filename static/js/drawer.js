// The folder drawer of phones and tablets: the rail itself, lent to a dialog while it is open.

const drawer = () => document.getElementById("drawer");
const rail = () => document.getElementById("rail");

function open() {
  const home = document.createComment("rail");
  const folders = rail();
  folders.replaceWith(home);
  drawer().append(folders);
  drawer().showModal();
  drawer().querySelector("[aria-current]")?.focus();
  drawer().addEventListener("close", () => home.replaceWith(folders), { once: true });
}

export function install(root) {
  root.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-drawer]");
    if (!link || !drawer() || !rail() || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    open();
  });
  matchMedia("(min-width: 68.75em)").addEventListener("change", () => drawer()?.open && drawer().close());
}
