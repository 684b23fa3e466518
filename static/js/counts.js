// The folders with their counts, followed without moving anything, and the count in the tab's title.

const links = (nav) => [...nav.querySelectorAll(".folder")];

/** Takes the counts of the fetched rail; its folders only where they are others. */
export function showCounts(page) {
  const shown = document.getElementById("folders");
  const fresh = page.querySelector("#folders");
  if (!shown || !fresh) return;
  const names = (nav) => links(nav).map((link) => `${link.pathname}${link.search} ${link.querySelector(".label")?.textContent}`).join("\n");
  if (names(shown) === names(fresh)) links(shown).forEach((link, at) => patch(link, links(fresh)[at]));
  else replace(shown, fresh);
  document.getElementById("folders").dataset.titleCount = fresh.dataset.titleCount;
  showAlert(page);
  showTitle();
}

/** The line above every page, but on those it leads to. */
function showAlert(page) {
  const [shown, fresh] = [document.getElementById("outbox-alert"), page.querySelector("#outbox-alert")];
  if (!shown || !fresh || document.body.dataset.screen === "outbox") return;
  if (shown.textContent.trim() !== fresh.textContent.trim()) shown.replaceWith(document.importNode(fresh, true));
}

function patch(link, fresh) {
  link.classList.toggle("has-new", fresh.classList.contains("has-new"));
  link.querySelector(".n")?.remove();
  const number = fresh.querySelector(".n");
  if (number) link.append(document.importNode(number, true));
}

function replace(shown, fresh) {
  const focused = shown.contains(document.activeElement) ? document.activeElement.pathname : "";
  const { scrollTop } = shown;
  shown.replaceWith(fresh);
  fresh.scrollTop = scrollTop;
  links(fresh).find((link) => link.pathname === focused)?.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("part:swapped"));
}

function showTitle() {
  const title = document.getElementById("list-title")?.textContent;
  if (document.body.dataset.view !== "list" || document.body.dataset.screen !== "mailbox" || !title) return;
  const count = document.getElementById("folders").dataset.titleCount;
  document.title = `${title}${count ? ` (${count})` : ""} – Mail`;
}
