// Where a link in a mail leads, said in a line at the foot of the page while it is pointed at,
// focused or held down.  The frame has no scripts: the page around it looks inside.

const HELD_MS = 400;

const line = document.createElement("output");
line.className = "link-target";
line.hidden = true;

function say(link) {
  line.hidden = !link;
  if (!link) return;
  const url = new URL(link.href);
  const host = document.createElement("bdi");
  host.textContent = url.host || url.pathname;
  const rest = url.host ? `${url.pathname}${url.search}` : "";
  line.replaceChildren(url.protocol === "https:" || !url.host ? "" : url.protocol.replace(":", ", "), host, rest.length > 1 ? rest : "");
}

const linkOf = (event) => event.target.closest?.("a[href]") ?? null;

/** Watches the links of a frame's document, each time it is loaded. */
export function watchLinks(page) {
  let timer = 0;
  page.documentElement.dataset.told = "";
  page.addEventListener("pointerover", (event) => event.pointerType === "mouse" && say(linkOf(event)));
  page.addEventListener("pointerout", (event) => event.pointerType === "mouse" && say(null));
  page.addEventListener("focusin", (event) => say(linkOf(event)));
  page.addEventListener("focusout", () => say(null));
  page.addEventListener("pointerdown", (event) => {
    const link = event.pointerType !== "mouse" && linkOf(event);
    clearTimeout(timer);
    if (link) timer = setTimeout(() => say(link), HELD_MS);
    else say(null);
  });
  for (const kind of ["pointerup", "pointercancel"]) page.addEventListener(kind, () => clearTimeout(timer));
}

export function install(root) {
  root.body.append(line);
  root.addEventListener("pointerdown", () => say(null));
}
