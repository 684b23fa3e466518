// Cards of files, cloned from the page's template.

import { icon } from "./icon.js";

const ICONS = { image: "image", pdf: "file-text", sheet: "file-spreadsheet", text: "file-text", audio: "music", video: "film", archive: "file-archive", message: "mail" };

/** The server's list in place of ours; what is still on its way stays behind it. */
export function draw(list, files) {
  const waiting = [...list.querySelectorAll(".is-waiting, .is-failed, .is-missing")];
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  list.replaceChildren(...files.map(drawn), ...waiting);
  list.hidden = !list.children.length;
  if (focused) focusSame(list, focused);
}

/** Who stands on a card stands on its likeness afterwards. */
function focusSame(list, focused) {
  const buttons = [...list.querySelectorAll("button")];
  const same = focused.isConnected ? focused : buttons.find((each) => each.getAttribute("aria-label") === focused.getAttribute("aria-label"));
  focusFirst([same, ...buttons, ...attachers(list)]);
}

/** Before a card goes: whoever stands on it goes to the next, or to where files are attached. */
export function leave(card) {
  if (!card.contains(document.activeElement)) return;
  const cards = [...card.parentElement.children].filter((each) => !each.hidden);
  const at = cards.indexOf(card);
  const next = cards[at + 1] ?? cards[at - 1];
  focusFirst([...(next?.querySelectorAll("button") ?? []), ...attachers(card)]);
}

const attachers = (inside) => inside.closest("form").querySelectorAll("[data-pick-files]");
const focusFirst = (places) => places.find((each) => each?.checkVisibility() && !each.disabled)?.focus();

function drawn(file) {
  const card = cardOf(file.name, file.kind);
  card.dataset.file = file.key;
  card.querySelector("progress").remove();
  card.querySelector(".meta").textContent = file.meta;
  const button = card.querySelector("button");
  button.dataset.removeFile = file.remove;
  label(button, `Remove ${file.name}`);
  if (file.in_text) button.replaceWith(Object.assign(document.createElement("span"), { className: "meta", textContent: "In the text" }));
  card.append(...file.offers.map((offer) => drawnOffer(file, offer)));
  return card;
}

/** A question about a photo, with its answers. */
function drawnOffer({ name, photo }, { text, choices }) {
  const line = Object.assign(document.createElement("p"), { className: "offer" });
  line.append(Object.assign(document.createElement("span"), { textContent: text }));
  for (const [value, words] of choices) {
    const button = Object.assign(document.createElement("button"), { type: "submit", className: "btn", name: "photo", value, textContent: words });
    button.formAction = photo;
    button.dataset.photo = "";
    button.setAttribute("aria-label", `${words}: ${name}`);
    line.append(button);
  }
  return line;
}

export function cardOf(name, kind = "file") {
  const card = document.querySelector("[data-file-card]").content.firstElementChild.cloneNode(true);
  card.querySelector(".name").textContent = name;
  card.querySelector(".kind").dataset.kind = kind;
  card.querySelector(".kind").replaceChildren(icon(ICONS[kind] ?? "file"));
  return card;
}

export function label(button, text) {
  button.setAttribute("aria-label", text);
  button.title = text;
}

/** As the server says it: KB and MB with at most one decimal. */
export function sizeText(bytes) {
  if (bytes < 1000 * 1024) return `${Math.max(Math.round(bytes / 1024), 1)} KB`;
  return `${(bytes / 1024 ** 2).toFixed(1).replace(/\.0$/, "")} MB`;
}
