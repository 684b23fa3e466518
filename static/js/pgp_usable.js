// Whether a correspondent's key can be used to encrypt for them, and if not, why not, in words.
// Only here, as what a key says of itself is signed, and signatures are checked in the browser.

import { compared } from "./pgp_address.js";
import { library } from "./pgp_library.js";
import { validNames } from "./pgp_verdict.js";

const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });

/** Empty where it can be used: what became of the key, to follow its owner's address. */
export async function whyNot(key) {
  const openpgp = await library();
  if (await key.isRevoked(null, null, new Date(), openpgp.config).catch(() => true)) return "was withdrawn by its owner";
  if (await key.getEncryptionKey().then(() => true, () => false)) return "";
  const until = await key.getExpirationTime().catch(() => null);
  return until instanceof Date && until < new Date() ? `ran out on ${DAY.format(until)}` : "cannot encrypt, or its part for that ran out or was withdrawn";
}

/** A sentence about those of `keys`, fingerprints by address, that nothing can be encrypted for;
 * `addresses` are theirs. */
export async function sayUnusable(keys, ring) {
  const reasons = [];
  for (const [address, fingerprint] of Object.entries(keys)) {
    const entry = ring.known.find((each) => each.fingerprint === fingerprint);
    const reason = entry ? await whyNot(entry.entity) : "";
    if (reason) reasons.push([address, `the key of ${address} ${reason}`]);
  }
  const sentence = reasons.length ? `Not to be encrypted: ${reasons.map(([, why]) => why).join("; ")}. Ask for a newer one.` : "";
  return { sentence, addresses: reasons.map(([address]) => address) };
}

/** The keys to encrypt with, or `refuse` is called with a sentence about one that has run out, was
 * withdrawn or is somebody else's: anybody can write a name into a key, but only its owner can sign it. */
export async function usable(keys, brought, refuse) {
  const openpgp = await library();
  const found = [];
  for (const [address, armoredKey] of Object.entries(keys)) {
    const key = await openpgp.readKey({ armoredKey }).catch(() => null);
    const reason = key ? await whyNot(key) : "is damaged";
    if (reason) refuse(`The key of ${address} ${reason}. Ask for a newer one.`);
    const isTheirs = brought.includes(address) || (await validNames(key)).some(({ email }) => compared(email) === compared(address));
    if (!isTheirs) refuse(`The key kept for ${address} does not name this address as its own. Remove it in the settings, under Encryption.`);
    found.push(key);
  }
  return found;
}
