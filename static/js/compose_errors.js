// What is wrong with a message, said beside its field; the same words the server's page has.

import { icon } from "./icon.js";
import { SIGN_IN } from "./signed_out.js";

export const SIGNED_OUT = { form: "You were signed out. Your message is kept here.", link: SIGN_IN };

export function clearErrors(form) {
  for (const each of form.querySelectorAll(".err, .notice.bad")) each.remove();
  form.querySelectorAll(".line").forEach(clearBeside);
}

/** A field that is being mended is wrong no longer, or its own marks say so. */
export function clearBeside(line) {
  line.querySelector(".err")?.remove();
  for (const name of ["aria-invalid", "aria-describedby"]) line.querySelector(`[${name}]`)?.removeAttribute(name);
}

/** `errors` maps a field, or "form", to a sentence; `link` is offered behind the form's. */
export function showErrors(form, { link, ...errors }) {
  clearErrors(form);
  for (const [name, sentence] of Object.entries(errors)) {
    const line = form.querySelector(`[data-line="${name}"]`) ?? form.querySelector(`[name="${name}"]`)?.closest(".line");
    if (line) showBeside(line, name, sentence);
    else showOnTop(form, sentence, link);
  }
  form.querySelector("[aria-invalid]")?.focus();
}

function showBeside(line, name, sentence) {
  line.classList.remove("is-empty");
  const error = Object.assign(document.createElement("span"), { className: "err", id: `${name}-error-${line.closest("form").dataset.draft}`, textContent: sentence });
  error.setAttribute("role", "alert");
  line.append(error);
  const input = line.querySelector("input:not([hidden]), select");
  input?.setAttribute("aria-invalid", "true");
  input?.setAttribute("aria-describedby", error.id);
}

function showOnTop(form, sentence, link) {
  const notice = Object.assign(document.createElement("div"), { className: "notice bad" });
  notice.setAttribute("role", "alert");
  const words = document.createElement("div");
  const text = Object.assign(document.createElement("p"), { textContent: sentence });
  words.append(text);
  if (link) words.append(Object.assign(document.createElement("a"), { href: link.href, textContent: link.text, target: "_blank" }));
  notice.append(icon("triangle-alert"), words);
  form.querySelector(".compose-head").after(notice);
}
