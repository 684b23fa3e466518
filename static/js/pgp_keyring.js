// The keys of whoever is signed in, fetched once for a page.  A private one comes when it is
// needed, and is open for as long as the page stands, only in its memory.

import { csrfToken } from "./part.js";
import { library, wordsForKey } from "./pgp_library.js";
import { whyNot } from "./pgp_usable.js";

let fetched = null;
let place = ""; // where they come from
const unlocked = new Map();

/** `{ own, known }`, each entry with its `entity`: the key as OpenPGP.js holds it. */
export function keyring(url) {
  place = url;
  fetched ??= load(url).catch((problem) => {
    fetched = null;
    throw problem;
  });
  return fetched;
}

export function forgetKeyring() {
  fetched = null;
}

async function load(url) {
  const openpgp = await library();
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  const ring = await response.json();
  for (const each of [...ring.own, ...ring.known]) {
    each.entity = await openpgp.readKey({ armoredKey: each.public }).catch(() => null);
    each.verified = each.verified || ring.own.includes(each);
    each.mine = ring.own.includes(each);
  }
  const known = ring.known.filter((each) => each.entity);
  await Promise.all(known.map(noteWithdrawn));
  return { own: ring.own.filter((each) => each.entity), known };
}

/** The server cannot check what a key says of itself: that its owner revoked it, it learns here. */
async function noteWithdrawn(entry) {
  if (entry.withdrawn || !entry.entity.revocationSignatures.length) return;
  if (!(await whyNot(entry.entity)).startsWith("was withdrawn")) return;
  entry.withdrawn = true;
  const body = new FormData();
  for (const [name, value] of Object.entries({ csrfmiddlewaretoken: csrfToken(), do: "withdrawn", fingerprint: entry.fingerprint })) body.set(name, value);
  await fetch("/settings/encryption/", { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
}

/** The private key of an entry; asks for its passphrase, and answers null to whoever gives up. */
export async function unlock(entry, why) {
  if (unlocked.has(entry.fingerprint)) return unlocked.get(entry.fingerprint);
  const openpgp = await library();
  const answer = await fetch(`${place}?private=${entry.fingerprint}`, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  const locked = await openpgp.readPrivateKey({ armoredKey: (await answer.json()).private });
  const key = await ask(entry, why, (passphrase) => openpgp.decryptKey({ privateKey: locked, passphrase }));
  if (key) unlocked.set(entry.fingerprint, key);
  return key;
}

/** A dialog until `attempt` succeeds or it is closed. */
function ask(entry, why, attempt) {
  const dialog = make("dialog", { className: "dialog" });
  const form = make("form", { method: "dialog" });
  const title = make("h2", { textContent: "Passphrase", id: "pgp-passphrase-title" });
  dialog.setAttribute("aria-labelledby", title.id);
  const label = make("label", { textContent: `Of the key ${entry.holder}`, htmlFor: "pgp-passphrase" });
  const field = make("input", { className: "input", id: "pgp-passphrase", type: "password", autocomplete: "off" });
  const wrong = make("p", { className: "err", hidden: true });
  wrong.setAttribute("role", "alert");
  const acts = make("div", { className: "acts" });
  const cancel = make("button", { className: "btn", type: "button", textContent: "Cancel" });
  const go = make("button", { className: "btn primary", type: "submit", textContent: why });
  const box = make("div", { className: "field" });
  // Or else a password manager takes it for the mail password.
  const user = make("input", { type: "text", value: "OpenPGP", autocomplete: "username", hidden: true });
  box.append(user, label, field, wrong);
  acts.append(cancel, go);
  form.append(title, box, acts);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => (dialog.remove(), done(null)));
    cancel.addEventListener("click", () => dialog.close());
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      go.disabled = true;
      try {
        done(await attempt(field.value));
        dialog.close();
      } catch (problem) {
        wrong.textContent = wordsForKey(problem);
        wrong.hidden = false;
        field.select();
      }
      go.disabled = false;
    });
  });
}

const make = (tag, fields) => Object.assign(document.createElement(tag), fields);
