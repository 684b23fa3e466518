// An answer quotes what was decrypted: the very text that its reader saw, and only while the
// message stands decrypted in this page.  Nothing is decrypted for an answer, so whoever sends
// a trap learns nothing that was not looked at (T91).

const shown = new WeakMap(); // the card of a message, and the text below it

const NOTE =
  "Quoted from what you decrypted. The server has nothing of it yet; once you write here, the draft is kept on it unencrypted until it is sent, as every draft.";

/** Only of a message that was encrypted as a whole. */
export function noteShown(card, frame) {
  shown.set(card, frame.contentDocument.body.innerText.replace(/\u00a0/g, " ").replace(/\n{3,}/g, "\n\n").trim());
}

function findShown(messageUrl) {
  const { pathname } = new URL(messageUrl, location.href);
  const card = [...document.querySelectorAll("[data-pgp]")].find((each) => new URL(each.dataset.pgp, location.href).pathname === `${pathname}openpgp/`);
  return shown.get(card);
}

/** Puts the quotation where the server, who cannot know it, left its place empty.  It is not yet
 * a change of the draft: until its writer does something, nothing is saved anywhere. */
export function quoteShown(form, line) {
  const area = form.querySelector("[data-text]");
  const text = "fresh" in form.dataset && area.value === area.defaultValue && findShown(form.dataset.closeUrl);
  const filled = text && (answered(area.value, text) ?? passedOn(area.value, text));
  if (!filled) return;
  area.defaultValue = filled;
  area.value = filled;
  area.setSelectionRange(0, 0);
  for (const name of ["[data-quotes-decrypted]", '[value="encrypt"]']) {
    Object.assign(line.querySelector(name), { checked: true, defaultChecked: true });
  }
  form.querySelector("[data-protection-note]").textContent = NOTE;
}

const deeper = (each) => (/^>|^$/.test(each) ? `>${each}` : `> ${each}`);

function answered(body, text) {
  const place = /:\n>(?=\n)/.exec(body);
  if (!place) return null;
  const quoted = text.split("\n").map((each) => deeper(each.trimEnd())).join("\n");
  return `${body.slice(0, place.index)}:\n${quoted}${body.slice(place.index + place[0].length)}`;
}

function passedOn(body, text) {
  const head = /^-{10} Forwarded message -{10}\n(?:.+\n)*/m.exec(body);
  if (!head) return null;
  const end = head.index + head[0].length;
  return `${body.slice(0, end)}\n${text}\n${body.slice(end)}`;
}
