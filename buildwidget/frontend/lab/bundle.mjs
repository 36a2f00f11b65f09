/**
 * Bundles the plugin with the core into lib/index.js, one ES module, style included. What Lab shares between its
 * extensions stays outside: `@jupyter/builder` then makes of it what Lab loads.
 */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { writeLicenses } from "../licenses.mjs";
import { styleAsText } from "../style-as-text.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { dependencies } = JSON.parse(await readFile(join(here, "package.json"), "utf8"));

const { metafile } = await build({
  entryPoints: [join(here, "src/index.ts")],
  outfile: join(here, "lib/index.js"),
  bundle: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  external: Object.keys(dependencies),
  metafile: true,
  plugins: [styleAsText],
});
await writeLicenses(metafile, join(here, "lib/index.licenses.txt"));
