// Messages with OpenPGP, once they are open: signatures are checked, what is encrypted waits for
// a click.  The card is ours and stands outside of what the sender wrote (T92).

import { icon } from "./icon.js";
import { csrfToken } from "./part.js";
import { findKeys } from "./pgp_find.js";
import { forgetKeyring, keyring, unlock } from "./pgp_keyring.js";
import { library, wordsForKey } from "./pgp_library.js";
import { binary, octetsOf, parseMime } from "./pgp_mime.js";
import { openInline } from "./pgp_inline.js";
import { protectedFacts, protectedSubject } from "./pgp_protected.js";
import { chosen, fileList, fragmentOf, show } from "./pgp_shown.js";
import { grouped, judge } from "./pgp_verdict.js";
import { noteShown } from "./quote_decrypted.js";

const TIME = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" });
const HOLDS = ["mine", "verified", "unverified", "other", "expired"];
const NO_KEY = "None of your keys fits: it was encrypted for other ones.";

async function start(card) {
  card.dataset.pgpStarted = "1";
  try {
    const answer = await fetch(card.dataset.pgp, { headers: { Accept: "application/json" } });
    const told = await answer.json();
    if (told.kind === "signed") await checkSigned(card, told);
    else if (told.kind === "encrypted") offerDecryption(card, () => decrypt(card, told.armored, told));
    else if (told.kind === "inline") await openInline(card, told, { offerDecryption, opened, say });
    else say(card, { title: "OpenPGP in a part of this message.", advice: "Only a message as a whole is checked, since nobody could see where the part ends." });
  } catch (problem) {
    say(card, { tone: "", title: "This message could not be checked.", advice: `Read it as one that is not signed. ${/armor/i.test(problem.message) ? "The signature is damaged." : problem.message}` });
  }
  card.dataset.pgpDone = "1";
}

