// Messages attached as they came: chosen from a list, or rows of one dropped on the window.

import { adopt } from "./compose_adopt.js";
import { showErrors, SIGNED_OUT } from "./compose_errors.js";
import { ask, SignedOut } from "./compose_wire.js";

const KIND = "application/x-hearth-messages";

export function installMessages(form, draft) {
  const has = (event) => event.dataTransfer?.types.includes(KIND);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-attach-messages]");
    if (button) (event.preventDefault(), choose(draft, button.formAction));
  });
  form.addEventListener("dragover", (event) => {
    if (!has(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    form.classList.add("is-target");
  });
  // Before the editor, which would take the subject for text to be put in.
  form.addEventListener("drop", (event) => has(event) && take(form, draft, event), { capture: true });
}

/** The list is another page: what is written goes to the server first. */
async function choose(draft, url) {
  while (draft.uploads.size) await Promise.allSettled([...draft.uploads]);
  if (await draft.save()) location.assign(url);
}

async function take(form, draft, event) {
  event.preventDefault();
  event.stopPropagation();
  form.classList.remove("is-target");
  const body = new FormData();
  for (const ref of event.dataTransfer.getData(KIND).split("\n")) body.append("ref", ref);
  if ("fresh" in form.dataset && !(await draft.save({ auto: true }))) return;
  body.set("csrfmiddlewaretoken", draft.field("csrfmiddlewaretoken").value);
  form.querySelector("[data-files-said]").textContent = "Attaching messages";
  await draft.queue(async () => {
    try {
      const answer = await ask(form, form.dataset.filesUrl.replace(/files\/$/, "messages/"), body);
      adopt(draft, answer);
      draft.touched();
      const count = body.getAll("ref").length;
      if (answer.errors?.form) showErrors(form, answer.errors);
      else form.querySelector("[data-files-said]").textContent = count > 1 ? `${count} messages are attached.` : "The message is attached.";
    } catch (problem) {
      showErrors(form, problem instanceof SignedOut ? SIGNED_OUT : { form: "Not attached: the server did not answer. Try again." });
    }
  });
}
