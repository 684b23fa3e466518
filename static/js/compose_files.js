// Files of a message: picked, dropped or pasted, and taken off again.

import { adopt } from "./compose_adopt.js";
import { draw } from "./compose_cards.js";
import { upload } from "./compose_upload.js";
import { ask } from "./compose_wire.js";

export function installFiles(form, draft) {
  const input = form.querySelector("[data-file-input]");
  const list = form.querySelector("[data-files]");
  const add = (files) => [...files].forEach((file) => upload(form, draft, list, file));
  const take = () => (add(input.files), (input.value = ""));
  input.addEventListener("change", take);
  if (input.files.length) take(); // picked before this script had come over the line
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-pick-files]")) input.click();
    const button = event.target.closest("[data-remove-file]");
    if (button) (event.preventDefault(), remove(draft, list, button));
  });
  form.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files;
    if (files?.length && !event.clipboardData.types.includes("text/html")) (event.preventDefault(), add(files));
  });
  installDrop(form, add);
  draft.listeners.push((answer) => answer.files && draw(list, answer.files));
}

function installDrop(form, add) {
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  form.addEventListener("dragover", (event) => hasFiles(event) && (event.preventDefault(), form.classList.add("is-target")));
  form.addEventListener("dragleave", (event) => form.contains(event.relatedTarget) || form.classList.remove("is-target"));
  form.addEventListener("drop", (event) => {
    form.classList.remove("is-target");
    if (hasFiles(event)) (event.preventDefault(), add(event.dataTransfer.files));
  });
}

function remove(draft, list, button) {
  const card = button.closest(".file");
  const url = button.dataset.removeFile || button.formAction;
  card.hidden = true;
  return draft.queue(async () => {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", draft.field("csrfmiddlewaretoken").value);
    try {
      adopt(draft, await ask(draft.form, url, body));
      draft.touched();
    } catch {
      card.hidden = false;
    }
  });
}
