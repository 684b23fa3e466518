// One recipient as a chip: its words, its keys, and how it is dragged to another field.

import { icon } from "./icon.js";
import { isAddress, nameOf, split } from "./recipient_text.js";

const KIND = "application/x-recipient";

/** `hear` has `changed` and `edit`. */
export function chipOf(address, tokens, hear) {
  const chip = document.querySelector("[data-chip]").content.firstElementChild.cloneNode(true);
  chip.dataset.address = address;
  chip.draggable = true;
  const remove = chip.querySelector(".x");
  remove.setAttribute("aria-label", `Remove ${nameOf(address)}`);
  remove.tabIndex = -1; // by keys: Delete on the name
  remove.addEventListener("click", () => {
    const next = chip.nextElementSibling?.querySelector?.(".name") ?? tokens.querySelector("input:not([hidden])");
    chip.remove();
    next.focus();
    hear.changed();
  });
  const name = chip.querySelector(".name");
  name.addEventListener("click", ({ detail }) => detail === 0 && hear.edit(chip)); // by Enter
  chip.addEventListener("dblclick", () => hear.edit(chip));
  chip.addEventListener("dragstart", (event) => {
    event.dataTransfer.setData(KIND, address);
    event.dataTransfer.setData("text/plain", address);
    event.dataTransfer.effectAllowed = "move";
  });
  chip.addEventListener("dragend", (event) => event.dataTransfer.dropEffect === "move" && (chip.remove(), hear.changed()));
  const isWrong = !isAddress(address);
  mark(chip, { level: isWrong ? "bad" : "", words: isWrong ? `“${address}” is not a mail address.` : "" });
  return chip;
}

/** All of a field are one stop of the Tab key; arrows lead from the last to the others. */
export function leadToLast(tokens) {
  const names = [...tokens.querySelectorAll(".chip .name")];
  names.forEach((name, at) => (name.tabIndex = at === names.length - 1 ? 0 : -1));
}

/** What is said of it: by our own eyes first, then by the server's. */
export function mark(chip, { name = nameOf(chip.dataset.address), shown = chip.dataset.address, wire = "", level, words }) {
  const text = name || shown;
  const button = chip.querySelector(".name");
  for (const each of ["bad", "caution", "twice", "new"]) chip.classList.toggle(each, each === level);
  chip.dataset.words = [words, wire && `Sent as ${wire}.`].filter(Boolean).join(" ");
  button.replaceChildren(...signOf(level), text);
  const whole = text === shown ? [text] : [text, shown];
  chip.title = [...(text === shown ? [] : [shown]), chip.dataset.words].filter(Boolean).join("\n");
  button.setAttribute("aria-label", [...whole, chip.dataset.words].filter(Boolean).join(", "));
  button.setAttribute("aria-description", "Arrows go to the others, Enter edits, Delete removes");
}

function signOf(level) {
  if (level === "new") return [icon("user-plus", "i-s")];
  return ["bad", "caution"].includes(level) ? [icon("triangle-alert", "i-s")] : [];
}

export function installDrop(tokens, entry, add) {
  const isOurs = ({ dataTransfer }) => dataTransfer.types.includes(KIND);
  tokens.addEventListener("dragover", (event) => isOurs(event) && event.preventDefault());
  tokens.addEventListener("drop", (event) => {
    if (!isOurs(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    add(split(event.dataTransfer.getData(KIND)));
  });
}
