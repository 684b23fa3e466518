// A picture in the editor: put at the caret, found again in the selection, as wide as its
// writer wants it.

const WIDE = { small: 320, fits: 800 };

/** Large ones are not to fill the screens of those who get them. */
export function putPicture(squire, { url, cid, alt }) {
  const picture = squire.insertImage(url, { alt });
  picture.dataset.cid = cid;
  picture.addEventListener("load", () => {
    if (picture.naturalWidth > WIDE.fits) picture.width = WIDE.fits;
  }, { once: true });
}

export function pictureSelected(squire) {
  const range = squire.getSelection();
  return [...squire.getRoot().querySelectorAll("img")].find((each) => !range.collapsed && range.intersectsNode(each));
}

const widthOf = (picture, size) => Math.min(WIDE[size] ?? Infinity, picture.naturalWidth);

/** Offers those that differ; what cannot be seen here has no size to choose. */
export function offerSizes(box, picture) {
  const sizes = [...box.querySelectorAll("input")];
  const shown = picture.getAttribute("width") ? Number(picture.getAttribute("width")) : picture.naturalWidth;
  for (const each of sizes) {
    const isOffered = each.value === "original" || WIDE[each.value] < picture.naturalWidth;
    each.closest("label").hidden = !isOffered;
    each.checked = isOffered && widthOf(picture, each.value) === shown;
    each.closest("label").querySelector("[data-pixels]").textContent = `${widthOf(picture, each.value)} px wide`;
  }
  box.hidden = sizes.filter((each) => !each.closest("label").hidden).length < 2;
}

/** The size that was chosen anew, or none. */
export function sizeChosen(box, picture) {
  const chosen = box.hidden ? null : box.querySelector("input:checked");
  return chosen && widthOf(picture, chosen.value) !== Number(picture.getAttribute("width") ?? picture.naturalWidth) ? chosen.value : "";
}

export function setSize(picture, size) {
  picture.removeAttribute("height");
  picture.setAttribute("width", widthOf(picture, size));
}
