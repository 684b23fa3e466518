// Formatted or plain: the switch, the toolbar, and the editor that loads when it is wanted.

import { signatureLines } from "./compose_signature.js";
import { installToolbar } from "./compose_toolbar.js";

const LINK_SCHEMES = /^(https?:|mailto:|tel:)/i;

export function installFormat(form, draft) {
  const plain = form.querySelector("[data-text]");
  const state = { editor: null, rich: false };
  draft.syncs.push(() => sync(form, plain, state));
  for (const each of form.querySelectorAll("[data-toggle-format]")) each.addEventListener("click", () => toggle(form, draft, plain, state));
  form.querySelector("[data-toolbar]").addEventListener("click", (event) => act(event, form, state));
  installToolbar(form.querySelector("[data-toolbar]"));
  if (form.dataset.start === "rich") state.ready = openRich(form, draft, plain, state, form.querySelector("[data-html]").value);
  else form.querySelector("[data-format]").disabled = false;
  return state;
}

/** The form's fields say what the window shows. */
function sync(form, plain, state) {
  if (!state.rich) return;
  form.querySelector("[data-html]").value = state.editor.html();
  plain.value = state.editor.text();
}

async function toggle(form, draft, plain, state) {
  if (state.rich) {
    sync(form, plain, state);
    show(form, plain, state, false);
    plain.focus();
    if (form.querySelector("[data-editor] img")) return letGo(form, draft);
  } else {
    await openRich(form, draft, plain, state, "");
    state.editor.focus();
  }
  draft.changed();
}

/** Its pictures become files before the switch works again, or it would lose them. */
async function letGo(form, draft) {
  const buttons = form.querySelectorAll("[data-toggle-format]");
  for (const each of buttons) each.disabled = true;
  await Promise.allSettled([...draft.uploads]);
  await draft.save();
  for (const each of buttons) each.disabled = false;
}

async function openRich(form, draft, plain, state, html) {
  const { createEditor } = await import("./compose_editor.js");
  const host = form.querySelector("[data-editor]");
  const hadFocus = document.activeElement === plain;
  state.editor ??= createEditor(host, { changed: () => (state.changed?.(), draft.changed()), moved: () => mark(form, state), link: () => askLink(form, state) });
  // Words typed into the plain field while this was on its way are worth more than its looks.
  if (html.trim() && plain.value === plain.defaultValue) state.editor.setHtml(html);
  else state.editor.setText(plain.value, signatureLines(form, plain.value));
  show(form, plain, state, true);
  if (hadFocus) state.editor.focus();
}

function show(form, plain, state, rich) {
  state.rich = rich;
  plain.hidden = rich;
  form.querySelector("[data-editor]").hidden = !rich;
  form.querySelector("[data-toolbar]").hidden = !rich;
  for (const each of form.querySelectorAll("[data-toggle-format]")) each.setAttribute("aria-pressed", String(rich));
  form.querySelector("[data-html]").disabled = !rich;
  const format = form.querySelector("[data-format]");
  format.disabled = false;
  format.value = rich ? "html" : "plain";
}

function act(event, form, state) {
  const button = event.target.closest("[data-format-act]");
  if (!button || !state.rich) return;
  if (button.dataset.formatAct === "link") askLink(form, state);
  else state.editor.act(button.dataset.formatAct);
  mark(form, state);
}

function mark(form, state) {
  if (!state.editor) return;
  for (const button of form.querySelectorAll("[data-format-act][aria-pressed]")) {
    button.setAttribute("aria-pressed", String(state.editor.has(button.dataset.formatAct)));
  }
  const words = state.editor.pictureSelected() ? "Size and description of the picture" : "Picture in the text";
  for (const name of ["aria-label", "title"]) form.querySelector("[data-picture-act]").setAttribute(name, words);
}

function askLink(form, state) {
  if (state.editor.has("link")) return state.editor.act("unlink");
  const dialog = form.parentElement.querySelector("[data-link-dialog]");
  const input = dialog.querySelector("input");
  input.value = "";
  dialog.returnValue = "";
  dialog.showModal();
  dialog.addEventListener(
    "close",
    () => {
      const typed = input.value.trim();
      state.editor.focus();
      if (dialog.returnValue !== "ok" || !typed) return;
      const isMail = /^[^\s@/]+@[^\s@/]+$/.test(typed);
      state.editor.makeLink(LINK_SCHEMES.test(typed) ? typed : `${isMail ? "mailto:" : "https://"}${typed}`);
    },
    { once: true },
  );
  return undefined;
}
