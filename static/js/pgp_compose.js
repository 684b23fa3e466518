// Signing and encrypting what is written (RFC 3156): the server hands over the message as it
// would send it, and gets back what only this page can make of it.

import { findKeys } from "./pgp_find.js";
import { forgetKeyring, keyring, unlock } from "./pgp_keyring.js";
import { library } from "./pgp_library.js";
import { octetsOf } from "./pgp_mime.js";
import { sayUnusable, usable } from "./pgp_usable.js";

const HASHES = { 8: "sha256", 9: "sha384", 10: "sha512", 12: "sha3-256", 14: "sha3-512" };

class NotSealed extends Error {}

export function installProtection(form, draft) {
  const line = form.querySelector("[data-protection]");
  const boxes = [...line.querySelectorAll("input[type=checkbox]")];
  draft.seal = (act, more) => (boxes.some((box) => box.checked) ? seal(line, draft, more) : {});
  const button = line.querySelector("[data-find-keys]");
  const note = form.querySelector("[data-protection-note]");
  const told = (answer) => tell(answer, { line, button, note });
  draft.listeners.push(told);
  told({ protection_missing: line.dataset.missing, protection_keys: JSON.parse(line.dataset.keys) });
  button.addEventListener("click", () => look(button, form, draft));
}

/** Whose keys are missing the server knows; which of the others can be used is seen here. */
async function tell({ protection_missing: missing = "", protection_keys: keys = {} }, { line, button, note }) {
  offer(button, missing.split(" ").filter(Boolean));
  button.dataset.keys = JSON.stringify(keys);
  if (!Object.keys(keys).length) return;
  const ring = await keyring(line.dataset.protection).catch(() => null); // seen again when it is sent
  if (!ring) return;
  const { sentence, addresses } = await sayUnusable(keys, ring);
  // Or another answer has come meanwhile, about other recipients.
  if (!sentence || button.dataset.keys !== JSON.stringify(keys)) return;
  note.textContent = missing ? `${note.textContent} ${sentence}` : sentence;
  offer(button, [...button.dataset.addresses.split(" ").filter(Boolean), ...addresses]);
}

function offer(button, addresses) {
  button.hidden = !addresses.length;
  button.dataset.addresses = addresses.join(" ");
}

async function look(button, form, draft) {
  button.disabled = true;
  const { said } = await findKeys(button.dataset.addresses.split(" "), draft.field("csrfmiddlewaretoken").value);
  forgetKeyring();
  await draft.save();
  button.disabled = false;
  if (said.length) form.querySelector("[data-protection-note]").replaceChildren(...said.flatMap((each) => [each, " "]));
}

/** `{ fields }` to send with, or `{ answer }` that says why not, as the server's answer would. */
async function seal(line, draft, more) {
  const told = await draft.send("entity", more);
  if (!told?.entity) return { answer: told };
  try {
    const key = await ownKey(line.dataset.protection, told);
    return { fields: { sealed: told.token, ...(await sealed(told, key)) } };
  } catch (problem) {
    const sentence = problem instanceof NotSealed ? problem.message : `The browser could not encrypt or sign it: ${problem.message}`;
    return { answer: { errors: { form: `Not sent. ${sentence}` } } };
  }
}

async function ownKey(url, told) {
  const { own } = await keyring(url);
  const entry = own.find(({ fingerprint }) => fingerprint === told.own);
  if (!entry) throw new NotSealed("Your key is not here any more. Open the settings, Encryption.");
  const secret = told.signs ? await unlock(entry, "Sign and send") : null;
  if (told.signs && !secret) throw new NotSealed("Without the passphrase it cannot be signed.");
  return { open: entry.entity, secret };
}

async function sealed({ entity, encrypts, keys, brought }, { open, secret }) {
  const openpgp = await library();
  const message = await openpgp.createMessage({ binary: octetsOf(atob(entity)) });
  if (!encrypts) {
    const signature = await openpgp.sign({ message, signingKeys: secret, detached: true, format: "object" });
    return { armored: file(signature.armor()), hash: HASHES[signature.packets[0].hashAlgorithm] ?? "" };
  }
  const encryptionKeys = [open, ...(await usable(keys, brought, refuse))];
  const signing = secret ? { signingKeys: secret } : {};
  return { armored: file(await openpgp.encrypt({ message, encryptionKeys, ...signing, format: "armored" })) };
}

function refuse(sentence) {
  throw new NotSealed(sentence);
}

const file = (text) => new Blob([text.replace(/\r\n/g, "\n")], { type: "application/pgp-encrypted" });
