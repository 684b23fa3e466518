// A picture in the editor: put at the caret, and found again in the selection.

const WIDEST = 800;

/** Large ones are not to fill the screens of those who get them. */
export function putPicture(squire, { url, cid, alt }) {
  const picture = squire.insertImage(url, { alt });
  picture.dataset.cid = cid;
  picture.addEventListener("load", () => {
    if (picture.naturalWidth > WIDEST) picture.width = WIDEST;
  }, { once: true });
}

export function pictureSelected(squire) {
  const range = squire.getSelection();
  return [...squire.getRoot().querySelectorAll("img")].find((each) => !range.collapsed && range.intersectsNode(each));
}
