// Sends files one after the other, with progress and a way to cancel.

import { adopt } from "./compose_adopt.js";
import { cardOf, label, sizeText } from "./compose_cards.js";

/** ``picture`` names one that the text shows; ``failed`` is called when it will not come. */
export function upload(form, draft, list, file, { picture = "", failed = () => {} } = {}) {
  const card = cardOf(file.name, file.type.startsWith("image/") ? "image" : "file");
  const button = card.querySelector("button");
  card.classList.add("is-waiting");
  card.querySelector("progress").setAttribute("aria-label", `Uploading ${file.name}`);
  label(button, `Cancel upload of ${file.name}`);
  list.append(card);
  list.hidden = false;
  const limit = Number(form.dataset.limit);
  if (file.size > limit) return (failed(), fail(card, `${sizeText(file.size)}. The limit is ${form.dataset.limitText}.`));
  let request = null;
  let cancelled = false;
  button.addEventListener("click", () => {
    cancelled = true;
    failed();
    request?.abort();
    card.remove();
    list.hidden = !list.children.length;
  });
  return draft.queue(() => cancelled || new Promise((done) => (request = transfer(form, draft, card, file, { picture, failed, done }))));
}

function transfer(form, draft, card, file, { picture, failed, done }) {
  const body = new FormData();
  for (const name of ["csrfmiddlewaretoken", "fresh", "carry"]) {
    for (const value of new FormData(form).getAll(name)) body.append(name, value);
  }
  body.append("files", file, file.name);
  if (picture) body.append("picture", picture);
  const request = new XMLHttpRequest();
  request.open("POST", form.dataset.filesUrl);
  request.setRequestHeader("Accept", "application/json");
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    card.querySelector("progress").value = (100 * loaded) / total;
    card.querySelector(".meta").textContent = `${sizeText(loaded)} of ${sizeText(total)}`;
  });
  request.addEventListener("load", () => loaded(draft, card, request) || failed());
  request.addEventListener("error", () => (fail(card, "Not uploaded: the server did not answer."), failed()));
  request.addEventListener("loadend", done);
  request.send(body);
  return request;
}

function loaded(draft, card, request) {
  let answer = {};
  try {
    answer = JSON.parse(request.responseText);
  } catch {
    fail(card, "Not uploaded: you were signed out.");
    return false;
  }
  if (request.status === 201) card.remove();
  else fail(card, answer.errors?.files ?? "Not uploaded.");
  draft.touched();
  adopt(draft, answer);
  return request.status === 201;
}

function fail(card, words) {
  card.classList.remove("is-waiting");
  card.classList.add("is-failed");
  card.querySelector("progress")?.remove();
  card.querySelector(".meta").textContent = words;
  card.querySelector(".meta").setAttribute("role", "alert");
  const button = card.querySelector("button");
  label(button, "Dismiss");
  button.addEventListener("click", () => card.remove());
}
