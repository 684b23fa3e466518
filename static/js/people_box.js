// The list under an address field: one row for each person, one of them perhaps chosen.

import { icon } from "./icon.js";
import { marked } from "./people_match.js";

/** `hear` has `choose` and `forget`, each told a person. */
export class PeopleBox {
  constructor(entry, line, hear) {
    this.entry = entry;
    this.hear = hear;
    this.rows = [];
    this.at = -1;
    this.element = Object.assign(document.createElement("div"), { className: "suggest", hidden: true });
    this.list = Object.assign(document.createElement("ul"), { className: "menu", id: `${entry.id}-people` });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Suggestions");
    this.element.append(this.list);
    line.append(this.element);
    const said = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id };
    for (const [name, value] of Object.entries(said)) entry.setAttribute(name, value);
    // The field keeps the focus, by mouse and by finger.
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
    this.element.addEventListener("click", (event) => this.click(event));
  }

  get isOpen() {
    return !this.element.hidden;
  }

  get chosen() {
    return this.isOpen ? this.rows[this.at] : undefined;
  }

  show(people, typed, hasFirst) {
    const before = this.isMoved ? this.chosen : undefined;
    // The rows stay where an answer says what was known: a finger may be on one.
    const said = JSON.stringify([typed, people]);
    if (said !== this.said) this.list.replaceChildren(...people.map((one, place) => this.row(one, place, typed)));
    this.said = said;
    this.rows = people;
    this.element.hidden = !people.length;
    this.entry.setAttribute("aria-expanded", String(this.isOpen));
    const kept = before ? people.findIndex((one) => one.address === before.address && one.name === before.name) : -1;
    this.isMoved = kept >= 0;
    this.mark(kept >= 0 ? kept : hasFirst && people.length ? 0 : -1);
    // Only while it is open: the page outlives its windows.
    window.visualViewport?.[this.isOpen ? "addEventListener" : "removeEventListener"]("resize", this.fit);
    if (this.isOpen) this.fit();
  }

  close() {
    this.isMoved = false;
    this.show([], "", false);
  }

  /** Round the rows and the field itself, where none is chosen. */
  step(by) {
    const places = this.rows.length + 1;
    this.isMoved = true;
    this.mark(((this.at + 1 + by + places) % places) - 1);
  }

  mark(at) {
    this.at = at;
    [...this.list.children].forEach((row, place) => row.setAttribute("aria-selected", String(place === at)));
    const row = this.list.children[at];
    if (!row) return this.entry.removeAttribute("aria-activedescendant");
    this.entry.setAttribute("aria-activedescendant", row.id);
    row.scrollIntoView({ block: "nearest" });
  }

  /** No higher than there is room above the keyboard. */
  fit = () => {
    const view = window.visualViewport;
    const bottom = view ? view.offsetTop + view.height : window.innerHeight;
    const room = Math.max(bottom - this.element.getBoundingClientRect().top - 12, 96);
    this.list.style.setProperty("--room", `${Math.round(room)}px`);
  };

  click(event) {
    const row = event.target.closest("[role=option]");
    const person = this.rows[[...this.list.children].indexOf(row)];
    if (!person) return;
    if (event.target.closest(".x")) this.hear.forget(person);
    else this.hear.choose(person);
  }

  row(person, place, typed) {
    const row = element("li", "");
    row.id = `${this.list.id}-${place}`;
    row.setAttribute("role", "option");
    const isList = person.members.length > 0;
    const sign = element("span", "avatar small", ...(isList ? [icon("users", "i-s")] : [person.initials]));
    sign.dataset.hue = person.hue;
    sign.setAttribute("aria-hidden", "true");
    const under = isList ? `${person.members.length} people: ${person.address}` : person.address;
    const lines = [person.name, under].filter(Boolean).map((text, at) => {
      const line = element("span", at || !person.name ? "clip" : "nm clip", ...(isList && at ? [text] : marked(text, typed)));
      line.dir = "auto";
      return line;
    });
    row.append(sign, element("span", "two", ...lines));
    if (!isList) row.append(forgetSign());
    return row;
  }
}

/** For mouse and finger; keys have Shift+Delete, as a button has no place within an option. */
function forgetSign() {
  const sign = element("span", "x", icon("x", "i-s"));
  sign.title = "Do not suggest again (Shift+Delete)";
  sign.setAttribute("aria-hidden", "true");
  return sign;
}

function element(name, className, ...inside) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...inside);
  return made;
}
