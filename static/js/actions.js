// Archive, delete, move, flag and the rest: at once on the screen, then on the server.

import { fetchPart } from "./part.js";
import { openRow, rowOf, rows } from "./list.js";
import { apply, takesAway } from "./rows.js";
import { leave, openLink } from "./open.js";
import { showNotices, showProblem } from "./toast.js";
import { chosenRows, clearSelection } from "./selection.js";
import { chooseFolder } from "./move.js";
import { askWhether, isForGood } from "./erase.js";

const FAILED = {
  archive: "Not archived", delete: "Not deleted", erase: "Not deleted", move: "Not moved", copy: "Not copied",
  spam: "Not moved to spam", not_spam: "Not moved", seen: "Not marked", unseen: "Not marked", flag: "Not flagged", unflag: "Flag not removed",
};
const isWide = () => matchMedia("(min-width: 40em)").matches;

/** Does `act` to `refs`: the rows change first, and come back when the server refuses. */
export async function act(form, name, refs, values = {}) {
  if (!refs.length) return;
  const touched = refs.map(rowOf).filter(Boolean);
  const reading = document.querySelector("#reader form[data-ref]")?.dataset.ref;
  const after = takesAway(name) && refs.includes(reading) ? neighbour(rowOf(reading), touched) : undefined;
  const focusAfter = takesAway(name) ? neighbour(touched.find((row) => row.contains(document.activeElement)), touched) : null;
  const putBack = apply(name, touched);
  clearSelection();
  if (after !== undefined) moveOn(after);
  else focusAfter?.querySelector(".row-link").focus();
  try {
    await showNotices(await fetchPart(endpoint(form), { method: "POST", body: body(name, refs, values, form.elements.whole) }));
  } catch (problem) {
    putBack();
    const again = () => act(form, name, refs, values);
    showProblem(problem, `${FAILED[name] ?? "Not done"}: the server did not answer.`, again);
  }
}

const endpoint = (form) => new URL(form.getAttribute("action"), location.href).pathname;

function body(name, refs, values, whole) {
  const fields = new URLSearchParams({ do: name, next: location.pathname + location.search, ...values });
  refs.forEach((ref) => fields.append("ref", ref));
  if (whole) fields.set("whole", "1");
  return fields;
}

/** The row that takes the place of `row` once `gone` have left: the next older, else the newer. */
function neighbour(row, gone) {
  if (!row) return null;
  const all = rows();
  const free = (one) => !gone.includes(one) && !one.inert;
  const at = all.indexOf(row);
  return all.slice(at + 1).find(free) ?? all.slice(0, at).reverse().find(free) ?? null;
}

function moveOn(row) {
  const link = isWide() && row?.querySelector(".row-link");
  if (link) openLink(link).then(() => link.focus({ preventScroll: true }));
  else leave();
}

/** What a key or a swipe acts on: the ticked rows, else the row in focus, else the open message. */
export function targets(row) {
  if (row) return [row.dataset.ref];
  const chosen = chosenRows().map((one) => one.dataset.ref);
  if (chosen.length) return chosen;
  const focused = document.activeElement?.closest(".row")?.dataset.ref;
  const reading = document.querySelector("#reader form[data-ref]")?.dataset.ref;
  return [focused ?? openRow()?.dataset.ref ?? reading].filter(Boolean);
}

export const anyForm = () => document.querySelector("form[data-actions]");

/** Does `name` from a key or a swipe; moving asks for the folder first. */
export async function actOn(name, refs = targets()) {
  if (!anyForm() || !refs.length) return;
  const values = await ask(name, refs);
  if (values) await act(anyForm(), name, refs, values);
}

/** What must be asked before `name` is done: the folder, or whether it is meant; null for no. */
async function ask(name, refs, picked = "") {
  if (isForGood(name)) return askWhether(refs.length);
  if (name !== "move" && name !== "copy") return {};
  return picked ? { target: picked } : chooseFolder();
}

function refsOf(form, submitter) {
  const own = new URL(submitter.formAction, location.href).searchParams.getAll("ref");
  return own.length ? own : new FormData(form).getAll("ref");
}

async function onSubmit(event) {
  const form = event.target;
  const submitter = event.submitter;
  if (!form.matches("form[data-actions]") || submitter?.name !== "do" || submitter.dataset.confirm || "wholePage" in submitter.dataset) return;
  event.preventDefault();
  submitter.closest("details[data-menu]")?.removeAttribute("open");
  const refs = refsOf(form, submitter);
  const values = refs.length && (await ask(submitter.value, refs, new FormData(form).get("target")));
  if (values) await act(form, submitter.value, refs, values);
}

export function install(root) {
  root.addEventListener("submit", onSubmit);
}
