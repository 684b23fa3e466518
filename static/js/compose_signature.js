// Another signature, in place: what was typed stays, also where it was typed into the old one.
// Plain text finds the old one by its words, the editor by its class (signature_block.py).

const MARK = "div.signature";

export function installSignature(form, draft, format) {
  const select = form.querySelector("[data-signature]");
  if (!select) return;
  const signed = form.elements.namedItem("signed");
  const chosen = () => select.selectedOptions[0];
  const swap = () => {
    const old = [...select.options].find((each) => each.value && each.value === signed.value);
    const next = select.value ? chosen() : undefined;
    if (format.rich) format.editor.change((root) => swapBlock(root, old, next, format.editor.clean));
    else swapText(form.querySelector("[data-text]"), old, next);
    signed.value = select.value;
    draft.changed();
  };
  select.addEventListener("change", swap);
  form.elements.namedItem("identity").addEventListener?.("change", (event) => {
    const identity = event.target.value.split("/")[0];
    const usual = [...select.options].find((each) => each.dataset.identity === identity && "usual" in each.dataset);
    // A signature that its writer chose, or dropped, is left alone.
    if (!usual || !("usual" in chosen().dataset) || usual === chosen()) return;
    select.value = usual.value;
    swap();
  });
}

/** Lines of plain text from..to that are the signature: for the editor to mark. */
export function signatureLines(form, text) {
  const select = form.querySelector("[data-signature]");
  const option = [...(select?.options ?? [])].find((each) => each.value && each.value === form.elements.namedItem("signed").value);
  const found = option && find(text, option);
  if (!found) return null;
  const before = text.slice(0, found.block).split("\n").length - 1;
  return [before, before + text.slice(found.block, found.end).split("\n").length];
}

// -- plain text -----------------------------------------------------------------------------------

function find(text, option) {
  const words = [option.dataset.words, option.dataset.shown].filter(Boolean).map((each) => each.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const all = [...text.matchAll(new RegExp(`(?<gap>^|\\n\\n?)(?<dashes>-- \\n)?(?<words>${words})(?=\\n|$)`, "g"))];
  const match = "below" in option.dataset ? all.at(-1) : all[0];
  if (!match) return null;
  const end = match.index + match[0].length;
  return { start: match.index, block: match.index + match.groups.gap.length, words: end - match.groups.words.length, end };
}

function swapText(area, old, next) {
  const text = area.value;
  const found = old && find(text, old);
  if (found && next && "below" in old.dataset === "below" in next.dataset) {
    return area.setRangeText(next.dataset.words, found.words, found.end, "preserve");
  }
  if (found) area.setRangeText("", found.start, found.end + (text.slice(found.end) === "\n" ? 1 : 0), "preserve");
  if (next) putText(area, next);
  return undefined;
}

function putText(area, next) {
  const text = area.value;
  const start = "below" in next.dataset ? text.length : quoteStart(text);
  const above = text.slice(0, start);
  const gap = "\n".repeat(Math.max(2 - (above.length - above.replace(/\n+$/, "").length), 0));
  const block = start === text.length ? `-- \n${next.dataset.words}\n` : `${next.dataset.words}\n\n`;
  area.setRangeText(gap + block, start, start, "preserve");
}

function quoteStart(text) {
  const found = /^(?:[^\n>][^\n]*:[ \t]*\n(?=>)|>|-{10} Forwarded message)/m.exec(text);
  return found ? found.index : text.length;
}

// -- the editor -----------------------------------------------------------------------------------

const said = (element) => element.textContent.replace(/^\s*--\s/, "").replace(/\s+/g, "");

function swapBlock(root, old, next, clean) {
  const block = root.querySelector(MARK);
  const inner = next && clean(next.dataset.markup);
  const isOwn = block && old && said(block) === said(clean(old.dataset.markup));
  if (block && !isOwn) block.removeAttribute("class");
  if (isOwn && next && "below" in old.dataset === "below" in next.dataset) {
    const dashes = /^\s*--\s*$/.test(block.firstElementChild?.textContent ?? "") ? [block.firstElementChild] : [];
    return block.replaceChildren(...dashes, inner);
  }
  if (isOwn) block.remove();
  if (next) putBlock(root, inner, "below" in next.dataset ? null : quoteIn(root));
  return undefined;
}

function putBlock(root, inner, before) {
  const block = document.createElement("div");
  block.className = "signature";
  const dashes = Object.assign(document.createElement("div"), { textContent: "--\u00a0" });
  block.append(...(before ? [] : [dashes]), inner);
  root.insertBefore(block, before);
}

function quoteIn(root) {
  const found = [...root.children].find((each) => each.matches("blockquote") || each.textContent.startsWith("---------- Forwarded message"));
  const above = found?.matches("blockquote") && found.previousElementSibling;
  return above && /:\s*$/.test(above.textContent) && !above.matches(MARK) ? above : (found ?? null);
}
