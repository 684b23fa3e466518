// Tab nests an item of a list, and only one that can be nested: everywhere else it goes on to
// the next field, or nobody without a mouse would leave the text again.

export function installLists(squire) {
  squire.setKeyHandler("Tab", (_, event, range) => {
    const item = itemAt(range);
    if (!item?.previousElementSibling) return;
    event.preventDefault();
    squire.increaseListLevel(range);
  });
}

/** The item at whose beginning the caret stands. */
function itemAt({ collapsed, startContainer, startOffset }) {
  const item = collapsed && (startContainer.closest?.("li") ?? startContainer.parentElement?.closest("li"));
  if (!item) return null;
  const before = document.createRange();
  before.setStart(item, 0);
  before.setEnd(startContainer, startOffset);
  return before.toString().replace(/\u200b/g, "") ? null : item;
}
