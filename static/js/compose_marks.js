// Whose words a window holds (webmail/submission/marks.py): the server knows a window's own
// earlier words by them, though an answer was lost or two requests overtook one another.

const MOST = 8;
const NAME_BYTES = 8;

const read = (text) => (text ?? "").split(" ").filter(Boolean).map((mark) => mark.split("."));
const write = (marks) => marks.slice(-MOST).map((mark) => mark.join(".")).join(" ");
const covers = (marks, [window, number]) => marks.some(([name, until]) => name === window && Number(until) >= Number(number));

/** Whether what has the marks `text` was written in the knowledge of the last of `other`. */
export function goesOnFrom(text, other) {
  const last = read(other).at(-1);
  return Boolean(last) && covers(read(text), last);
}

/** The marks of words that the window `text` ends in wrote after its last request. */
export function nextOf(text) {
  const marks = read(text);
  const [window, number] = marks.pop() ?? [];
  return window ? write([...marks, [window, Number(number) + 1]]) : "";
}

export class Marks {
  constructor(before = "") {
    this.before = read(before);
    this.name = [...crypto.getRandomValues(new Uint8Array(NAME_BYTES))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    this.number = 0; // of the requests so far
  }

  /** What this window shows is what another one had written. */
  goOnFrom(text = "") {
    const taken = read(text);
    this.before = [...this.before.filter(([name]) => !taken.some(([other]) => other === name)), ...taken];
  }

  next() {
    this.number += 1;
    return String(this);
  }

  toString() {
    return write(this.number ? [...this.before, [this.name, this.number]] : this.before);
  }
}
