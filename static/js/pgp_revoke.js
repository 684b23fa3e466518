// The certificate that revokes a key of one's own: made with it, as later its passphrase may be
// forgotten; or made now, for a key that came without one.

import { library, wordsForKey } from "./pgp_library.js";

/** Of a private key that is unlocked; empty where it was revoked before. */
export async function revocationOf(key) {
  const openpgp = await library();
  if (await key.isRevoked(null, null, new Date(), openpgp.config)) return "";
  const { publicKey } = await openpgp.revokeKey({ key, format: "object" });
  return publicKey.getRevocationCertificate();
}

/** Makes it before the form goes, as a page asks for the mail password next. */
export async function revoke(form) {
  const said = form.querySelector("[data-pgp-said]");
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  try {
    form.elements.revocation.value = await makeRevocation(form);
    return form.submit();
  } catch (problem) {
    said.textContent = wordsForKey(problem);
    said.hidden = false;
    button.disabled = false;
  }
}

async function makeRevocation(form) {
  const openpgp = await library();
  const { private: armoredKey } = await (await fetch(form.dataset.private, { headers: { Accept: "application/json" } })).json();
  const privateKey = await openpgp.readPrivateKey({ armoredKey });
  const passphrase = form.querySelector("[data-pgp-passphrase]").value;
  return revocationOf(await openpgp.decryptKey({ privateKey, passphrase }));
}
