// What could not be saved yet, kept in this browser for its user only.

const NAMES = ["identity", "to", "cc", "bcc", "subject", "text", "html", "format", "fresh", "revision", "signed", "signature"];

const place = (draft) => `hearth.draft.${draft.form.dataset.user}.${draft.form.dataset.draft}`;

export function keep(draft) {
  for (const sync of draft.syncs) sync();
  const fields = Object.fromEntries(NAMES.map((name) => [name, draft.field(name)?.value ?? ""]));
  try {
    localStorage.setItem(place(draft), JSON.stringify(fields));
  } catch {
    // Full, or forbidden in this window: then the server alone keeps it.
  }
}

export function forget(draft) {
  try {
    localStorage.removeItem(place(draft));
  } catch {
    // As above.
  }
}

/** Puts back what was typed over this very revision and never reached the server. */
export function restore(draft) {
  let fields;
  try {
    fields = JSON.parse(localStorage.getItem(place(draft)) ?? "null");
  } catch {
    return false;
  }
  if (!fields || fields.revision !== draft.field("revision").value) return false;
  for (const name of ["to", "cc", "bcc", "subject", "text", "html"]) draft.field(name).value = fields[name] ?? "";
  for (const name of ["signed", "signature"]) if (draft.field(name)) draft.field(name).value = fields[name] ?? "";
  draft.form.dataset.start = fields.format === "html" ? "rich" : "plain";
  return true;
}