/** The verdict in the card; `facts` are pairs to be read below it. */
export function say(card, { tone = "", title, advice, state, entry, at, keyid, ranOut, withdrawn }, more = []) {
  card.classList.remove("is-ok", "is-warn", "is-bad");
  if (tone) card.classList.add(`is-${tone}`);
  card.dataset.pgpState = state ?? "";
  card.querySelector("[data-pgp-title]").textContent = title;
  card.querySelector("[data-pgp-advice]").textContent = advice;
  if (["mine", "verified"].includes(state)) card.querySelector(":scope > .i").replaceWith(icon("badge-check"));
  const facts = [...more];
  if (entry) facts.push(["Key", grouped(entry.fingerprint)]);
  else if (keyid) facts.push(["Key", keyid]);
  if (at) facts.push(["Signed", TIME.format(at)]);
  if (ranOut && HOLDS.includes(state)) facts.push(["Since then", "The key has run out."]);
  if (withdrawn && HOLDS.includes(state)) facts.push(["Since then", "Its owner has withdrawn the key."]);
  const list = card.querySelector("[data-pgp-facts]");
  list.hidden = !facts.length;
  list.replaceChildren(...facts.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
}

const element = (tag, textContent) => Object.assign(document.createElement(tag), { textContent });

async function checkSigned(card, told) {
  const openpgp = await library();
  const ring = await keyring(card.dataset.pgpKeys);
  const content = Uint8Array.from(atob(told.content), (each) => each.charCodeAt(0));
  const verdict = await detached(openpgp, content, told.armored, ring, told.senders);
  const root = parseMime(binary(content));
  // What a signature does not hold for is not quoted as if it did.
  say(card, verdict, HOLDS.includes(verdict.state) ? protectedFacts(root, told, "signed") : []);
  if (verdict.state === "unknown" && told.senders.length === 1) offerLook(card, told);
}

/** The sender's domain is asked for their key on a click, and the signature judged anew. */
function offerLook(card, told) {
  const button = Object.assign(document.createElement("button"), { className: "btn", type: "button", textContent: "Look for the key" });
  button.addEventListener("click", async () => {
    button.disabled = true;
    const { said, answered } = await findKeys(told.senders, csrfToken());
    button.disabled = false;
    if (answered) button.remove();
    if (said.length) return card.querySelector("[data-pgp-advice]").append(" ", ...said);
    forgetKeyring();
    await checkSigned(card, told);
  });
  card.querySelector("[data-pgp-acts]").replaceChildren(button);
}

async function detached(openpgp, content, armored, ring, senders) {
  const signature = await openpgp.readSignature({ armoredSignature: armored });
  const keys = [...ring.own, ...ring.known].map(({ entity }) => entity);
  const message = await openpgp.createMessage({ binary: content });
  const { signatures } = await openpgp.verify({ message, signature, verificationKeys: keys });
  return judge(signatures, ring, senders);
}

function offerDecryption(card, act) {
  const button = Object.assign(document.createElement("button"), { className: "btn primary", type: "button", textContent: "Decrypt" });
  button.addEventListener("click", async () => {
    button.disabled = true;
    if (await act()) button.remove();
    button.disabled = false;
  });
  card.querySelector("[data-pgp-acts]").replaceChildren(button);
}

/** Answers whether it is done; whoever closed the dialog may try again. */
async function decrypt(card, armored, told) {
  const inside = await opened(card, armored);
  if (!inside) return inside === null;
  const { ring, data } = inside;
  let root = parseMime(binary(data));
  let verdict = await judge(inside.signatures, ring, told.senders);
  // Signed first, then encrypted (RFC 3156, 6.1): what the inner signature covers is all that is shown.
  if (verdict.state === "none" && root.type === "multipart/signed" && root.parts.length === 2 && root.parts[1].type === "application/pgp-signature") {
    const content = octetsOf(root.parts[0].raw.replace(/\r?\n/g, "\r\n"));
    verdict = await detached(await library(), content, root.parts[1].content, ring, told.senders);
    root = root.parts[0];
  }
  const facts = protectedFacts(root, told, "encrypted");
  say(card, { ...verdict, title: `Decrypted. ${verdict.title}` }, facts);
  const found = chosen(root);
  if (found.files.length) card.querySelector("[data-pgp-acts]").before(fileList(found.files));
  const frame = await show(fragmentOf(found), { page: card.dataset.pgpPage, title: "Decrypted text", after: card });
  noteShown(card, frame, protectedSubject(root));
  return true;
}

/** The octets of an encrypted block; null where that is impossible, false where nobody gave a passphrase. */
async function opened(card, armored) {
  try {
    const openpgp = await library();
    const ring = await keyring(card.dataset.pgpKeys);
    const message = await openpgp.readMessage({ armoredMessage: armored });
    const wanted = message.getEncryptionKeyIDs();
    const entry = ring.own.find(({ entity }) => entity.getKeyIDs().some((id) => wanted.some((each) => each.equals(id, true))));
    if (!entry) return say(card, { title: "This message is encrypted.", advice: NO_KEY }), null;
    const key = await unlock(entry, "Decrypt");
    if (!key) return false;
    const keys = [...ring.own, ...ring.known].map(({ entity }) => entity);
    const { data, signatures } = await openpgp.decrypt({ message, decryptionKeys: key, verificationKeys: keys, format: "binary" });
    return { ring, data, signatures };
  } catch (problem) {
    say(card, { tone: "bad", state: "refused", title: "This message was not decrypted.", advice: refusal(problem) });
    return null;
  }
}

function refusal(problem) {
  const words = String(problem.message);
  if (/integrity|not authenticated|modification|Modification/i.test(words)) return "It was changed on its way, or made without protection against that. Nothing of it is shown, since it could be a trap.";
  return /armor|misformed/i.test(words) ? "It is damaged." : wordsForKey(problem);
}

export function install(root) {
  for (const card of root.querySelectorAll("[data-pgp]:not([data-pgp-started])")) start(card);
}
