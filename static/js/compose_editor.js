// The rich editor: Squire, with DOMPurify at each door that HTML comes in by (T11).

import { purify } from "./purifier.js";
import Squire from "squire-rte/dist/squire-raw.mjs";
import { pictureSelected, putPicture } from "./compose_figure.js";
import { installLists } from "./compose_lists.js";
import { installMarkdown } from "./compose_markdown.js";
import { asPosted, disarmed, dress, isColoured, named, pictureUrls, placePictures } from "./compose_inert.js";
import { OF_TABLES, simplifyTables, unstyled } from "./compose_tables.js";

// No addresses: the rule for those would drop a plain "2" or "right".
const PLAIN = ["alt", "width", "height", "dir", "lang", "data-look", "color", "size", "colspan", "rowspan", "start", "type", "class", ...OF_TABLES];
const ALLOWED = {
  ALLOWED_TAGS: "a abbr b blockquote br code div em font h1 h2 h3 h4 h5 h6 hr i img li ol p pre s span strong sub sup table tbody td th thead tr u ul".split(" "),
  ALLOWED_ATTR: ["href", "src", ...PLAIN],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|cid:|data:image\/(?:png|jpeg|gif|webp);)/i,
  ADD_URI_SAFE_ATTR: PLAIN,
  ALLOW_DATA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};
// The editor's own undo steps mark the selection with two hidden inputs.
const STEP = { ...ALLOWED, ALLOWED_TAGS: [...ALLOWED.ALLOWED_TAGS, "input"], ALLOWED_ATTR: [...ALLOWED.ALLOWED_ATTR, "id"] };

function fragment(html, pictures, rules = ALLOWED) {
  const inert = purify.sanitize(disarmed(named(unstyled(html), pictures)), rules);
  placePictures(inert, pictures);
  simplifyTables(inert, html);
  for (const named of inert.querySelectorAll("[class]")) {
    if (named.className !== "signature" || named.localName !== "div") named.removeAttribute("class");
  }
  const clean = document.importNode(inert, true);
  dress(clean);
  return clean;
}

class Editor extends Squire {
  constructor(...facts) {
    super(...facts);
    this._imageResizer.destroy(); // its handles have inline styles, which our policy forbids
  }

  get pictures() {
    return pictureUrls(this.getRoot());
  }

  _getRawHTML() {
    const root = this._root;
    this._root = asPosted(root);
    try {
      return super._getRawHTML();
    } finally {
      this._root = root;
    }
  }

  /** Squire writes its undo steps as text; here they come in as elements. */
  _setRawHTML(html) {
    const root = this.getRoot();
    root.replaceChildren(fragment(html, this.pictures, STEP));
    if (!root.firstElementChild) root.replaceChildren(this.createDefaultBlock());
    this._ignoreChange = true;
    return this;
  }

  /** Each line of plain text becomes a block of its own, those of the signature in one more;
   * nobody has typed anything yet. */
  setLines(lines, signature) {
    const blocks = lines.map((line) => this.createDefaultBlock([line ? document.createTextNode(line) : document.createElement("br")]));
    this.setHTML("");
    this._ignoreChange = true;
    this.getRoot().replaceChildren(...blocks);
    if (signature) enclose(blocks.slice(...signature));
    this.moveCursorToStart();
  }
}

function enclose(blocks) {
  const block = Object.assign(document.createElement("div"), { className: "signature" });
  blocks[0].before(block);
  block.append(...blocks);
}

const ACTS = {
  bold: { on: "bold", off: "removeBold", tag: "B" },
  italic: { on: "italic", off: "removeItalic", tag: "I" },
  underline: { on: "underline", off: "removeUnderline", tag: "U" },
  list: { on: "makeUnorderedList", off: "removeList", tag: "UL" },
  numbers: { on: "makeOrderedList", off: "removeList", tag: "OL" },
  quote: { on: "increaseQuoteLevel", off: "decreaseQuoteLevel", tag: "BLOCKQUOTE" },
  link: { off: "removeLink", tag: "A" },
  clear: { on: "removeAllFormatting" },
};

export function createEditor(host, { changed, moved, link }) {
  host.contentEditable = "true";
  host.tabIndex = 0;
  const squire = new Editor(host, { sanitizeToDOMFragment: (html, editor) => fragment(html, editor.pictures), addLinks: true, blockTag: "DIV" });
  squire.addEventListener("input", changed);
  installMarkdown(host, squire);
  installLists(squire);
  squire.addEventListener("pathChange", moved);
  squire.addEventListener("select", moved);
  for (const key of ["Ctrl-k", "Meta-k"]) squire.setKeyHandler(key, (_, event) => (event.preventDefault(), link()));
  const has = (name) => Boolean(ACTS[name]?.tag) && (squire.hasFormat(ACTS[name].tag) || insideOf(squire, ACTS[name].tag));
  return {
    has,
    html: () => squire.getHTML(),
    text: () => host.innerText.replace(/\u00a0/g, " ").replace(/\n{3,}/g, "\n\n"),
    setHtml: (html) => (squire.setHTML(html), host.classList.toggle("is-paper", isColoured(host))),
    setText: (text, signature) => squire.setLines(text.split("\n"), signature),
    clean: (html) => fragment(html, squire.pictures),
    change: (act) => (squire.saveUndoState(), squire.modifyDocument(() => act(host))),
    makeLink: (url) => makeLink(squire, url),
    act: (name) => perform(squire, name, has),
    focus: () => squire.focus(),
    select: (range) => squire.setSelection(range),
    selection: () => squire.getSelection(),
    putPicture: (facts) => putPicture(squire, facts),
    pictureSelected: () => pictureSelected(squire),
  };
}

function perform(squire, name, has) {
  const { on, off } = ACTS[name === "unlink" ? "link" : name];
  const method = name === "unlink" || (off && has(name)) ? off : on;
  squire[method]();
  squire.focus();
}

/** What is typed after a new link stands behind it. */
function makeLink(squire, url) {
  const wasEmpty = squire.getSelection().collapsed;
  squire.makeLink(url);
  if (!wasEmpty) return;
  const range = squire.getSelection();
  range.collapse(false);
  squire.setSelection(range);
}

function insideOf(squire, tag) {
  const { startContainer } = squire.getSelection();
  const element = startContainer.nodeType === Node.ELEMENT_NODE ? startContainer : startContainer.parentElement;
  const found = element?.closest(tag);
  return Boolean(found && found !== squire.getRoot() && squire.getRoot().contains(found));
}
