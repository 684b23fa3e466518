// Address fields that stay text: people are offered for the piece one types.

import { expand } from "./people_known.js";
import { installSuggestions } from "./people_suggest.js";
import { addrSpecOf, split } from "./recipient_text.js";

const LAST = /(?:"(?:[^"\\]|\\.)*"?|<[^<>]*>?|[^,;"<])*$/;

export function install(root) {
  for (const form of root.querySelectorAll("form[data-offers-people]")) {
    for (const name of ["to", "cc", "bcc"]) offer(form, form.elements[name]);
  }
}

function offer(form, field) {
  field.removeAttribute("list");
  const fields = ["to", "cc", "bcc"].map((name) => form.elements[name]);
  const piece = () => LAST.exec(field.value)[0].trim();
  const before = () => field.value.slice(0, field.value.length - LAST.exec(field.value)[0].length).trimEnd();
  const choose = (texts) => {
    field.value = [before(), `${texts.flatMap(expand).join(", ")}, `].filter(Boolean).join(" ");
    field.focus();
  };
  const taken = () => new Set(fields.flatMap((each) => split(each === field ? before() : each.value)).map(addrSpecOf));
  installSuggestions(field, field.closest(".field"), form.dataset.offersPeople, { piece, taken, choose });
}
