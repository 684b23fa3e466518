// Builds static/built: app.js with its lazy chunks, the service worker, app.css and writing.css
// under content-hashed names, the favicon, each of them packed as .br and .gz too, manifest.json
// (plain name to hashed name) and sprite.svg (the icons in use).

import { build, context } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { sprite } from "./sprite.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const built = join(root, "static", "built");
const own = ["manifest.json", "sprite.svg"];
const packers = {
  ".br": (content) => promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  ".gz": (content) => promisify(gzip)(content, { level: 9 }),
};

const options = {
  absWorkingDir: root,
  entryPoints: ["static/js/app.js", "static/js/worker/service_worker.js", "static/css/app.css", "static/css/writing.css"],
  outdir: "static/built",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  metafile: true,
  legalComments: "none",
  target: ["chrome111", "edge111", "firefox115", "safari16.4"],
  plugins: [{ name: "finish", setup: (run) => run.onEnd(finish) }],
};

async function finish({ metafile, errors }) {
  if (errors.length) return;
  const names = Object.fromEntries(
    Object.entries(metafile.outputs)
      .filter(([, output]) => output.entryPoint)
      .map(([path, output]) => [basename(output.entryPoint), basename(path)]),
  );
  names["icon.svg"] = await copyHashed("static/img/icon.svg");
  names["shared.js"] = largestChunk(metafile, names["app.js"]);
  const served = [...new Set([...Object.keys(metafile.outputs).map((path) => basename(path)), ...Object.values(names)])];
  const packed = await Promise.all(served.map(pack));
  await writeFile(join(built, "sprite.svg"), await sprite(root));
  await writeFile(join(built, "manifest.json"), `${JSON.stringify(names, null, 2)}\n`);
  await removeOld([...served, ...packed.flat(), ...own]);
}

/** The largest chunk that the entry imports: the page asks for it beside the entry, not after it. */
function largestChunk({ outputs }, entry) {
  const [, { imports }] = Object.entries(outputs).find(([path]) => basename(path) === entry);
  const chunks = imports.filter(({ kind }) => kind === "import-statement").map(({ path }) => path);
  return basename(chunks.sort((one, other) => outputs[other].bytes - outputs[one].bytes)[0] ?? entry);
}

// Packed once here, at the cost of a second, instead of for each visitor; WhiteNoise picks them up.
async function pack(name) {
  const content = await readFile(join(built, name));
  const entries = Object.entries(packers).map(async ([ending, packer]) => {
    await writeFile(join(built, name + ending), await packer(content));
    return name + ending;
  });
  return Promise.all(entries);
}

async function copyHashed(path) {
  const content = await readFile(join(root, path));
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8);
  const name = `${basename(path, extname(path))}-${hash}${extname(path)}`;
  await writeFile(join(built, name), content);
  return name;
}

async function removeOld(keep) {
  const stale = (await readdir(built)).filter((name) => !keep.includes(name));
  await Promise.all(stale.map((name) => rm(join(built, name), { recursive: true })));
}

await mkdir(built, { recursive: true });
if (process.argv.includes("--watch")) {
  await (await context(options)).watch();
} else {
  await build(options);
}
