// HTML on its way into the editor and out of it: what the page's policy would stop is put in by
// hand. Styles go through the CSSOM, pictures of the message (cid:) are shown from where they are.

const SHOWN = ["color", "background-color", "font-size", "text-align", "list-style-type", "font-weight", "font-style", "vertical-align", "border-collapse", "text-decoration-line"];
const TAG = /<[a-z](?:"[^"]*"|'[^']*'|[^"'>])*>/gi;
const STYLE = /"[^"]*"|'[^']*'|((?<=[\s"'])style(?=\s*=))/gi;

/** Styles under a name that no parser acts on: even an inert document complains of them. */
export function disarmed(html) {
  return html.replace(TAG, (tag) => tag.replace(STYLE, (found, name) => (name ? "data-look" : found)));
}

// Not in an attribute: whatever changes in the editor is taken for writing.
const known = new WeakMap();

/** Where each picture of the message is, by its Content-ID. */
export function pictureUrls(host) {
  if (!known.has(host)) known.set(host, JSON.parse(host.dataset.pictures || "{}"));
  return known.get(host);
}

/** A picture of the message that was cut or copied here comes back under its own name. */
export function named(html, pictures) {
  for (const [cid, url] of Object.entries(pictures)) {
    for (const each of [new URL(url, location.href).href, url]) html = html.replaceAll(`"${each}"`, `"cid:${cid}"`);
  }
  return html;
}

/** Gives pictures of the message the URL they are at; those of other hosts never stay. */
export function placePictures(inert, urls) {
  for (const picture of inert.querySelectorAll("img")) {
    const source = picture.getAttribute("src") ?? "";
    const cid = /^cid:/i.test(source) && source.slice(4);
    if (!cid && !/^data:/i.test(source)) picture.remove();
    if (!cid) continue;
    const url = urls[cid] ?? urls[decoded(cid)];
    picture.dataset.cid = cid;
    if (url) picture.setAttribute("src", url);
    else picture.removeAttribute("src");
  }
}

function decoded(cid) {
  try {
    return decodeURIComponent(cid);
  } catch {
    return cid;
  }
}

export function dress(fragment) {
  const scratch = document.createElement("i");
  for (const element of fragment.querySelectorAll("[data-look]")) {
    scratch.style.cssText = element.dataset.look;
    for (const name of SHOWN) {
      const value = scratch.style.getPropertyValue(name);
      if (value && value !== "initial") element.style.setProperty(name, value);
    }
    element.removeAttribute("data-look");
  }
}

/** A copy that loads nothing, its pictures named as the message names them. */
export function asPosted(root) {
  const copy = document.implementation.createHTMLDocument("").importNode(root, true);
  for (const picture of copy.querySelectorAll("img[data-cid]")) {
    picture.setAttribute("src", `cid:${picture.dataset.cid}`);
    picture.removeAttribute("data-cid");
  }
  return copy;
}

/** Whether the text brings colours of its own, which were chosen for white paper. */
export const isColoured = (root) => [...root.querySelectorAll("[style], font[color]")].some((each) => each.style.color || each.style.backgroundColor || each.hasAttribute("color"));
