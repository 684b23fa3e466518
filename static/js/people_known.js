// Whom the server has offered so far, for all windows of the page: an answer is narrowed at once
// while the next one is on its way, and goes on serving while there is no line.

import { fold, level, runs } from "./people_match.js";

const people = new Map(); // by address; a list of people by its name
const answered = new Map(); // what was asked, in its letters: whether the answer was all there is
const FRESH_MS = 60_000;
const SHOWN = 6;
let primed = 0;

const keyOf = ({ address, name, members }) => (members.length ? `: ${fold(name)}` : address.toLowerCase());

/** Those who fit what was typed, in the server's order, without those who are there already. */
export function fitting(typed, taken) {
  if (!typed.trim()) return [];
  return [...people.values()]
    .filter((one) => one.members.length || !taken.has(one.address.toLowerCase()))
    .map((one) => ({ one, level: level(one, typed) }))
    .filter((each) => each.level >= 0)
    .sort((a, b) => place(a.one, typed) - place(b.one, typed) || a.level - b.level || a.one.rank - b.one.rank)
    .slice(0, SHOWN)
    .map(({ one }) => one);
}

/** A list stands first where its name begins so, else below the people. */
function place({ kind, name, members }, typed) {
  if (!members.length) return kind;
  return runs(name).join(" ").startsWith(runs(typed).join(" ")) ? -1 : 0.5;
}

/** The members of a list by whose name alone somebody is written to; else the text itself. */
export const expand = (text) => people.get(`: ${fold(text.trim())}`)?.members ?? [text];

/** The most used, before the first letter. */
export function prime(url) {
  if (Date.now() - primed < FRESH_MS) return;
  primed = Date.now();
  answered.clear();
  ask(url, "").catch(() => (primed = 0));
}

/** Whether there can be somebody who is not known here yet. */
export function isAll(typed) {
  const letters = fold(typed).trim();
  for (let end = letters.length; end; end -= 1) if (answered.get(letters.slice(0, end))) return !/[@.]/.test(letters.slice(end));
  return false;
}

export async function ask(url, typed, signal) {
  const response = await fetch(`${url}?q=${encodeURIComponent(typed)}`, { signal, redirect: "manual", headers: { Accept: "application/json" } });
  if (!response.ok) return;
  const answer = await response.json();
  for (const one of answer.people) if (!forgotten.has(keyOf(one))) people.set(keyOf(one), one);
  answered.set(fold(typed).trim(), answer.all);
}

const forgotten = new Set(); // an answer that was on its way may still have them

/** Whether the server will not offer this one again. */
export async function forget(url, one, token) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", token);
  body.set("address", one.address);
  const response = await fetch(`${url}forget/`, { method: "POST", body, redirect: "manual" }).catch(() => null);
  if (!response?.ok) return false;
  people.delete(keyOf(one));
  forgotten.add(keyOf(one));
  return true;
}
