// Lists of people as text: typed, or pasted from a mail, an address book or a sheet.

const SEPARATORS = new Set([",", ";", "\n"]);
const IN_ANGLES = /^([^<>"@]*)<([^<>]+@[^<>]+)>$/;

/** Pieces with the separator after each; a group (RFC 5322, 3.4) is its members. */
function pieces(text) {
  const found = [];
  let piece = "";
  let closing = "";
  for (const character of text) {
    if (closing) closing = character === closing ? "" : closing;
    else if (character === '"') closing = '"';
    else if (character === "<") closing = ">";
    if (!closing && SEPARATORS.has(character)) {
      found.push([piece.trim(), character]);
      piece = "";
    } else if (!closing && character === ":" && !/[@[]/.test(piece)) piece = "";
    else piece += character;
  }
  return [...found, [piece.trim(), ""]];
}

/** At commas, semicolons and lines that stand outside quotes and angle brackets. */
export const split = (text) => pieces(text).map(([piece]) => piece).filter(Boolean);

/** The same of a list of any shape: rows of a sheet, names with commas and no quotes, addresses
 * with nothing but a blank between them.  What is no address stays, to be seen. */
export function spread(text) {
  const lines = text.split(/\r\n|\r|\n/);
  const plain = text.includes("\t") ? lines.flatMap(row).join("\n") : lines.join("\n");
  return joined(pieces(plain)).flatMap(apart);
}

/** A row of a sheet: its addresses, with the words before one as the name. */
function row(line, at) {
  const cells = line.split("\t").map((cell) => cell.trim().replace(/^"(.*)"$/, "$1")).filter(Boolean);
  const addresses = cells.filter((cell) => cell.includes("@"));
  if (!addresses.length) return at ? cells.join(" ") : []; // the first may be what the columns are called
  if (addresses.length > 1 || /[<,;]/.test(addresses[0])) return addresses;
  const place = cells.indexOf(addresses[0]);
  const name = (place ? cells.slice(0, place) : cells.slice(1, 2)).join(" ");
  return name ? `${quoted(name)} <${addresses[0]}>` : addresses[0];
}

/** `Okafor, Jonas <jonas@…>` is one person. */
function joined(all) {
  const found = [];
  for (let at = 0; at < all.length; at += 1) {
    const [piece, separator] = all[at];
    const next = separator === "," && !/[@"<]/.test(piece) && piece && IN_ANGLES.exec(all[at + 1]?.[0] ?? "");
    if (next && next[1].trim()) {
      found.push(`${quoted(`${piece}, ${next[1].trim()}`)} <${next[2]}>`);
      at += 1;
    } else if (piece) found.push(piece);
  }
  return found;
}

function apart(piece) {
  if (piece.includes('"')) return [piece];
  if (piece.includes("<")) return piece.split(/(?<=>)\s*(?=\S)/);
  const words = piece.split(/\s+/);
  return words.length > 1 && words.every((word) => word.includes("@")) ? words : [piece];
}

const quoted = (name) => (/^[\p{L}\p{N} '_-]+$/u.test(name) ? name : `"${name.replace(/["\\]/g, "\\$&")}"`);

export const isWhole = (text) => split(text).join("").length < text.trim().length;
export const isAddress = (text) => /^(?:"[^"]+"|[^\s@<>"]+)@[^\s@<>]+$/.test(/<([^<>]*)>\s*$/.exec(text)?.[1] ?? text);
export const nameOf = (text) => text.replace(/\s*<[^<>]*>\s*$/, "").replace(/^"(.*)"$/, "$1").replace(/\\(.)/g, "$1") || text;
export const addrSpecOf = (text) => (/<([^<>]*)>\s*$/.exec(text)?.[1] ?? text).trim().toLowerCase();
