// The subject that was encrypted with a message, taken over by its answer in place of the "..."
// outside.  It stays a secret for as long as it stands there (RFC 9788, section 6).

const before = (words) => new RegExp(`^(?:(?:${words})(?:\\[\\d{1,3}\\]|\\(\\d{1,3}\\)|\\^\\d{1,3})?\\s*[:：]\\s*)+`, "i");
// As message/reply.py has them.
const BEFORE = {
  "Re:": before("re|aw|antw|sv|vs|odp|ynt|res|rif|回复|回覆|答复|返信"),
  "Fwd:": before("fwd?|wg|vb|tr|rv|enc|doorst|转发|轉寄|転送"),
};

/** As the server names an answer: one `Re:` or `Fwd:`, whatever stood there before. */
export function takeSubject(form, subject) {
  const field = form.querySelector('[name="subject"]');
  const [act] = /^(?:Re|Fwd):/.exec(field.value) ?? [];
  const own = subject?.replace(/\s+/g, " ").trim();
  const bare = own?.replace(BEFORE[act], "");
  if (!act || !bare || field.value !== field.defaultValue || field.value === `${act} ${bare}`) return;
  Object.assign(field, { defaultValue: `${act} ${bare}` });
  field.value = field.defaultValue;
  const area = form.querySelector("[data-text]");
  if (act === "Fwd:") area.value = area.defaultValue = area.value.replace(/^Subject: .*$/m, () => `Subject: ${own}`);
  const mark = form.querySelector("[data-subject-decrypted]");
  Object.assign(mark, { checked: true, defaultChecked: true });
  field.addEventListener("input", () => (mark.checked = shares(field.value, bare)));
}

/** Any word of it may be the secret. */
function shares(text, bare) {
  const words = (each) => each.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const left = words(text);
  return text.includes(bare) || words(bare).some((word) => left.includes(word));
}
