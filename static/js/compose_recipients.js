// Recipients as chips: typed, pasted, edited, moved between fields, removed.  The field itself
// stays in the form and says the same in text.

import { clearBeside } from "./compose_errors.js";
import { expand } from "./people_known.js";
import { installSuggestions } from "./people_suggest.js";
import { chipOf, installDrop, leadToLast } from "./recipient_chips.js";
import { installMarks } from "./recipient_marks.js";
import { addrSpecOf, isWhole, split, spread } from "./recipient_text.js";

export function installRecipients(form, draft) {
  const look = installMarks(form, draft);
  for (const tokens of form.querySelectorAll("[data-recipients]")) install(tokens, draft, look, form);
  look();
}

function install(tokens, draft, look, form) {
  const field = tokens.querySelector("input");
  const entry = entryFor(field);
  const hadFocus = document.activeElement === field; // where it has none yet, the copy's autofocus will do
  field.hidden = true;
  tokens.append(entry);
  const write = () => {
    const texts = [...tokens.children].map((each) => each.dataset.address ?? (each === entry ? entry.value.trim() : ""));
    field.value = texts.filter(Boolean).join(", ");
    leadToLast(tokens);
  };
  const changed = () => (write(), clearBeside(tokens.closest(".line")), draft.changed(), look());
  const add = (addresses) => {
    for (const address of addresses) entry.before(chipOf(address, tokens, { changed, edit }));
    if (addresses.length) changed();
  };
  const take = (text, cut = split) => {
    entry.value = "";
    hide();
    add(cut(text).flatMap(expand));
    tokens.append(entry); // back from where a chip was edited
  };
  const edit = (chip) => {
    take(entry.value);
    chip.replaceWith(entry);
    entry.value = chip.dataset.address;
    entry.focus();
    entry.select();
    changed();
  };
  draft.syncs.push(write);
  for (const address of split(field.value)) entry.before(chipOf(address, tokens, { changed, edit }));
  leadToLast(tokens);
  const others = () => [...form.querySelectorAll("[data-recipients] .chip")].map((chip) => addrSpecOf(chip.dataset.address));
  const choose = (texts) => (take(texts.join(", ")), entry.focus());
  entry.addEventListener("input", () => /[,;\n]$/.test(entry.value) && isWhole(entry.value) && (take(entry.value), entry.focus()));
  const hide = installSuggestions(entry, tokens.closest(".line"), form.dataset.peopleUrl, { piece: () => entry.value, taken: () => new Set(others()), choose });
  entry.addEventListener("blur", () => take(entry.value));
  entry.addEventListener("paste", (event) => onPaste(event, entry, take));
  tokens.addEventListener("keydown", (event) => onKey(event, tokens, entry, take));
  tokens.addEventListener("copy", onCopy);
  tokens.addEventListener("cut", (event) => onCopy(event)?.querySelector(".x").click());
  tokens.addEventListener("click", (event) => event.target === tokens && entry.focus());
  installDrop(tokens, entry, add);
  if (hadFocus) entry.focus();
}

function entryFor(field) {
  const entry = field.cloneNode();
  entry.removeAttribute("name");
  entry.removeAttribute("list");
  entry.value = "";
  for (const name of ["id", "autofocus", "list"]) field.removeAttribute(name);
  return entry;
}

/** A field takes no line ends or tabs, and would lose where one person ends. */
function onPaste(event, entry, take) {
  const text = event.clipboardData.getData("text");
  if (!/[,;\n\t@]/.test(text)) return;
  event.preventDefault();
  const { value, selectionStart, selectionEnd } = entry;
  take(`${value.slice(0, selectionStart)}${text}${value.slice(selectionEnd)}`, spread);
  entry.focus();
}

function onCopy(event) {
  const chip = event.target.closest?.(".chip");
  if (!chip) return null;
  event.preventDefault();
  event.clipboardData.setData("text/plain", chip.dataset.address);
  return chip;
}

function onKey(event, tokens, entry, take) {
  if (event.defaultPrevented) return; // a suggestion was taken, or the list closed
  const chip = event.target.closest(".chip");
  const isPlain = !event.ctrlKey && !event.metaKey;
  if (event.target === entry && event.key === "Enter" && isPlain) {
    event.preventDefault();
    take(entry.value);
    entry.focus();
  } else if (event.target === entry && event.key === "Backspace" && !entry.value) {
    entry.previousElementSibling?.querySelector?.(".name")?.focus();
  } else if (chip && ["Backspace", "Delete"].includes(event.key)) {
    event.preventDefault();
    chip.querySelector(".x").click();
  } else if (chip && ["Home", "End"].includes(event.key)) {
    event.preventDefault();
    (event.key === "End" ? entry : tokens.querySelector(".chip .name")).focus();
  } else if (chip && ["ArrowLeft", "ArrowRight"].includes(event.key)) {
    step(tokens, chip, event.key === "ArrowRight" ? 1 : -1, entry);
  } else if (event.target === entry && event.key === "ArrowLeft" && entry.selectionEnd === 0) {
    entry.previousElementSibling?.querySelector?.(".name")?.focus();
  }
}

function step(tokens, chip, by, entry) {
  const chips = [...tokens.querySelectorAll(".chip")];
  const next = chips[chips.indexOf(chip) + (getComputedStyle(tokens).direction === "rtl" ? -by : by)];
  (next?.querySelector(".name") ?? (by > 0 ? entry : chip.querySelector(".name"))).focus();
}

export function revealLine(button) {
  const form = button.closest("form");
  const line = form.querySelector(`[data-line="${button.dataset.revealLine}"]`);
  line.classList.remove("is-empty");
  button.hidden = true;
  line.querySelector("input:not([hidden])").focus();
}
