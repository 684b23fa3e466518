// What a signature proves, in words: who made it, with which key, and what speaks against it.

import { compared } from "./pgp_address.js";
import { library } from "./pgp_library.js";

const GOOD = "Nothing in it was changed since.";
const WORDS = {
  mine: ["ok", "Signed by you.", GOOD],
  verified: ["ok", "Signed by {signer}.", `${GOOD} You compared this key with its owner.`],
  unverified: ["", "Signed as {signer}.", `${GOOD} You have not compared this key with its owner, so it does not prove who wrote it.`],
  other: ["warn", "The signature is not the sender’s.", "It belongs to {signer}, while the message says it is from {sender}."],
  expired: ["warn", "Signed as {signer}, with a key that had run out.", "Nothing in it was changed, but the key was not valid any more, or not yet."],
  revoked: ["bad", "Signed with a key that was withdrawn.", "The owner of {signer} revoked this key{reason}"],
  weak: ["", "Signed in an old way.", "The signature is of a kind that can be forged today, so it proves nothing."],
  unknown: ["", "Signed with a key you do not have.", "Without the key {keyid} nobody can say whether it fits, or who made it."],
  changed: ["bad", "The signature does not fit this message.", "It was changed after it was signed: by somebody, or by a mailing list that added a line."],
  nobody: ["", "The signature cannot be checked.", "The message does not name one sender. Read it as one that is not signed."],
  none: ["", "It is not signed.", "Nobody vouches for who wrote it."],
};
const BEST_FIRST = ["mine", "verified", "unverified", "changed", "revoked", "expired", "weak", "other", "unknown"];

/** The verdict on `signatures` of OpenPGP.js, for a message from `senders`. */
export async function judge(signatures, ring, senders) {
  if (!signatures.length) return said("none", {});
  if (senders.length !== 1) return said("nobody", {});
  const each = [];
  for (const signature of signatures) each.push(await judgeOne(signature, ring, senders[0]));
  return each.sort((one, other) => BEST_FIRST.indexOf(one.state) - BEST_FIRST.indexOf(other.state))[0];
}

async function judgeOne({ keyID, verified, signature }, ring, sender) {
  const entry = [...ring.own, ...ring.known].find((each) => each.entity.getKeyIDs().some((id) => id.equals(keyID)));
  if (!entry) return said("unknown", { keyid: keyID.toHex().toUpperCase() });
  const facts = { entry, sender, keyid: keyID.toHex().toUpperCase(), signer: entry.entity.getUserIDs()[0] ?? entry.fingerprint };
  facts.at = await signature.then(({ packets }) => packets[0].created, () => null);
  facts.ranOut = (await entry.entity.getExpirationTime().catch(() => null)) < new Date();
  facts.reason = reasonOf(entry.entity);
  facts.withdrawn = await isRevoked(entry.entity, new Date());
  const names = await validNames(entry.entity);
  const fitting = names.find(({ email }) => compared(email) === compared(sender));
  facts.signer = (fitting ?? names[0])?.userID ?? facts.signer;
  try {
    await verified;
  } catch (problem) {
    return said(stateOf(String(problem.message)), facts);
  }
  if (await isRevoked(entry.entity, facts.at ?? new Date())) return said("revoked", facts);
  if (!fitting || !entry.addresses.includes(sender)) return said("other", facts);
  return said(entry.mine ? "mine" : entry.verified ? "verified" : "unverified", facts);
}

function stateOf(said) {
  if (/revoked/i.test(said)) return "revoked";
  if (/expired|not yet valid|in the future|No valid|creation time/i.test(said)) return "expired";
  if (/insecure|weak|SHA1|MD5|RIPE/i.test(said)) return "weak";
  return "changed";
}

/** User IDs that the key itself has signed and not withdrawn; a stranger can add any other. */
export async function validNames(entity) {
  const names = [];
  for (const user of entity.users) {
    if (!user.userID) continue;
    // At no time in particular: a key that has run out still names its owner.
    const isValid = await user.verify(null).then(() => true, () => false);
    if (isValid) names.push(user.userID);
  }
  return names;
}

/** At a time: what was signed before its owner replaced a key, or gave it up, holds. */
async function isRevoked(entity, at) {
  const openpgp = await library();
  return entity.isRevoked(null, null, at, openpgp.config).catch(() => true);
}

// By its code (RFC 9580, section 5.2.3.31); without one somebody else may have the key.
const REASONS = { 1: ", because another one takes its place, and signed this all the same.", 3: ", because they gave it up, and signed this all the same." };

const reasonOf = (entity) => REASONS[entity.revocationSignatures[0]?.reasonForRevocationFlag] ?? ": somebody else may have it.";

function said(state, facts) {
  const [tone, title, advice] = WORDS[state];
  // Put in by a function: a name may hold what `replace` takes for a pattern.
  const fill = (text) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "somebody");
  return { state, tone, title: fill(title), advice: fill(advice), ...facts };
}

export const grouped = (fingerprint) => fingerprint.toUpperCase().replace(/(.{4})(?=.)/g, "$1 ");
