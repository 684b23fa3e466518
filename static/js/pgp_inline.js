// OpenPGP in the midst of a text: the block is shown by itself, and what stands around it apart.

import { keyring } from "./pgp_keyring.js";
import { library } from "./pgp_library.js";
import { decodeText } from "./pgp_mime.js";
import { lines, show } from "./pgp_shown.js";
import { judge } from "./pgp_verdict.js";

const SIGNED = /^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*$[^]*?^-----END PGP SIGNATURE-----[ \t]*$/m;
const ENCRYPTED = /^-----BEGIN PGP MESSAGE-----[ \t]*$[^]*?^-----END PGP MESSAGE-----[ \t]*$/m;
const BEGINNINGS = /^-----BEGIN PGP (?:SIGNED )?MESSAGE-----/gm;

export async function openInline(card, told, { offerDecryption, opened, say }) {
  const text = told.armored.replace(/\r\n?/g, "\n");
  if (text.match(BEGINNINGS)?.length !== 1) {
    return say(card, { title: "OpenPGP in parts of this message.", advice: "It holds more than one block, or a piece of one. None is checked, since nobody could see where each ends." });
  }
  const block = (ENCRYPTED.exec(text) ?? SIGNED.exec(text))?.[0];
  if (!block) return say(card, { title: "OpenPGP in a part of this message.", advice: "The block is not whole, so it cannot be checked." });
  const around = text.replace(block, () => "\n").trim();
  if (!block.startsWith("-----BEGIN PGP SIGNED")) {
    return offerDecryption(card, async () => {
      const inside = await opened(card, block);
      if (!inside) return inside === null;
      const verdict = await judge(inside.signatures, inside.ring, told.senders);
      say(card, { ...verdict, title: `Decrypted. ${verdict.title}` }, facts(around, "encrypted"));
      await showApart(card, decodeText(inside.data), around, "Decrypted text");
      return true;
    });
  }
  const openpgp = await library();
  const ring = await keyring(card.dataset.pgpKeys);
  const message = await openpgp.readCleartextMessage({ cleartextMessage: block });
  const keys = [...ring.own, ...ring.known].map(({ entity }) => entity);
  const { signatures } = await openpgp.verify({ message, verificationKeys: keys });
  say(card, await judge(signatures, ring, told.senders), facts(around, "signed"));
  await showApart(card, message.getText(), around, "Signed text");
}

function facts(around, how) {
  const told = [["Not covered", `The subject and the names above were not ${how}.`]];
  if (around) told.push(["Not covered", `The text under “Not ${how}” below.`]);
  return told;
}

/** The message as it came is put away: it would look as if all of it were covered. */
async function showApart(card, text, around, title) {
  const how = title.startsWith("Signed") ? "signed" : "encrypted, and not signed";
  for (let next = card.nextElementSibling; next; next = next.nextElementSibling) next.hidden = true;
  const frame = await show(lines(text.replace(/\r\n/g, "\n")), { page: card.dataset.pgpPage, title, after: card });
  if (!around) return;
  const heading = Object.assign(document.createElement("p"), { className: "pgp-around", textContent: `Not ${how}:` });
  frame.after(heading);
  await show(lines(around), { page: card.dataset.pgpPage, title: `Not ${how}`, after: heading });
}
