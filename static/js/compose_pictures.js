// Pictures in the text: pasted, dropped or picked, shown at once and uploaded beside.

import { edit } from "./compose_picture.js";
import { pictureUrls } from "./compose_inert.js";
import { upload } from "./compose_upload.js";

const KINDS = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const isPicture = (file) => KINDS.includes(file.type);
const DATA = /^data:(image\/(?:png|jpeg|gif|webp));base64,([a-z0-9+/=\s]+)$/i;

export function installPictures(form, draft, list, state) {
  const context = { form, draft, list, state, host: form.querySelector("[data-editor]") };
  const input = form.querySelector("[data-picture-input]");
  form.querySelector("[data-picture-act]").addEventListener("click", () => edit(context) || input.click());
  input.addEventListener("change", () => (put(context, [...input.files]), (input.value = "")));
  // Before the editor, which would rather have the HTML of a copied picture: its remote address.
  context.host.addEventListener("paste", (event) => takePaste(context, event), { capture: true });
  context.host.addEventListener("click", ({ target }) => target.localName === "img" && edit(context, target));
  state.changed = () => takeInlined(context);
  context.stored = { ...pictureUrls(context.host) };
  draft.listeners.push(({ pictures }) => pictures && (know(context, pictures), Object.assign(context.stored, pictures)));
  return context;
}

/** Puts those that are pictures into the text; answers with the other files. */
export function put(context, files) {
  if (!context.state.rich) return files;
  for (const file of files.filter(isPicture)) putOne(context, file);
  return files.filter((file) => !isPicture(file));
}

function putOne(context, file, shown = null) {
  const { form, draft, list, state, host } = context;
  const name = [...crypto.getRandomValues(new Uint8Array(16))].map((octet) => octet.toString(16).padStart(2, "0")).join("");
  const cid = `${name}@${form.dataset.pictureDomain}`;
  const url = URL.createObjectURL(file);
  know(context, { [cid]: url });
  const alt = /^(image|picture|screenshot)?\.\w+$/i.test(file.name) ? "" : file.name.replace(/\.\w+$/, "");
  if (shown) Object.assign(shown, { src: url }).dataset.cid = cid;
  else state.editor.putPicture({ url, cid, alt });
  upload(form, draft, list, file, { picture: name, failed: () => takeOut(host, cid) });
  draft.changed();
}

function takeOut(host, cid) {
  for (const picture of pictures(host)) if (picture.dataset.cid === cid) picture.remove();
}

const pictures = (host) => [...host.querySelectorAll("img[data-cid]")];

/** Where each is: this window's own copy stays as long as the window. */
function know({ host }, more) {
  const known = pictureUrls(host);
  for (const [cid, url] of Object.entries(more)) known[cid] ??= url;
}

function takePaste(context, event) {
  const { files, types } = event.clipboardData ?? {};
  const found = [...(files ?? [])].filter(isPicture);
  if (!found.length || !context.state.rich) return;
  if (types.includes("text/html") && hasWords(event.clipboardData.getData("text/html"))) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  put(context, found);
}

/** Whether there is more to what is pasted than pictures; it is not even parsed for that. */
function hasWords(html) {
  return html.replace(/<!--[^]*?-->|<(style|script|title)\b[^]*?<\/\1>|<[^>]*>|&nbsp;/gi, "").trim() !== "";
}

/** Pictures that pasted HTML brings within itself become parts too: many programs hide them otherwise. */
function takeInlined(context) {
  for (const picture of context.host.querySelectorAll('img[src^="data:"]')) {
    const [, type, content] = DATA.exec(picture.getAttribute("src")) ?? [];
    if (!type) continue;
    const octets = Uint8Array.from(atob(content.replace(/\s/g, "")), (each) => each.charCodeAt(0));
    putOne(context, new File([octets], `picture.${type.slice(6).replace("jpeg", "jpg")}`, { type }), picture);
  }
}

/** A file let go over the text belongs where the pointer is. */
export function placeCaret(context, { clientX, clientY, target }) {
  if (!context.state.rich || !context.host.contains(target)) return false;
  const place = document.caretPositionFromPoint?.(clientX, clientY);
  const range = place ? document.createRange() : document.caretRangeFromPoint?.(clientX, clientY);
  if (place) range.setStart(place.offsetNode, place.offset);
  if (range && context.host.contains(range.startContainer)) context.state.editor.select(range);
  return true;
}
