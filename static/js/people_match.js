// Whether somebody may be meant by what was typed: as the server compares, so that its order
// holds for what is known already.  Case and accents do not count.

const MARKS = /[\u0300-\u036f\u00ad\u200b-\u200f\u2060]/gu;
const PLAIN = { ø: "o", đ: "d", ð: "d", ł: "l", ı: "i", ħ: "h", æ: "ae", œ: "oe", ß: "ss" };
const MIDDLE = 3; // letters that may stand within a word

export const fold = (text) => [...text.toLowerCase().normalize("NFKD").replace(MARKS, "").normalize("NFC")].map((one) => PLAIN[one] ?? one).join("");
export const runs = (text) => fold(text).match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
const blanked = (words) => words.map((word) => ` ${word}`).join("");

/** 0 for the starts of words, 1 for what stands within words, -1 for neither. */
export function level({ name, address, members }, typed) {
  const wanted = runs(typed);
  if (!wanted.length) return typed.trim() ? -1 : 0;
  if (members.length) return starts(blanked(runs(name)), wanted) ? 0 : -1;
  const at = address.lastIndexOf("@");
  const domain = address.slice(at + 1);
  if (/[@.]/.test(typed) && blanked(runs(address)).includes(blanked(wanted))) return 0;
  if (typed.includes("@")) return -1;
  const words = blanked([...runs(name), ...runs(address.slice(0, at)), ...runs(domain.replace(/\.[^.]*$/, ""))]);
  if (starts(words, wanted)) return 0;
  return wanted.every((run) => words.includes(run) && isMiddle(run)) ? 1 : -1;
}

const isMiddle = (run) => run.length >= MIDDLE || /[^\x00-\x7f]/.test(run);

const starts = (words, wanted) => wanted.every((run) => words.includes(` ${run}`));

/** The text with what was typed marked in it: at the starts of words, else within them. */
export function marked(text, typed) {
  const taken = new Array(text.length).fill(false);
  for (const run of runs(typed)) {
    const places = placesOf(text, run);
    const begins = places.filter(([from]) => !from || !/[\p{L}\p{N}\p{M}]/u.test(text[from - 1]));
    for (const [from, to] of begins.length || !isMiddle(run) ? begins.slice(0, 1) : places.slice(0, 1)) taken.fill(true, from, to);
  }
  const found = [];
  for (let at = 0, end = 0; at < text.length; at = end) {
    while (end < text.length && taken[end] === taken[at]) end += 1;
    const piece = text.slice(at, end);
    found.push(taken[at] ? Object.assign(document.createElement("mark"), { textContent: piece }) : piece);
  }
  return found;
}

function placesOf(text, run) {
  let folded = "";
  const origin = [];
  for (let at = 0; at < text.length; at += 1) {
    const piece = fold(text[at]);
    for (let count = piece.length; count; count -= 1) origin.push(at);
    folded += piece;
  }
  origin.push(text.length);
  const places = [];
  for (let at = folded.indexOf(run); at >= 0; at = folded.indexOf(run, at + 1)) places.push([origin[at], origin[at + run.length]]);
  return places;
}
