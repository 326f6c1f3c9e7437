// Puts what the browser gets from others into one folder: node build.mjs FOLDER
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";

const COPIED = { // as their packages hold them
  "htmx.min.js": "node_modules/htmx.org/dist/htmx.min.js",
  "pico.min.css": "node_modules/@picocss/pico/css/pico.min.css",
};
const BUNDLED = {
  "editor.js": "editor.js",
  "morph.js": "node_modules/idiomorph/dist/idiomorph.esm.js",
};

/** The folder of the package that a file of node_modules belongs to, `node_modules/@scope/name`. */
function packageOf(file) {
  return file.match(/^node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0];
}

async function bundle(entry, outfile) {
  const { metafile } = await build({
    entryPoints: [entry], outfile, bundle: true, minify: true, format: "esm", target: "es2022",
    legalComments: "none", charset: "utf8", metafile: true, logLevel: "warning",
  });
  return Object.keys(metafile.inputs);
}

async function licence(folder) {
  const { name, version } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one));
  if (!file) throw new Error(`${folder} has no licence file`);
  return `${name} ${version}\n\n${(await readFile(path.join(folder, file), "utf8")).trim()}\n`;
}

const folder = process.argv[2];
await mkdir(folder, { recursive: true });
const used = [];
for (const [name, source] of Object.entries(COPIED)) {
  await copyFile(source, path.join(folder, name));
  used.push(source);
}
for (const [name, entry] of Object.entries(BUNDLED)) {
  used.push(...(await bundle(entry, path.join(folder, name))));
}
const packages = [...new Set(used.map(packageOf).filter(Boolean))].sort();
const licences = await Promise.all(packages.map(licence));
await writeFile(path.join(folder, "licenses.txt"), licences.join(`\n${"-".repeat(80)}\n\n`));
