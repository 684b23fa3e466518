// People offered while an address is typed.  Nothing here is needed to type on: an answer that
// comes late or never leaves the field as it is.

import { PeopleBox } from "./people_box.js";
import { ask, fitting, forget, isAll, prime } from "./people_known.js";
import { isAddress } from "./recipient_text.js";

const PAUSE_MS = 100;

/** `hear`: `piece()` is what is being typed, `taken()` the addresses that are there already,
 * `choose(texts)` puts people in its place. */
export function installSuggestions(entry, line, url, hear) {
  let timer = 0;
  let asking = null;
  let dismissed = "";
  const box = new PeopleBox(entry, line, { choose, forget: away });

  function choose(person) {
    stop();
    hear.choose(person.members.length ? person.members : [person.text]);
    say(person.members.length ? `${person.members.length} people of ${person.name} added` : "");
  }

  function show() {
    const typed = hear.piece();
    if (typed === dismissed || document.activeElement !== entry) return box.close();
    const people = fitting(typed, hear.taken());
    const before = box.rows.length;
    // What is a whole address is never taken for somebody else by Enter.
    box.show(people, typed, !isAddress(typed.trim()));
    if (people.length !== before || !people.length) tell(people.length, before);
  }

  const tell = (count, before) => {
    if (count) say(count === 1 ? "1 suggestion" : `${count} suggestions`);
    else if (before) say("No suggestions");
  };

  function stop() {
    clearTimeout(timer);
    asking?.abort();
    box.close();
  }

  function look() {
    dismissed = "";
    clearTimeout(timer);
    asking?.abort(); // its answer is to another question by now
    show();
    const typed = hear.piece().trim();
    if (typed && !isAll(typed)) timer = setTimeout(() => send(typed), PAUSE_MS);
  }

  async function send(typed) {
    asking = new AbortController();
    const { signal } = asking;
    await ask(url, typed, signal).catch(() => {}); // no line: what is known has to do
    if (!signal.aborted && hear.piece().trim() === typed) show();
  }

  async function away(person) {
    const name = person.name || person.address;
    const isDone = await forget(url, person, line.closest("form").elements.csrfmiddlewaretoken.value);
    show();
    say(isDone ? `${name} is not suggested any more. Settings, Lists of people, brings them back.` : `${name} could not be taken out now.`);
  }

  function onKey(event) {
    const chosen = box.chosen;
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (["ArrowDown", "ArrowUp"].includes(event.key)) {
      if (!box.isOpen) dismissed = "";
      if (!box.isOpen) show();
      else box.step(event.key === "ArrowDown" ? 1 : -1);
      if (box.isOpen) event.preventDefault();
    } else if (event.key === "Escape" && box.isOpen) {
      event.preventDefault();
      dismissed = hear.piece();
      stop();
    } else if (event.key === "Delete" && event.shiftKey && chosen && !chosen.members.length) {
      event.preventDefault();
      away(chosen);
    } else if (["Enter", "Tab"].includes(event.key) && !event.shiftKey && chosen) {
      event.preventDefault();
      choose(chosen);
    }
  }

  entry.addEventListener("focus", () => prime(url));
  entry.addEventListener("input", look);
  entry.addEventListener("keydown", onKey);
  entry.addEventListener("blur", stop);
  return stop;
}

function say(words) {
  const live = document.getElementById("announce");
  if (live && words) live.textContent = words;
}
