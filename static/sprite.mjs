// The icon sprite: one <symbol> for each Lucide icon named in templates, scripts or icons.txt.

import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";

const USES = {
  ".html": /{%\s*icon\s+["']([a-z0-9-]+)["']|#i-([a-z0-9-]+)/g,
  ".js": /\bicon\(\s*["']([a-z0-9-]+)["']/g,
};

async function namesIn(folder) {
  const names = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const use = USES[extname(entry.name)];
    if (!entry.isFile() || !use) continue;
    const text = await readFile(join(entry.parentPath ?? entry.path, entry.name), "utf8");
    names.push(...[...text.matchAll(use)].map((match) => match[1] ?? match[2]));
  }
  return names;
}

async function symbol(root, name) {
  const file = join(root, "node_modules", "lucide-static", "icons", `${name}.svg`);
  const svg = await readFile(file, "utf8").catch(() => {
    throw new Error(`No Lucide icon is called ${name}: look for a misspelling in templates or static/js.`);
  });
  const shapes = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.indexOf("</svg>"));
  return `<symbol id="i-${name}" viewBox="0 0 24 24">${shapes.replace(/\s*\n\s*/g, "").replaceAll(" />", "/>")}</symbol>`;
}

export async function sprite(root) {
  const listed = (await readFile(join(root, "static", "icons.txt"), "utf8")).split(/\s+/).filter(Boolean);
  const used = [listed, await namesIn(join(root, "templates")), await namesIn(join(root, "static", "js"))];
  const names = [...new Set(used.flat())].sort();
  const symbols = await Promise.all(names.map((name) => symbol(root, name)));
  return `<!-- icons: Lucide, ISC licence --><svg width="0" height="0" aria-hidden="true" class="sr">${symbols.join("")}</svg>`;
}
