// Builds the harness page into the directory named on the command line; not part of any bundle that is shipped.
import { copyFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2];
if (!target) throw new Error("usage: node build.mjs DIRECTORY");
await build({
  entryPoints: [join(here, "harness.ts")],
  outfile: join(target, "harness.js"),
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: process.argv.includes("--minify"),
  loader: { ".css": "text" },
});
await copyFile(join(here, "index.html"), join(target, "index.html"));
