// What an action does to rows at once, before the server has answered; each answers with its undo.

import { icon } from "./icon.js";

const LEAVING = new Set(["archive", "delete", "erase", "destroy", "spam", "not_spam", "move"]);

export const takesAway = (act) => LEAVING.has(act);

/** Applies `act` to the rows and returns what puts them back as they were. */
export function apply(act, chosen) {
  if (takesAway(act)) return leave(chosen);
  const change = { seen: setSeen, unseen: setSeen, flag: setFlagged, unflag: setFlagged }[act];
  if (!change) return () => {};
  const on = act === "seen" || act === "flag";
  const before = chosen.map((row) => [row, act.endsWith("seen") ? isSeen(row) : isFlagged(row)]);
  before.forEach(([row]) => change(row, on));
  return () => before.forEach(([row, was]) => change(row, was));
}

/** A draft opens in the compose window, and only when that is asked for. */
export const isDraft = (link) => link.pathname.startsWith("/compose/");
export const isSeen = (row) => !row.classList.contains("is-unread");
export const isFlagged = (row) => Boolean(row.querySelector(".row-marks .flagged"));

export function setSeen(row, seen) {
  if (isSeen(row) === seen) return;
  row.classList.toggle("is-unread", !seen);
  const from = row.querySelector(".row-from");
  const words = [...(from?.querySelectorAll(".sr") ?? [])].find((span) => span.textContent.startsWith("Unread"));
  if (seen) words?.remove();
  else from?.prepend(hidden("Unread. "));
  matchButtons(row);
  count(seen ? -1 : 1);
}

export function setFlagged(row, flagged) {
  if (isFlagged(row) === flagged) return;
  const marks = row.querySelector(".row-marks");
  if (flagged) {
    const star = document.createElement("span");
    star.className = "flagged";
    star.append(icon("star", "i-fill"), hidden("Flagged"));
    marks?.append(star);
  } else {
    const star = marks?.querySelector(".flagged");
    if (star?.nextElementSibling?.textContent === "Flagged") star.nextElementSibling.remove();
    star?.remove();
  }
  matchButtons(row);
}

/** The row's buttons offer what can be done to it now. */
export function matchButtons(row) {
  if (isSeen(row)) relabel(row, "seen", "unseen", "Mark unread", "mail");
  else relabel(row, "unseen", "seen", "Mark read", "mail-open");
  const flagged = isFlagged(row);
  const button = flagged ? relabel(row, "flag", "unflag", "Remove flag", "star") : relabel(row, "unflag", "flag", "Flag", "star");
  button?.classList.toggle("flagged", flagged);
  button?.querySelector("svg").classList.toggle("i-fill", flagged);
}

function relabel(row, from, to, label, name) {
  const button = row.querySelector(`.row-acts [value="${from}"]`);
  if (!button) return null;
  button.value = to;
  button.setAttribute("aria-label", label);
  button.title = label;
  button.querySelector("use").setAttribute("href", `#i-${name}`);
  return button;
}

function leave(chosen) {
  const places = chosen.map((row) => ({ row, parent: row.parentElement, next: row.nextElementSibling }));
  const unread = chosen.filter((row) => !isSeen(row)).length;
  for (const row of chosen) {
    row.inert = true;
    row.classList.add("is-leaving");
  }
  const timer = setTimeout(() => chosen.forEach((row) => row.remove()), leaveMs());
  count(-unread);
  return () => {
    clearTimeout(timer);
    for (const { row, parent, next } of places.reverse()) {
      row.inert = false;
      row.classList.remove("is-leaving");
      if (!row.isConnected) parent.insertBefore(row, next?.parentElement === parent ? next : null);
    }
    count(unread);
  };
}

function leaveMs() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 160;
}

/** Adds to the unread count of the open folder, in the rail and under the title. */
function count(change) {
  const folder = document.querySelector('#folders .folder[aria-current="page"]');
  const number = folder?.querySelector(".n")?.firstChild;
  if (!change || !number) return;
  const now = Math.max(0, Number(number.textContent.replace(/\D/g, "")) + change);
  number.textContent = now ? String(now) : "";
  folder.classList.toggle("has-new", now > 0);
  const under = document.querySelector("#list .list-head .sub");
  if (/^[\d.,\s]+unread$/.test(under?.textContent ?? "")) under.textContent = now ? `${now} unread` : "";
}

function hidden(text) {
  const span = document.createElement("span");
  span.className = "sr";
  span.textContent = text;
  return span;
}
