// Fields of the header that were signed or encrypted with the text (RFC 9788, section 2).

import { decodeField } from "./pgp_mime.js";

/** The subject that was signed or encrypted with the text; empty where there is none. */
export const protectedSubject = (root) => (isProtected(root) ? decodeField(root.first("subject")) : "");

const isProtected = (root) => Boolean(root.params["protected-headers"] || root.params.hp);

/** What the protected header says, where it differs from the one around it or is hidden there. */
export function protectedFacts(root, told, how) {
  const subject = protectedSubject(root);
  const from = isProtected(root) ? decodeField(root.first("from")) : "";
  const facts = [];
  if (subject && subject !== told.subject) facts.push(["Subject", subject]);
  if (from && !told.senders.some((each) => from.toLowerCase().includes(each))) facts.push(["From, inside", from]);
  if (!subject) facts.push(["Not covered", `The subject and the names above were not ${how}.`]);
  return facts;
}
