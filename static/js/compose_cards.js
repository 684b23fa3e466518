// Cards of files, cloned from the page's template.

import { icon } from "./icon.js";

const ICONS = { image: "image", pdf: "file-text", sheet: "file-spreadsheet", text: "file-text", audio: "music", video: "film", archive: "file-archive", message: "mail" };

/** The server's list in place of ours; what is still on its way stays behind it. */
export function draw(list, files) {
  const waiting = [...list.querySelectorAll(".is-waiting, .is-failed")];
  list.replaceChildren(...files.map(drawn), ...waiting);
  list.hidden = !list.children.length;
}

function drawn(file) {
  const card = cardOf(file.name, file.kind);
  card.dataset.file = file.key;
  card.querySelector("progress").remove();
  card.querySelector(".meta").textContent = file.meta;
  const button = card.querySelector("button");
  button.dataset.removeFile = file.remove;
  label(button, `Remove ${file.name}`);
  return card;
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
