// What is asked before a message leaves: what its writer would be sorry for later, and the
// passphrase of a certificate, which is sent once and kept nowhere here.

/** Resolves with the fields to send again with, or null where the writer went back. */
export function askQuestions(form, sentences) {
  const dialog = form.parentElement.querySelector("[data-question-dialog]");
  const told = sentences.map((textContent) => Object.assign(document.createElement("p"), { textContent }));
  dialog.querySelector("[data-questions]").replaceChildren(...told);
  return closed(dialog, () => ({ sure: "1" }));
}

function closed(dialog, fields) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "send" ? fields() : null), { once: true });
  });
}

/** Resolves with the fields to send again with, or null where the writer went back. */
export function askPassphrase(form, words) {
  const dialog = form.parentElement.querySelector("[data-passphrase-dialog]");
  const [field, keep, said] = ["passphrase", "passphrase-keep", "passphrase-said"].map((name) => dialog.querySelector(`[data-${name}]`));
  said.textContent = words;
  said.hidden = false;
  field.value = "";
  const answer = closed(dialog, () => ({ sure: "1", passphrase: field.value, ...(keep.checked ? { keep_passphrase: "1" } : {}) }));
  field.focus();
  return answer.finally(() => (field.value = ""));
}
