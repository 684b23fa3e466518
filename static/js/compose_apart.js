// What was written here and never reached the server, while its draft went another way
// elsewhere: it becomes a draft of its own (F34), and that is said.

import { forget } from "./compose_keep.js";
import { icon } from "./icon.js";
import { postKept } from "./compose_rescue.js";

export async function setApart(draft, fields) {
  const answer = await postKept(draft.form.action, fields);
  if (!answer?.key) return; // no line, or signed out: it stays where it is, for the next time
  if (!draft.dirty) await forget(draft);
  if (answer.conflict) tell(draft.form, fields, answer.url);
}

function tell(form, { at }, url) {
  const time = new Date(at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  const notice = Object.assign(document.createElement("div"), { className: "notice" });
  notice.setAttribute("role", "status");
  const words = document.createElement("div");
  words.append(`This draft was changed elsewhere before the server had what you wrote here on ${time}. That is a draft of its own now. `);
  const link = Object.assign(document.createElement("a"), { href: url, textContent: "Open it" });
  if (form.closest("[data-docked]")) link.dataset.composeLink = "";
  words.append(link);
  notice.append(icon("file-text"), words);
  form.querySelector(".compose-head").after(notice);
}
