// Fetches a part of a page and puts it in place with htmx, under Trusted Types.
// One policy, "app", is the only door from text to elements, and it takes no scripts.

import htmx from "htmx.org/dist/htmx.esm.js";

const SLOW_MS = 100;
const rules = {
  createHTML(text) {
    if (/<script[\s>/]/i.test(text)) throw new TypeError("A part of a page carries no scripts.");
    return text;
  },
  createScriptURL(address) {
    if (address !== "/service-worker.js") throw new TypeError("No other script is run by its address.");
    return address;
  },
};
const policy = globalThis.trustedTypes?.createPolicy("app", rules) ?? rules;

/** The one script that is named by its address: the service worker. */
export const scriptAddress = (address) => policy.createScriptURL(address);

/** Stands in for Function: attributes of a page are never compiled to code. */
function refuse() {
  throw new EvalError("Hearth compiles no code from a page.");
}

let writing = 0;

/** Whether something that changes mail is on its way: what the server says now is about to be old. */
export const isWriting = () => writing > 0;

export class PartError extends Error {
  constructor(status, text) {
    super(`The server answered ${status}.`);
    this.status = status;
    this.text = text;
  }
}

export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

/** The HTML of a part; a page instead of a part (signed out, say) is gone to as a whole, unless
 * nobody asked for it (`quiet`).  `ahead`: nobody reads it yet. */
export async function fetchPart(url, { method = "GET", body, signal, quiet = false, ahead = false } = {}) {
  const headers = { "HX-Request": "true", "HX-Current-URL": location.href, Accept: "text/html" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (ahead) headers["X-Hearth-Ahead"] = "1";
  writing += method !== "GET";
  let response, text;
  try {
    response = await fetch(url, { method, body, signal, headers, credentials: "same-origin" });
    text = await response.text();
  } finally {
    writing -= method !== "GET";
  }
  if (quiet && (isPage(text) || response.headers.has("HX-Redirect"))) throw new PartError(response.status, "");
  if (response.headers.has("HX-Redirect")) {
    location.assign(response.headers.get("HX-Redirect"));
    return new Promise(() => {});
  }
  if (isPage(text) && response.ok) {
    location.assign(response.redirected || method !== "GET" ? response.url : url);
    return new Promise(() => {});
  }
  if (!response.ok) throw new PartError(response.status, isPage(text) ? "" : text);
  return text;
}

function isPage(text) {
  return /^\s*<!doctype/i.test(text);
}

/** Replaces `target` with the part; elements marked hx-swap-oob go to their own places. */
export async function swapPart(text, target, swap = "outerHTML") {
  await htmx.swap({ text, target, swap, sourceElement: document.body });
  document.dispatchEvent(new CustomEvent("part:swapped"));
}

/** The elements of a part, not yet in the page. */
export function parsePart(text) {
  return new DOMParser().parseFromString(policy.createHTML(text), "text/html").body;
}

/** Shows the loading line while `work` takes longer than a blink. */
export async function whileLoading(work) {
  const root = document.documentElement;
  const timer = setTimeout(() => root.classList.add("is-loading"), SLOW_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    root.classList.remove("is-loading");
  }
}

export function install() {
  // No prefix: a data-hx- attribute would survive in a mail's text, a bare hx- one does not.
  Object.assign(htmx.config, { prefix: "", history: false, includeIndicatorCSS: false, defaultTimeout: 30000 });
  htmx.registerExtension("app-policy", { init: (api) => api.initSecurity(policy, refuse, refuse) });
  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    if (ctx.request.method !== "GET") ctx.request.headers["X-CSRFToken"] = csrfToken();
  });
  document.addEventListener("htmx:after:swap", () => document.dispatchEvent(new CustomEvent("part:swapped")));
}
