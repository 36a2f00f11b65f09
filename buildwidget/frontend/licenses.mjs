/** The licences of the packages that a bundle holds: most want to be told wherever their code goes. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const RULE = `\n\n${"-".repeat(80)}\n\n`;

/**
 * Writes to `file` name, version and licence of every package from which esbuild took code, as its `metafile` tells.
 * Throws where a package has no licence text.
 */
export async function writeLicenses(metafile, file) {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const folders = new Set(used.flatMap(([input]) => packageFolder(input) ?? []));
  const texts = await Promise.all([...folders].sort().map(licenseOf));
  await writeFile(file, `This software holds code of these packages.${RULE}${texts.join(RULE)}\n`);
}

/** The folder of the package a file belongs to; undefined: it is our own. */
function packageFolder(input) {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
}

async function licenseOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
  if (!file) throw new Error(`${name} has no file with its licence.`);
  return `${name} ${version} (${license})\n\n${(await readFile(join(folder, file), "utf8")).trim()}`;
}
