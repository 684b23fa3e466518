// Files of a message: picked, dropped or pasted, and taken off again.

import { adopt } from "./compose_adopt.js";
import { draw, leave } from "./compose_cards.js";
import { installMessages } from "./compose_messages.js";
import { installPictures, placeCaret, put } from "./compose_pictures.js";
import { upload } from "./compose_upload.js";
import { ask } from "./compose_wire.js";

export function installFiles(form, draft, state) {
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
    const choice = event.target.closest("[data-photo]");
    if (choice) (event.preventDefault(), answer(draft, choice));
  });
  const pictures = installPictures(form, draft, list, state);
  form.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files;
    if (files?.length && !event.clipboardData.types.includes("text/html")) (event.preventDefault(), add(files));
  });
  installMessages(form, draft);
  installDrop(form, add, pictures);
  draft.listeners.push((answer) => answer.files && draw(list, answer.files));
}

function installDrop(form, add, pictures) {
  // A picture that is moved within the text is a file to the browser too.
  let isMoving = false;
  form.addEventListener("dragstart", () => (isMoving = true));
  form.addEventListener("dragend", () => (isMoving = false));
  const hasFiles = (event) => !isMoving && event.dataTransfer?.types.includes("Files");
  form.addEventListener("dragover", (event) => hasFiles(event) && (event.preventDefault(), form.classList.add("is-target")));
  form.addEventListener("dragleave", (event) => form.contains(event.relatedTarget) || form.classList.remove("is-target"));
  form.addEventListener("drop", (event) => {
    form.classList.remove("is-target");
    if (!hasFiles(event)) return;
    event.preventDefault();
    const files = [...event.dataTransfer.files];
    add(placeCaret(pictures, event) ? put(pictures, files) : files);
  });
}

/** What its owner wants of a photo. */
function answer(draft, button) {
  const offer = button.closest(".offer");
  if (offer.hasAttribute("aria-busy")) return undefined;
  offer.setAttribute("aria-busy", "true"); // not disabled, which would let go of the focus
  return draft.queue(async () => {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", draft.field("csrfmiddlewaretoken").value);
    body.set("photo", button.value);
    try {
      const told = await ask(draft.form, button.formAction, body);
      adopt(draft, told);
      draft.say(told.warning || "Saved");
      draft.touched({ file: true });
    } catch {
      offer.removeAttribute("aria-busy");
    }
  });
}

function remove(draft, list, button) {
  const card = button.closest(".file");
  const url = button.dataset.removeFile || button.formAction;
  leave(card);
  card.hidden = true;
  card.classList.remove("is-missing"); // taken off for good
  return draft.queue(async () => {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", draft.field("csrfmiddlewaretoken").value);
    try {
      adopt(draft, await ask(draft.form, url, body));
      draft.touched({ file: true });
    } catch {
      card.hidden = false;
      card.classList.toggle("is-missing", "unfinished" in card.dataset);
    }
  });
}
