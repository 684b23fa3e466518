// Marks of Markdown, taken as they are typed, with the space behind them: "- ", "1. " and "> " at
// the beginning of a line, **bold**, *italic* and `code`.  Undo gives back what was typed.

const BLOCKS = [
  [/^[-*]$/, "makeUnorderedList"],
  [/^1[.)]$/, "makeOrderedList"],
  [/^>$/, "increaseQuoteLevel"],
];
const SPANS = [
  [/(?:^|\s)(\*\*)([^*\s](?:[^*]*[^*\s])?)\*\*$/, "b"],
  [/(?:^|\s)(\*)([^*\s](?:[^*]*[^*\s])?)\*$/, "i"],
  [/(?:^|\s)(`)([^`]+)`$/, "code"],
];
const BLOCK_TAGS = /^(?:DIV|P)$/;

export function installMarkdown(host, squire) {
  host.addEventListener("input", (event) => {
    if (event.inputType === "insertText" && event.data === " ") take(squire);
  });
}

function take(squire) {
  const { startContainer: node, startOffset: end, collapsed } = squire.getSelection();
  if (!collapsed || node.nodeType !== Node.TEXT_NODE || node.parentElement.closest("pre, code")) return;
  const typed = node.data.slice(0, end - 1);
  const [, method] = (beginsLine(node) && BLOCKS.find(([mark]) => mark.test(typed))) || [];
  if (method) return takeBlock(squire, node, end, method);
  for (const [mark, tag] of SPANS) {
    const found = mark.exec(typed);
    if (found) return takeSpan(squire, node, typed.length, found, tag);
  }
}

const beginsLine = (node) => !node.previousSibling && BLOCK_TAGS.test(node.parentElement.nodeName);

/** The mark goes last, so that one step back is what was typed. */
function takeBlock(squire, node, end, method) {
  squire[method]();
  squire.modifyDocument(() => {
    const block = node.parentElement;
    node.deleteData(0, end);
    if (!block.textContent) block.replaceChildren(document.createElement("br"));
    put(squire, block, 0);
  });
}

function takeSpan(squire, node, end, [, mark, words], tag) {
  const made = document.createElement(tag);
  made.textContent = words;
  squire.saveUndoState();
  const rest = node.splitText(end); // begins with the space that was typed
  squire.modifyDocument(() => {
    node.deleteData(end - words.length - 2 * mark.length, words.length + 2 * mark.length);
    rest.before(made);
  });
  put(squire, rest, 1);
}

function put(squire, node, offset) {
  const range = document.createRange();
  range.setStart(node, offset);
  squire.setSelection(range);
}
