// Small pictures of attachments that were not ready yet are asked for again.
// The server answers with a blank picture of width 1 until then, of width 2 where there is none.

const MOST = 8;
const FIRST_MS = 800;

function look(picture) {
  const tries = Number(picture.dataset.tries ?? 0);
  if (picture.naturalWidth > 2) return picture.classList.add("is-there");
  if (picture.naturalWidth !== 1 || tries >= MOST) return;
  picture.dataset.tries = tries + 1;
  setTimeout(() => {
    const url = new URL(picture.src);
    url.searchParams.set("again", tries + 1);
    picture.src = url.href;
  }, FIRST_MS * (tries + 1));
}

function lookAtAll() {
  for (const picture of document.querySelectorAll("img[data-preview]:not(.is-there)")) {
    if (picture.complete && !picture.dataset.tries) look(picture);
  }
}

export function install(root) {
  root.addEventListener("load", (event) => event.target.matches?.("img[data-preview]") && look(event.target), { capture: true });
  root.addEventListener("part:swapped", lookAtAll);
  lookAtAll();
}
