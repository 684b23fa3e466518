// Makes keys and takes them in: the private half leaves this page only locked by its passphrase.

import { ask, SignedOut } from "./compose_wire.js";
import { keyring } from "./pgp_keyring.js";
import { library, wordsForKey } from "./pgp_library.js";
import { revocationOf, revoke } from "./pgp_revoke.js";
import { whyNot } from "./pgp_usable.js";

const LEAST_CHARACTERS = 10;

class Wrong extends Error {}

async function make(form) {
  const [passphrase, again] = ["#make-passphrase", "#make-again"].map((name) => form.querySelector(name).value);
  if (passphrase.length < LEAST_CHARACTERS) throw new Wrong(`The passphrase has fewer than ${LEAST_CHARACTERS} characters.`);
  if (passphrase !== again) throw new Wrong("The two passphrases differ.");
  const { name, address } = form.querySelector("#make-for").selectedOptions[0].dataset;
  const openpgp = await library();
  // The older form of Curve25519 is the one that all programs in use understand.
  const { privateKey, publicKey, revocationCertificate } = await openpgp.generateKey({ type: "ecc", curve: "curve25519Legacy", userIDs: [name ? { name, email: address } : { email: address }], passphrase, format: "armored" });
  return { private: privateKey, public: publicKey, revocation: revocationCertificate };
}

async function takeIn(form) {
  const passphrase = form.querySelector("#import-passphrase").value;
  const openpgp = await library();
  const key = await openpgp.readPrivateKey({ armoredKey: form.querySelector("#import-private").value });
  if (key.isDecrypted()) {
    if (passphrase.length < LEAST_CHARACTERS) throw new Wrong(`This key has no passphrase. Choose one of at least ${LEAST_CHARACTERS} characters for it.`);
    const locked = await openpgp.encryptKey({ privateKey: key, passphrase });
    return { private: locked.armor(), public: key.toPublic().armor(), revocation: await revocationOf(key) };
  }
  const opened = await openpgp.decryptKey({ privateKey: key, passphrase }); // or else it could never be used here
  return { private: key.armor(), public: key.toPublic().armor(), revocation: await revocationOf(opened) };
}

async function store(form, pair) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.namedItem("csrfmiddlewaretoken").value);
  body.set("do", "add-own");
  for (const [name, value] of Object.entries(pair)) body.set(name, value);
  const { errors } = await ask(form, form.action, body).catch((problem) => {
    throw new Wrong(problem instanceof SignedOut ? "Not stored: you were signed out." : "Not stored: the server did not answer. Try again.");
  });
  const wrong = Object.values(errors)[0];
  if (wrong) throw new Wrong(wrong);
}

async function onSubmit(event, work) {
  const form = event.target;
  event.preventDefault();
  const said = form.querySelector("[data-pgp-said]");
  const button = form.querySelector("button[type=submit]");
  said.hidden = true;
  button.disabled = true;
  try {
    await store(form, await work(form));
    location.reload();
  } catch (problem) {
    said.textContent = problem instanceof Wrong ? problem.message : wordsForKey(problem);
    said.hidden = false;
    button.disabled = false;
  }
}

/** Beside each key of somebody else that nothing can be encrypted with, why. */
async function sayStates(root) {
  const rows = [...root.querySelectorAll("[data-pgp-known]")];
  if (!rows.length) return;
  const { known } = await keyring(root.querySelector("[data-own-keys]").dataset.ownKeys);
  for (const row of rows) {
    const entry = known.find(({ fingerprint }) => fingerprint === row.dataset.pgpKnown);
    const reason = entry && (await whyNot(entry.entity));
    if (reason) row.querySelector("[data-pgp-state]").textContent = `This key ${reason}, so nothing is encrypted with it.`;
  }
}

export function install(root) {
  sayStates(root);
  root.addEventListener("submit", (event) => {
    if (event.target.matches("[data-pgp-make]")) onSubmit(event, make);
    if (event.target.matches("[data-pgp-import]")) onSubmit(event, takeIn);
    if (event.target.matches("[data-pgp-revoke]")) (event.preventDefault(), revoke(event.target));
  });
}
