// MIME as it came out of an encrypted or signed part (RFC 2045 to 2047, 2231): octets are held
// as a string of one character each, so that what was signed stays what it was.

const MOST_DEPTH = 12;
const MOST_PARTS = 200;

export const binary = (octets) => {
  let text = "";
  for (let at = 0; at < octets.length; at += 32768) text += String.fromCharCode(...octets.subarray(at, at + 32768));
  return text;
};
export const octetsOf = (text) => Uint8Array.from(text, (each) => each.charCodeAt(0));

/** A part: its fields, its type with parameters, its parts or its content as transferred. */
export function parseMime(raw, depth = 0, room = { parts: MOST_PARTS }) {
  room.parts -= 1;
  const gap = /\r?\n\r?\n/.exec(raw);
  const atOnce = /^\r?\n/.exec(raw);
  const head = atOnce ? "" : gap ? raw.slice(0, gap.index) : raw;
  const content = atOnce ? raw.slice(atOnce[0].length) : gap ? raw.slice(gap.index + gap[0].length) : "";
  const fields = [];
  for (const line of head.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.push([line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]);
  }
  const first = (name) => fields.find(([each]) => each === name)?.[1] ?? "";
  const [type, params] = valueAndParameters(first("content-type") || "text/plain");
  const part = { raw, fields, first, type, params, content, parts: [], encoding: first("content-transfer-encoding").toLowerCase() };
  [part.disposition, part.dispositionParams] = valueAndParameters(first("content-disposition"));
  if (type.startsWith("multipart/") && params.boundary && depth < MOST_DEPTH) {
    for (const each of between(content, params.boundary)) {
      if (room.parts > 0) part.parts.push(parseMime(each, depth + 1, room));
    }
  }
  return part;
}

/** What stands between the boundary lines; the line end before each belongs to it. */
function between(content, boundary) {
  const escaped = boundary.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const line = new RegExp(`(?:^|\\r?\\n)--${escaped}(--)?[ \\t]*(?=\\r?\\n|$)`, "g");
  const found = [];
  let start = -1;
  for (let match = line.exec(content); match; match = line.exec(content)) {
    if (start >= 0) found.push(content.slice(start, match.index));
    start = match.index + match[0].length;
    start += content.startsWith("\r\n", start) ? 2 : 1;
    line.lastIndex = Math.max(line.lastIndex, start - 1);
    if (match[1]) return found;
  }
  if (start >= 0 && start < content.length) found.push(content.slice(start));
  return found;
}

function valueAndParameters(text) {
  const value = text.split(";", 1)[0].trim().toLowerCase();
  const params = {};
  const pair = /;\s*([^=;\s]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g;
  for (const [, name, quoted, bare] of text.matchAll(pair)) {
    params[name.toLowerCase()] ??= quoted !== undefined ? quoted.replace(/\\(.)/g, "$1") : bare.trim();
  }
  return [value, params];
}

/** The content as octets, free of its transfer encoding; damage is passed over. */
export function contentOf({ content, encoding }) {
  if (encoding === "base64") {
    const clean = content.replace(/[^A-Za-z0-9+/]/g, "");
    return octetsOf(atob(clean.slice(0, clean.length - (clean.length % 4 === 1))));
  }
  if (encoding !== "quoted-printable") return octetsOf(content);
  const joined = content.replace(/[ \t]+(?=\r?\n)/g, "").replace(/=\r?\n/g, "");
  return octetsOf(joined.replace(/=([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))));
}

export function decodeText(octets, charset = "utf-8") {
  try {
    return new TextDecoder(charset || "utf-8").decode(octets);
  } catch {
    return new TextDecoder("utf-8").decode(octets);
  }
}

export function textOf(part) {
  const text = decodeText(contentOf(part), part.params.charset).replace(/\r\n?/g, "\n");
  if (part.type !== "text/plain" || (part.params.format ?? "").toLowerCase() !== "flowed") return text;
  return text.replace(/^ /gm, "").replace(/([^\n]*) \n(?=[^>\n])/g, (line, words) => (words === "--" || words.startsWith(">") ? line : `${words} `));
}

/** A field of the header with its encoded words; raw octets above ASCII are UTF-8. */
export function decodeField(value) {
  const joined = value.replace(/(\?=)\s+(?==\?)/g, "$1");
  const utf8 = decodeText(octetsOf(joined.replace(/[^\0-\xff]/g, "?")));
  return utf8.replace(/=\?([^?*\s]+)(?:\*[^?]*)?\?([bq])\?([^?]*)\?=/gi, (word, charset, kind, text) => {
    const encoding = kind.toLowerCase() === "b" ? "base64" : "quoted-printable";
    const content = encoding === "base64" ? text : text.replaceAll("_", " ");
    return decodeText(contentOf({ content, encoding }), charset);
  });
}

export function filenameOf({ dispositionParams, params, type }) {
  const named = dispositionParams["filename*"] ?? params["name*"];
  if (named) {
    const [, charset, escaped] = /^([^']*)'[^']*'(.*)$/.exec(named) ?? [null, "utf-8", named];
    const text = escaped.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    return safeName(decodeText(octetsOf(text), charset));
  }
  return safeName(decodeField(dispositionParams.filename ?? params.name ?? "") || (type === "message/rfc822" ? "message.eml" : "file"));
}

const safeName = (name) => name.replace(/^.*[\\/]/, "").replace(/[\p{Cc}\p{Cf}<>:"|?*]/gu, "_").slice(0, 150) || "file";
