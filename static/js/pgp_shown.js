// What was decrypted or signed, put into a frame of its own: cleaned, without styles, without
// scripts, and under a policy of the server's that lets it fetch nothing at all (T91).

import { disarmed } from "./compose_inert.js";
import { contentOf, filenameOf, textOf } from "./pgp_mime.js";
import { purify } from "./purifier.js";

const RULES = {
  ALLOWED_TAGS: "a abbr b blockquote br caption code dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins li ol p pre q s small span strong sub sup table tbody td tfoot th thead tr u ul".split(" "),
  ALLOWED_ATTR: ["href", "src", "alt", "dir", "lang", "colspan", "rowspan", "start", "width", "height"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|cid:|data:image\/(?:png|jpeg|gif|webp);base64,)/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const MOST_PICTURE_CHARACTERS = 8_000_000;

/** The parts to show, plain text preferred, and the rest, which are files. */
export function chosen(root) {
  const found = { texts: [], htmls: [], files: [], related: [] };
  walk(root, found);
  return found;
}

function walk(part, found, isFirst = true) {
  const isFile = part.disposition === "attachment" || (part.type.startsWith("text/") && Boolean(part.dispositionParams.filename));
  if (part.type === "multipart/alternative") {
    const plain = part.parts.find((each) => each.type === "text/plain" && textOf(each).trim());
    return walk(plain ?? part.parts.at(-1) ?? { ...part, type: "text/plain" }, found, isFirst);
  }
  if (part.type === "multipart/related") {
    found.related.push(...part.parts.slice(1));
    return part.parts[0] && walk(part.parts[0], found, isFirst);
  }
  if (part.type.startsWith("multipart/")) return part.parts.forEach((each, at) => walk(each, found, isFirst && !at));
  if (!isFile && part.type === "text/plain") return found.texts.push(part);
  if (!isFile && part.type === "text/html" && isFirst) return found.htmls.push(part);
  found.files.push(part);
}

/** A document fragment for the frame, made of text or of cleaned HTML. */
export function fragmentOf(found) {
  const fragment = document.createDocumentFragment();
  for (const part of found.htmls) fragment.append(cleaned(textOf(part), found.related));
  for (const part of found.texts) fragment.append(lines(textOf(part)));
  return fragment;
}

export function lines(text) {
  const block = document.createElement("div");
  const each = text.replace(/\n+$/, "").split("\n");
  each.forEach((line, at) => block.append(...(at ? [document.createElement("br")] : []), line));
  return block;
}

function cleaned(html, related) {
  const inert = purify.sanitize(disarmed(html), RULES);
  for (const link of inert.querySelectorAll("a[href]")) {
    if (!/^(?:https?|mailto):/i.test(link.getAttribute("href"))) link.removeAttribute("href");
    link.setAttribute("target", "_blank");
    link.setAttribute("rel", "noopener noreferrer");
  }
  for (const picture of inert.querySelectorAll("img")) place(picture, related);
  return inert;
}

/** Pictures of the message itself become part of the page; of others only the place is left. */
function place(picture, related) {
  const source = picture.getAttribute("src") ?? "";
  if (/^data:/i.test(source)) return;
  picture.removeAttribute("src");
  const id = /^cid:(.+)$/i.exec(source)?.[1];
  const part = id && related.find((each) => each.first("content-id").replace(/[<>\s]/g, "") === id);
  if (!part || !PICTURES.includes(part.type) || part.encoding !== "base64" || part.content.length > MOST_PICTURE_CHARACTERS) return;
  picture.setAttribute("src", `data:${part.type};base64,${part.content.replace(/[^A-Za-z0-9+/=]/g, "")}`);
}

/** Shows it below the card; answers with the frame. */
export async function show(fragment, { page, title, after }) {
  const frame = document.createElement("iframe");
  frame.className = "mail is-simple";
  frame.dataset.frame = "";
  frame.title = title;
  frame.setAttribute("sandbox", "allow-same-origin allow-popups allow-popups-to-escape-sandbox");
  frame.referrerPolicy = "no-referrer";
  frame.src = page;
  const loaded = new Promise((done) => frame.addEventListener("load", done, { once: true }));
  after.after(frame);
  await loaded;
  frame.contentDocument.body.replaceChildren(frame.contentDocument.importNode(fragment, true));
  return frame;
}

/** Files as links to what is in memory: saved, never opened in the page. */
export function fileList(files) {
  const list = document.createElement("ul");
  list.className = "pgp-files";
  for (const part of files) {
    const name = filenameOf(part);
    const link = Object.assign(document.createElement("a"), { textContent: name, download: name });
    link.href = URL.createObjectURL(new Blob([contentOf(part)], { type: "application/octet-stream" }));
    list.append(Object.assign(document.createElement("li"), {}));
    list.lastChild.append(link);
  }
  return list;
}
