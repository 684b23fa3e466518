// Signing and encrypting in the compose window.  A message goes with OpenPGP or with a certificate,
// never with both: whoever chooses one has the other switched off, and is told so.

const OFF = {
  openpgp: "The certificate was switched off for it: a message goes with OpenPGP or with S/MIME, not with both.",
  smime: "OpenPGP was switched off for it: a message goes with OpenPGP or with S/MIME, not with both.",
};
const BOXES = {
  openpgp: "[data-protection] input[type=checkbox]",
  smime: "[data-certified] input[type=checkbox]",
};

/** Switches the other one off; a draft that its writer did nothing with stays as it was drawn. */
export function chooseFamily(form, family) {
  const other = family === "openpgp" ? "smime" : "openpgp";
  const ticked = [...form.querySelectorAll(BOXES[other])].filter((box) => box.checked);
  const isFresh = "fresh" in form.dataset && !form.dataset.written;
  for (const box of ticked) Object.assign(box, { checked: false, ...(isFresh ? { defaultChecked: false } : {}) });
  if (ticked.length) say(form, OFF[family]);
}

/** There is a line for it where both can be chosen. */
function say(form, words) {
  const line = form.querySelector("[data-family-said]");
  if (line) line.textContent = words;
}

export function installProtections(form, draft) {
  form.addEventListener("change", ({ target }) => {
    const family = Object.keys(BOXES).find((each) => target.matches(BOXES[each]));
    if (!family) return;
    say(form, "");
    if (target.checked) chooseFamily(form, family);
    // Not in five seconds: what is to be encrypted must not lie in the mailbox meanwhile.
    draft.save();
  });
  // Ticked before this was here.
  if ([...form.querySelectorAll(Object.values(BOXES).join())].some((box) => box.checked !== box.defaultChecked)) setTimeout(() => draft.save());
  if (form.querySelector("[data-protection]")) import("./pgp_compose.js").then(({ installProtection }) => installProtection(form, draft));
  if (form.querySelector("[data-quotes-decrypted]")) import("./quote_decrypted.js").then(({ quoteShown }) => quoteShown(form));
}
