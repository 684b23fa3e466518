// A compose window as the server draws it, and what it has to say.

import { csrfToken, parsePart, whileLoading } from "./part.js";

export async function answerOf(url, { method = "GET", body } = {}) {
  const headers = { "HX-Request": "true", "HX-Current-URL": location.href, Accept: "text/html" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  const response = await whileLoading(fetch(url, { method, body, headers, credentials: "same-origin" }));
  const text = await response.text();
  if (!response.ok || /^\s*<!doctype/i.test(text)) return { url: response.url, failed: !response.ok };
  return answerFrom(text, response.url);
}

export async function answerFrom(text, url) {
  const part = parsePart(text);
  await styled(part.querySelector('link[rel="stylesheet"]'));
  const section = part.querySelector("[data-docked]");
  const notices = part.querySelector("#notices");
  return {
    url,
    section: section && document.importNode(section, true),
    notices: [...(notices?.children ?? [])].map((each) => document.importNode(each, true)),
  };
}

/** Pages that read mail come without the styles of what writes it; a window waits for them. */
function styled(link) {
  if (!link || document.querySelector(`link[rel="stylesheet"][href="${CSS.escape(link.getAttribute("href"))}"]`)) return null;
  const sheet = document.importNode(link, true);
  const loaded = new Promise((done) => ["load", "error"].forEach((event) => sheet.addEventListener(event, done)));
  document.head.append(sheet);
  return loaded;
}
