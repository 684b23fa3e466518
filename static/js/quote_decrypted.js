// An answer quotes what was decrypted: the very text that its reader saw, and only while the
// message stands decrypted in this page.  Nothing is decrypted for an answer, so whoever sends
// a trap learns nothing that was not looked at (T91).

import { chooseFamily } from "./compose_family.js";
import { takeSubject } from "./quote_subject.js";

const shown = new WeakMap(); // the card of a message, and what was shown below it

const NOTES = {
  openpgp: "Quoted from what you decrypted. The server has nothing of it yet; once you write here, the draft is kept on it unencrypted until it is sent, as every draft.",
  smime: "Quoted from what you opened. Nothing of it is kept yet; once you write here, the draft is kept on this server unencrypted until it is sent, as every draft.",
};
const PLACES = { openpgp: ["[data-protection-note]", '[value="encrypt"]'], smime: ["[data-certified-note]", '[value="smime-encrypt"]'] };
const QUOTED = /^>[>\s]*[^>\s]|^-{10} Forwarded message/m; // a line of a quotation, or its head
const FEW_WORDS = 3;

/** Only of a message that was encrypted as a whole; `subject` where one was encrypted with it. */
export function noteShown(card, frame, subject) {
  const text = frame.contentDocument.body.innerText.replace(/\u00a0/g, " ").replace(/\n{3,}/g, "\n\n").trim();
  shown.set(card, { family: "openpgp", text, subject });
}

function findShown(messageUrl) {
  const { pathname } = new URL(messageUrl, location.href);
  const at = (url) => new URL(url, location.href).pathname;
  const opened = [...document.querySelectorAll("[data-decrypted]")].find((each) => at(each.dataset.decrypted) === pathname);
  if (opened) return { family: "smime", text: opened.querySelector("[data-decrypted-text]").value.trim(), subject: opened.querySelector("[data-decrypted-subject]").value };
  const card = [...document.querySelectorAll("[data-pgp]")].find((each) => at(each.dataset.pgp) === `${pathname}openpgp/`);
  return shown.get(card);
}

/** Puts the quotation where the server, who cannot know it, left its place empty.  It is not yet
 * a change of the draft: until its writer does something, nothing is saved anywhere. */
export function quoteShown(form) {
  const area = form.querySelector("[data-text]");
  const found = "fresh" in form.dataset && area.value === area.defaultValue && findShown(form.dataset.closeUrl);
  const [note, encrypts] = PLACES[found?.family] ?? [];
  const text = found && form.querySelector(encrypts) && found.text;
  const filled = text && (answered(area.value, text) ?? passedOn(area.value, text));
  if (!filled) return;
  area.defaultValue = filled;
  area.value = filled;
  area.setSelectionRange(0, 0);
  for (const name of ["[data-quotes-decrypted]", encrypts]) {
    Object.assign(form.querySelector(name), { checked: true, defaultChecked: true });
  }
  takeSubject(form, found.subject);
  form.querySelector(note).textContent = NOTES[found.family];
  chooseFamily(form, found.family);
  askWhileItStands(form, form.querySelector("[data-quotes-decrypted]"), text);
}

/** Asked about for as long as anything of it is left.  In doubt it is: a word by itself may be
 * the secret, so what still stands as quoted counts, however short. */
function askWhileItStands(form, mark, text) {
  const [area, format] = [form.querySelector("[data-text]"), () => form.querySelector('[name="format"]')?.value];
  const lines = text.split("\n").map(plain).filter(Boolean);
  const stands = (body) => {
    const left = body.split("\n").map(plain);
    return QUOTED.test(body) || lines.some((line) => (line.split(" ").length > FEW_WORDS ? left.join("\n").includes(line) : left.includes(line)));
  };
  area.addEventListener("input", () => {
    if (format() !== "html") mark.checked = stands(area.value);
  });
}

const plain = (line) => line.replace(/^[>\s]+/, "").replace(/\s+/g, " ").trim();

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
