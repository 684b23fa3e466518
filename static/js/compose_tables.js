// Tables of sheets and documents, made simple: looks that they keep in style sheets, or in
// attributes of old, come over as styles of their own; what was a grid to the eye stays one.

const FROM_SHEET = /urn:schemas-microsoft-com:office:excel|google-sheets-html-origin|data-sheets-root/i;
const SHEET = /<style[^>]*>([\s\S]*?)<\/style>/gi;
const CLASS_ALONE = /^(?:[a-z]+)?\.[\w-]+$/i;
const OLD = { align: "text-align", valign: "vertical-align", bgcolor: "background-color" };
const MOST_RULES = 500;

/** What pasted tables may bring besides; none of it stays as it came. */
export const OF_TABLES = [...Object.keys(OLD), "border", "cellpadding"];

/** Without style sheets, which no document of ours may take, inert ones no less. */
export const unstyled = (html) => html.replace(SHEET, "");

export function simplifyTables(inert, html) {
  const tables = inert.querySelectorAll("table");
  if (!tables.length) return;
  for (const rule of rulesOf(html)) {
    for (const element of inert.querySelectorAll(rule.selectorText)) look(element, rule.style.cssText);
  }
  for (const element of inert.querySelectorAll("[align], [valign], [bgcolor]")) {
    for (const [name, property] of Object.entries(OLD)) {
      const value = element.getAttribute(name);
      if (value && element.closest("table") && /^#?\w+$/.test(value)) look(element, `${property}: ${value}`);
    }
  }
  const isSheet = FROM_SHEET.test(html);
  for (const table of tables) grid(table, isSheet || Number(table.getAttribute("border")) > 0);
  for (const element of inert.querySelectorAll("[align], [valign], [bgcolor]")) {
    for (const name of Object.keys(OLD)) element.removeAttribute(name);
  }
}

/** An element's own style is heard last. */
function look(element, declarations) {
  element.dataset.look = `${declarations}; ${element.dataset.look ?? ""}`;
}

function grid(table, isDrawn) {
  for (const name of ["border", "cellpadding"]) table.removeAttribute(name);
  if (!isDrawn) return;
  table.setAttribute("border", "1");
  table.setAttribute("cellpadding", "4");
  look(table, "border-collapse: collapse");
}

/** Rules for one class each, as sheets write them for their cells. */
function rulesOf(html) {
  const texts = [...html.matchAll(SHEET)].map(([, text]) => text.replace(/<!--|-->/g, ""));
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(texts.join("\n"));
  return [...sheet.cssRules].slice(0, MOST_RULES).filter((rule) => rule.selectorText && CLASS_ALONE.test(rule.selectorText));
}
