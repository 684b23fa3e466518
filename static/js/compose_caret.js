// A selection in the editor as plain numbers, which find the same place in the same text drawn
// anew: the way to a block by elements, then characters, as pieces of text come back joined.

const BLOCKS = "div, li, p, td, th, pre, h1, h2, h3, h4, h5, h6, blockquote";

const element = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement);

export function caretOf(root, range) {
  return [spotOf(root, range.startContainer, range.startOffset), spotOf(root, range.endContainer, range.endOffset)];
}

function spotOf(root, node, offset) {
  const found = element(node).closest(BLOCKS);
  const block = found && root.contains(found) ? found : root;
  const before = document.createRange();
  before.setStart(block, 0);
  before.setEnd(node, offset);
  const way = [];
  for (let at = block; at !== root; at = at.parentElement) way.unshift([...at.parentElement.children].indexOf(at));
  return { way, chars: before.toString().length };
}

/** Null where the text is another one by now. */
export function rangeAt(root, [start, end]) {
  const range = document.createRange();
  const [from, to] = [start, end].map((spot) => pointAt(root, spot));
  if (!from || !to) return null;
  range.setStart(...from);
  range.setEnd(...to);
  return range;
}

function pointAt(root, { way, chars }) {
  const block = way.reduce((at, place) => at?.children[place], root);
  if (!block) return null;
  const texts = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  let left = chars;
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    if (left <= text.length) return [text, left];
    left -= text.length;
  }
  return left ? null : [block, 0];
}
