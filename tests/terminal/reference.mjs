// What a real terminal has of recordings at the end: `node reference.mjs FRONTEND NAME.json...` prints one JSON object,
// each file's log by its path.
import { lines, open, write } from "./terminal.mjs";

const [frontend, ...paths] = process.argv.slice(2);
const logs = {};
for (const path of paths) {
  const { reads, terminal } = open(frontend, path);
  for (const [, text] of reads) await write(terminal, text);
  logs[path] = lines(terminal)
    .map((line) => `${line}\n`)
    .join("");
  terminal.dispose();
}
process.stdout.write(JSON.stringify(logs));
