// What the server says of the recipients as they are typed: wrong, a look-alike, twice, new.

import { mark } from "./recipient_chips.js";

const SOON_MS = 150;
const PAUSE_MS = 800;
const GRAVE = ["bad", "caution"];

export function installMarks(form, draft) {
  let timer = 0;
  let asking = null;
  const ask = async () => {
    asking?.abort();
    asking = new AbortController();
    const asked = all(form);
    const marks = await answer(form, draft, asked, asking.signal).catch(() => null);
    if (!marks) return; // the chips keep what we saw ourselves
    asked.forEach((one, at) => marks[at] && one.chip?.isConnected && mark(one.chip, marks[at]));
    for (const line of lines(form)) {
      line.pending = marks.find((each, at) => !asked[at].chip && asked[at].line === line && GRAVE.includes(each.level))?.words;
      say(line);
    }
  };
  const soon = (wait) => (clearTimeout(timer), (timer = setTimeout(ask, wait)));
  form.addEventListener("input", ({ target }) => target.closest?.("[data-recipients]") && soon(PAUSE_MS));
  for (const kind of ["focusin", "focusout", "pointerover", "pointerout"]) {
    form.addEventListener(kind, ({ target, relatedTarget }) => target.closest?.("[data-recipients]") && say(target.closest(".line"), kind.endsWith("t") ? relatedTarget : target));
  }
  return () => soon(SOON_MS);
}

const lines = (form) => [...form.querySelectorAll(".line:has([data-recipients])")];

function all(form) {
  return lines(form).flatMap((line) => {
    const tokens = line.querySelector("[data-recipients]");
    const field = tokens.querySelector("input[name]").name;
    const typed = tokens.querySelector("input:not([name])").value.trim();
    const chips = [...tokens.querySelectorAll(".chip")].map((chip) => ({ line, field, chip, text: chip.dataset.address }));
    return typed.includes("@") ? [...chips, { line, field, text: typed }] : chips;
  });
}

async function answer(form, draft, asked, signal) {
  if (!asked.length) return [];
  const body = new FormData();
  for (const name of ["csrfmiddlewaretoken", "fresh"]) body.set(name, draft.field(name).value);
  body.set("identity", form.elements.identity?.value ?? "");
  body.set("asked", JSON.stringify(asked.map(({ field, text }) => [field, text])));
  const response = await fetch(`${form.action}recipients/`, { method: "POST", body, signal, redirect: "manual", headers: { Accept: "application/json" } });
  return response.ok ? (await response.json()).marks : null;
}

/** Under a field: the words of the chip one looks at, else the gravest there is to say. */
function say(line, at) {
  const chips = [...line.querySelectorAll(".chip")];
  const looked = at?.closest?.(".chip") ?? document.activeElement?.closest?.(".chip");
  const grave = GRAVE.map((level) => chips.find((chip) => chip.classList.contains(level))).find(Boolean);
  const chip = chips.includes(looked) && looked.dataset.words ? looked : grave;
  const words = chip?.dataset.words || line.pending || "";
  const place = line.querySelector("p.words:not(.no-js)") ?? line.appendChild(Object.assign(document.createElement("p"), { className: "words" }));
  place.hidden = !words;
  place.classList.toggle("is-bad", !chip || chip.classList.contains("bad"));
  if (place.textContent === words) return;
  place.textContent = words;
  const live = document.getElementById("announce");
  if (live && words && (!chip || chip !== looked)) live.textContent = words;
}
