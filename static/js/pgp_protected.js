// Fields of the header that were signed or encrypted with the text (RFC 9788, section 2).

import { decodeField } from "./pgp_mime.js";

/** What the protected header says, where it differs from the one around it or is hidden there. */
export function protectedFacts(root, told, how) {
  const isProtected = root.params["protected-headers"] || root.params.hp;
  const subject = isProtected ? decodeField(root.first("subject")) : "";
  const from = isProtected ? decodeField(root.first("from")) : "";
  const facts = [];
  if (subject && subject !== told.subject) facts.push(["Subject", subject]);
  if (from && !told.senders.some((each) => from.toLowerCase().includes(each))) facts.push(["From, inside", from]);
  if (!subject) facts.push(["Not covered", `The subject and the names above were not ${how}.`]);
  return facts;
}
