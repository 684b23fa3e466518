// What the server does not have yet, kept in this browser.  Each person's own; signing out
// erases it.

import { run } from "./compose_disk.js";
import { goesOnFrom } from "./compose_marks.js";

const NAMES = ["identity", "sender", "to", "cc", "bcc", "subject", "text", "html", "format", "fresh", "revision", "signed", "signature"];
const SHOWN = ["to", "cc", "bcc", "subject", "text", "html"];
const CHOSEN = ["identity", "sender", "signed", "signature"];

const named = (user, key) => `${user}.${key}`;
const wishesOf = ({ form }) => [...form.querySelectorAll('[type="checkbox"]:is([name="wishes"], [name="protect"])')];
const place = ({ form }) => named(form.dataset.user, form.dataset.draft);

export function keep(draft) {
  return put(draft, fieldsOf(draft));
}

const put = (draft, fields) => run("readwrite", (store) => store.put(fields, place(draft)));

function fieldsOf(draft) {
  for (const sync of draft.syncs) sync();
  const fields = Object.fromEntries(NAMES.map((name) => [name, draft.field(name)?.value ?? ""]));
  fields.wishes = wishesOf(draft).filter((box) => box.checked).map((box) => box.value);
  return { ...fields, marks: String(draft.marks), posted: !draft.dirty, at: Date.now() };
}

/** The page is going: one last save that outlives it; and as the disk answers too late, the words
 * for the next page of this tab. */
export function leaveBehind(draft) {
  if (!draft.isUnstored) return;
  const body = draft.body("save");
  const fields = { ...fieldsOf(draft), posted: true };
  put(draft, fields);
  try {
    sessionStorage.setItem(place(draft), JSON.stringify(fields));
  } catch {
    // full: then the server alone keeps it
  }
  fetch(draft.form.action, { method: "POST", body, keepalive: true, headers: { Accept: "application/json" } }).catch(() => {});
}

export function forget(draft) {
  sessionStorage.removeItem(place(draft));
  return run("readwrite", (store) => store.delete(place(draft)));
}

async function find(name) {
  const kept = [JSON.parse(sessionStorage.getItem(name)), await run("readonly", (store) => store.get(name))];
  return kept.filter(Boolean).sort((one, other) => other.at - one.at)[0];
}

export const keptFields = (user, key) => find(named(user, key));

/** Puts back what never reached the server, and answers whether it did; with `apart`, what was
 * kept, where the draft has gone another way since. */
export async function restore(draft) {
  const fields = await find(place(draft));
  if (fields && isKnown(draft, fields)) await forget(draft);
  else if (fields && !draft.dirty && !fits(draft, fields)) return { apart: fields };
  else if (fields && !draft.dirty) return putBack(draft, fields);
  return {};
}

/** The server has drawn the words that these go on from, be it that they came there while the
 * page went and nobody heard that they did. */
const fits = (draft, fields) => fields.revision === draft.field("revision").value || goesOnFrom(fields.marks, draft.form.dataset.marks);

/** Whether the fields say something else than the server drew: whoever reads fast writes before
 * this script has come over the line. */
export const isWritten = (form) => [...form.elements].some((field) => field.name && field.type !== "file" && isChanged(field));

function isChanged(field) {
  if (field.localName === "select") return field.value !== ([...field.options].find((each) => each.defaultSelected) ?? field.options[0])?.value;
  if (field.type === "checkbox") return field.checked !== field.defaultChecked;
  return "defaultValue" in field && field.value !== field.defaultValue;
}

/** It reached the server after all, though the answer came too late for the window. */
function isKnown(draft, fields) {
  const words = (text = "") => text.replace(/\s+/g, "");
  const isOlder = Number(fields.revision) < Number(draft.field("revision").value);
  const isSame = ["to", "cc", "bcc", "subject", "text"].every((name) => words(fields[name]) === words(draft.field(name).value));
  return isOlder && (isSame || (fields.posted && goesOnFrom(draft.form.dataset.marks, fields.marks)));
}

export function putBack(draft, fields) {
  for (const name of SHOWN) Object.assign(draft.field(name), { defaultValue: fields[name] ?? "", value: fields[name] ?? "" });
  for (const name of CHOSEN) choose(draft.field(name), fields[name]);
  for (const box of wishesOf(draft)) box.checked = fields.wishes?.includes(box.value) ?? box.checked;
  draft.form.dataset.start = fields.format === "html" ? "rich" : "plain";
  draft.marks.goOnFrom(fields.marks);
  return { isRestored: true };
}

/** What can no longer be chosen leaves the choice as it is; who has one identity has no choice. */
function choose(field, value = "") {
  const isSelect = field?.localName === "select";
  const isOffered = isSelect ? [...field.options].some((each) => each.value === value) : field?.name !== "identity";
  if (field && isOffered) field.value = value;
}

/** The newest message of a window that is gone and that the server never saw: its draft's key,
 * and its fields. */
export async function leftBehind({ form }) {
  const { user, draft } = form.dataset;
  const all = IDBKeyRange.bound(named(user, ""), named(user, "\uffff"));
  const keys = (await run("readonly", (store) => store.getAllKeys(all))) ?? [];
  const open = await openWindows();
  const left = [];
  for (const key of keys.map((each) => each.slice(named(user, "").length))) {
    if (key === draft || open.has(named(user, key))) continue;
    left.push([key, await run("readonly", (store) => store.get(named(user, key)))]);
  }
  const unseen = left.filter(([, fields]) => fields?.fresh && SHOWN.some((name) => fields[name]));
  return unseen.sort((a, b) => b[1].at - a[1].at)[0];
}

export function forgetLeft({ form }, key) {
  sessionStorage.removeItem(named(form.dataset.user, key));
  return run("readwrite", (store) => store.delete(named(form.dataset.user, key)));
}

/** Says to the other windows that this one is open, for as long as it is. */
export function holdWindow(draft) {
  navigator.locks?.request(`draft ${place(draft)}`, { ifAvailable: true }, () => new Promise((release) => (draft.release = release)));
}

async function openWindows() {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return new Set(held.map(({ name }) => name.replace(/^draft /, "")));
}
