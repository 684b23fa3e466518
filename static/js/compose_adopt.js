// A window whose draft the server has just made.

/** From here on the form is about the draft that the server names; an answer may name none, or
 * come when its window is gone. */
export function adopt(draft, answer) {
  if (!answer.key || draft.closed) return;
  const { form } = draft;
  form.action = answer.url;
  form.dataset.filesUrl = answer.files_url;
  form.dataset.draft = answer.key;
  form.dataset.limit = answer.limit_bytes;
  form.dataset.limitText = answer.limit_text;
  draft.field("fresh").value = "";
  delete form.dataset.fresh;
  form.querySelector("[data-sender-note]").textContent = answer.sender_note;
  form.querySelector("[data-wishes-said]").textContent = answer.wishes_said;
  form.querySelector("[data-wishes-note]").textContent = answer.wishes_note;
  const protection = form.querySelector("[data-protection-note]");
  if (protection) protection.textContent = answer.protection_note ?? "";
  const certified = form.querySelector("[data-certified-note]");
  if (certified) certified.textContent = answer.certified_note ?? "";
  for (const carry of form.querySelectorAll('[name="carry"]')) carry.disabled = true;
  const docked = form.closest("[data-docked]");
  // The address is that of the mailbox beneath, except on the phone, where the window is a step.
  if ((!docked || docked.dataset.step) && location.pathname !== answer.url) history.replaceState(history.state, "", answer.url);
  docked?.dispatchEvent(new CustomEvent("compose:adopted", { bubbles: true }));
  draft.listeners.forEach((listener) => listener(answer));
}
