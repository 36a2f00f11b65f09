// Bundles the widget into ../../static/widget.js: one ES module, style included, nothing fetched from elsewhere.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { writeLicenses } from "../licenses.mjs";
import { styleAsText } from "../style-as-text.mjs";

const BUDGET_BYTES = 90_000;

const here = dirname(fileURLToPath(import.meta.url));
const outfile = join(here, "../../static/widget.js");

const { metafile } = await build({
  entryPoints: [join(here, "index.ts")],
  outfile,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  metafile: true,
  plugins: [styleAsText],
});
await writeLicenses(metafile, outfile.replace(/\.js$/, ".licenses.txt"));

const size = gzipSync(await readFile(outfile), { level: 9 }).length;
console.log(`static/widget.js: ${(size / 1000).toFixed(1)} kB gzipped, of ${BUDGET_BYTES / 1000} kB`);
if (size > BUDGET_BYTES) {
  console.error("The widget's bundle is over its budget.");
  process.exit(1);
}
