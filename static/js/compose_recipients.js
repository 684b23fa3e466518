// Recipients as chips: typed, pasted, moved between fields, removed.  The field itself stays
// in the form and says the same in text.

const SEPARATORS = new Set([",", ";", "\n"]);

export function installRecipients(form, draft) {
  for (const tokens of form.querySelectorAll("[data-recipients]")) install(tokens, draft);
}

function install(tokens, draft) {
  const field = tokens.querySelector("input");
  const entry = field.cloneNode();
  entry.removeAttribute("name");
  const hadFocus = document.activeElement === field; // where it has none yet, the copy's autofocus will do
  field.removeAttribute("id");
  field.removeAttribute("autofocus");
  field.hidden = true;
  tokens.append(entry);
  const write = () => {
    const chips = [...tokens.querySelectorAll(".chip")].map((chip) => chip.dataset.address);
    field.value = [...chips, entry.value.trim()].filter(Boolean).join(", ");
  };
  const changed = () => (write(), draft.changed());
  const take = (text) => {
    const addresses = split(text);
    for (const address of addresses) entry.before(chipOf(address, tokens, changed));
    entry.value = "";
    if (addresses.length) changed();
  };
  draft.syncs.push(write);
  entry.value = "";
  for (const address of split(field.value)) entry.before(chipOf(address, tokens, changed));
  entry.addEventListener("input", () => SEPARATORS.has(entry.value.at(-1)) && isWhole(entry.value) && take(entry.value));
  entry.addEventListener("blur", () => take(entry.value));
  entry.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text");
    if (!/[,;\n@]/.test(text)) return;
    event.preventDefault();
    take(`${entry.value}${text}`);
  });
  tokens.addEventListener("keydown", (event) => onKey(event, tokens, entry, take));
  tokens.addEventListener("click", (event) => event.target === tokens && entry.focus());
  installDrop(tokens, entry, changed);
  if (hadFocus) entry.focus();
}

function onKey(event, tokens, entry, take) {
  const chip = event.target.closest(".chip");
  if (event.target === entry && event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    take(entry.value);
  } else if (event.target === entry && event.key === "Backspace" && !entry.value) {
    entry.previousElementSibling?.querySelector?.(".x")?.focus();
  } else if (chip && ["Backspace", "Delete"].includes(event.key)) {
    event.preventDefault();
    chip.querySelector(".x").click();
  } else if (chip && ["ArrowLeft", "ArrowRight"].includes(event.key)) {
    step(tokens, chip, event.key === "ArrowRight" ? 1 : -1, entry);
  } else if (event.target === entry && event.key === "ArrowLeft" && entry.selectionEnd === 0) {
    entry.previousElementSibling?.querySelector?.(".x")?.focus();
  }
}

function step(tokens, chip, by, entry) {
  const chips = [...tokens.querySelectorAll(".chip")];
  const next = chips[chips.indexOf(chip) + (getComputedStyle(tokens).direction === "rtl" ? -by : by)];
  (next?.querySelector(".x") ?? (by > 0 ? entry : chip.querySelector(".x"))).focus();
}

function chipOf(address, tokens, changed) {
  const chip = document.querySelector("[data-chip]").content.firstElementChild.cloneNode(true);
  const name = nameOf(address);
  chip.dataset.address = address;
  chip.draggable = true;
  chip.title = isAddress(address) ? address : `${address} is not a mail address`;
  chip.classList.toggle("bad", !isAddress(address));
  chip.querySelector(".clip").textContent = name;
  const remove = chip.querySelector(".x");
  remove.setAttribute("aria-label", `Remove ${name}${isAddress(address) ? "" : ", not a mail address"}`);
  remove.addEventListener("click", () => {
    const entry = tokens.querySelector("input:not([hidden])");
    const next = chip.nextElementSibling?.querySelector?.(".x") ?? entry;
    chip.remove();
    next.focus();
    changed();
  });
  chip.addEventListener("dragstart", (event) => {
    event.dataTransfer.setData("text/plain", address);
    event.dataTransfer.effectAllowed = "move";
  });
  chip.addEventListener("dragend", (event) => event.dataTransfer.dropEffect === "move" && (chip.remove(), changed()));
  return chip;
}

function installDrop(tokens, entry, changed) {
  tokens.addEventListener("dragover", (event) => event.dataTransfer.types.includes("text/plain") && event.preventDefault());
  tokens.addEventListener("drop", (event) => {
    const text = event.dataTransfer.getData("text/plain");
    if (!text) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    for (const address of split(text)) entry.before(chipOf(address, tokens, changed));
    changed();
  });
}

/** At commas, semicolons and lines that stand outside quotes and angle brackets. */
export function split(text) {
  const found = [];
  let piece = "";
  let closing = "";
  for (const character of text) {
    if (closing) closing = character === closing ? "" : closing;
    else if (character === '"') closing = '"';
    else if (character === "<") closing = ">";
    if (!closing && SEPARATORS.has(character)) {
      found.push(piece);
      piece = "";
    } else piece += character;
  }
  return [...found, piece].map((each) => each.trim()).filter(Boolean);
}

const isWhole = (text) => split(text).join("").length < text.trim().length;
const isAddress = (text) => /^[^\s@<>]+@[^\s@<>]+$/.test(/<([^<>]*)>\s*$/.exec(text)?.[1] ?? text);
const nameOf = (text) => text.replace(/\s*<[^<>]*>\s*$/, "").replace(/^"(.*)"$/, "$1").replace(/\\(.)/g, "$1") || text;
