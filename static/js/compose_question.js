// What the writer would be sorry for later is asked first.

/** `then` runs when the writer wants it sent all the same. */
export function ask(draft, sentences, then) {
  draft.say("");
  const dialog = draft.form.parentElement.querySelector("[data-question-dialog]");
  const told = sentences.map((textContent) => Object.assign(document.createElement("p"), { textContent }));
  dialog.querySelector("[data-questions]").replaceChildren(...told);
  dialog.returnValue = "";
  dialog.showModal();
  dialog.addEventListener("close", () => dialog.returnValue === "send" && then(), { once: true });
}
