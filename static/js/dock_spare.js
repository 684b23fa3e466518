// Empty compose windows laid by while there is a line, for whoever wants to write without one.
// Each carries a draft's name that the server signed, so what is written in it is stored under
// that name once the line is back; until then it is on this browser's disk (compose_keep.js).

import { answerFrom, answerOf } from "./dock_fetch.js";

const KEPT = "spares";
const MOST = 2;
const SOON_MS = 5000;
const NEW = "/compose/";

const owner = () => document.getElementById("docks").dataset.user;
const version = () => document.querySelector('script[type="module"]').src; // a window fits its scripts

function spares() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  return kept.owner === owner() && kept.version === version() ? kept.texts : [];
}

function keep(texts) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ owner: owner(), version: version(), texts }));
  } catch {
    // full: then there is none to be had without a line
  }
}

async function layBy() {
  if (navigator.connection?.saveData) return;
  try {
    await Promise.all([import("./compose.js"), import("./compose_editor.js")]);
    while (spares().length < MOST) {
      const response = await fetch(NEW, { headers: { "HX-Request": "true", Accept: "text/html" }, redirect: "error" });
      const text = await response.text();
      if (!response.ok || !text.includes("data-docked")) return;
      if (text.includes("data-protection=")) await import("./pgp_compose.js");
      keep([...spares(), text]);
    }
  } catch {
    // no line: another time
  }
}

/** The window at an address; null where a page of its own has to say why there is none, and
 * `said` where no page would come either. */
export async function fetchWindow(url) {
  const answer = await answerOf(url).catch(() => spareFor(url));
  return answer.section || answer.said ? answer : null;
}

/** In place of an answer that did not come: a window that was laid by, or `said`, the reason for none. */
async function spareFor(address) {
  const url = new URL(address, location.href);
  const to = url.searchParams.get("to");
  const isNew = url.pathname === NEW && [...url.searchParams].length === (to ? 1 : 0);
  if (!isNew) return { said: "There is no connection, and this needs what the server has. Only a new message can be begun without." };
  const [text, ...rest] = spares();
  if (!text) return { said: "There is no connection, and another message can only be begun with one." };
  keep(rest);
  const answer = await answerFrom(text, url.href);
  if (to) answer.section.querySelector('[name="to"]').value = to;
  return answer;
}

export function install() {
  if (!document.getElementById("docks") || document.body.dataset.screen === "compose") return;
  setTimeout(layBy, SOON_MS);
  addEventListener("online", layBy);
}
