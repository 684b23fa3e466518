// Where one was in a window - its field, the caret in it, how far the text was scrolled - for the
// same window on the next page of this tab.

import { caretOf, rangeAt } from "./compose_caret.js";

const KEPT = "places";
const lately = new WeakMap(); // the field of a form where focus was last

const keyOf = ({ dataset, parentElement }) => `${dataset.user} ${"fresh" in dataset && !dataset.written ? (parentElement.dataset.from ?? "page") : dataset.draft}`;
const nameOf = (field) => field.name || field.closest(".tokens")?.querySelector("input[name]").name || (field.matches("[data-editor]") ? "editor" : "");

/** The field as one sees it: of a line of people, where they are typed. */
function fieldOf(form, name) {
  if (name === "editor") return form.querySelector("[data-editor]");
  const field = form.querySelector(`[name="${name}"]`);
  return field?.hidden ? field.closest(".tokens")?.querySelector("input:not([hidden])") : field;
}

export function watchPlace(form) {
  form.addEventListener("focusin", ({ target }) => target.matches("input, textarea, select, [data-editor]") && lately.set(form, target));
}

/** `states` has the form and the editor of each window. */
export function keepPlaces(states) {
  const places = Object.fromEntries(states.map(({ form, state }) => [keyOf(form), placeIn(form, state)]));
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(places));
  } catch {
    // full: then one begins at the top
  }
}

function placeIn(form, state) {
  const focused = form.contains(document.activeElement);
  const field = lately.get(form);
  const place = { focused, field: field ? nameOf(field) : "", scroll: fieldOf(form, "editor").scrollTop || form.querySelector("[data-text]").scrollTop };
  if (state?.rich) place.caret = caretOf(form.querySelector("[data-editor]"), state.editor.selection());
  if (field?.selectionStart != null) place.chars = [field.selectionStart, field.selectionEnd];
  return place;
}

export async function giveBackPlace(form, state) {
  const places = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  const place = places[keyOf(form)];
  if (!place) return;
  delete places[keyOf(form)];
  sessionStorage.setItem(KEPT, JSON.stringify(places));
  await state.ready;
  const host = fieldOf(form, "editor");
  const range = state.rich && place.caret && rangeAt(host, place.caret);
  if (range) state.editor.select(range);
  const field = fieldOf(form, place.field);
  if (place.chars && field?.setSelectionRange) field.setSelectionRange(...place.chars);
  if (place.focused && isNowhereElse(form)) field?.focus({ preventScroll: true });
  for (const each of [host, form.querySelector("[data-text]")]) each.scrollTop = place.scroll;
}

/** Whoever has begun something else meanwhile is left there. */
const isNowhereElse = (form) => document.activeElement === document.body || form.contains(document.activeElement);
