// A message of a window that is gone, and that never reached the server, is offered again.

import { forgetLeft, leftBehind, putBack } from "./compose_keep.js";
import { icon } from "./icon.js";

/** Offers it in a window in which nothing is written yet. */
export async function offerLeft(draft) {
  if (!isEmpty(draft)) return;
  const [key, fields] = (await leftBehind(draft)) ?? [];
  if (!key || draft.dirty) return;
  const notice = Object.assign(document.createElement("div"), { className: "notice" });
  notice.setAttribute("role", "status");
  const words = document.createElement("div");
  words.append(Object.assign(document.createElement("p"), { textContent: sentence(fields) }));
  const buttons = Object.assign(document.createElement("p"), { className: "acts" });
  buttons.append(button("Restore it", () => restore(draft, key, fields)), button("Throw it away", () => end()));
  words.append(buttons);
  notice.append(icon("file-text"), words);
  draft.form.querySelector(".compose-head").after(notice);
  // Who begins to write here is not to lose that by one press; it is offered in the next window.
  draft.form.addEventListener("input", () => notice.remove(), { once: true });

  function end() {
    notice.remove();
    forgetLeft(draft, key);
  }
}

/** To the server under the name that it had, and then shown as any draft is. */
async function restore(draft, key, fields) {
  const { form } = draft;
  form.action = form.action.replace(`/${form.dataset.draft}/`, `/${key}/`);
  form.dataset.draft = key;
  draft.field("fresh").value = fields.fresh;
  draft.syncs.length = 0; // the fields say what was written, not what the window shows
  putBack(draft, fields);
  const isRich = fields.format === "html";
  form.querySelector("[data-html]").disabled = !isRich;
  Object.assign(form.querySelector("[data-format]"), { disabled: false, value: isRich ? "html" : "plain" });
  if (!(await draft.save())) return;
  const docked = form.closest("[data-docked]");
  if (docked) docked.dispatchEvent(new CustomEvent("compose:again", { bubbles: true }));
  else location.reload();
}

function isEmpty(draft) {
  return ["to", "cc", "bcc", "subject"].every((name) => !draft.field(name).value.trim());
}

function sentence(fields) {
  const time = new Date(fields.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  const about = fields.subject.trim() ? `“${fields.subject.trim().slice(0, 80)}”` : "A message without a subject";
  return `${about} was being written on ${time}, and its window went away before the server had it.`;
}

function button(text, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "btn quiet", textContent: text });
  made.addEventListener("click", act);
  return made;
}
