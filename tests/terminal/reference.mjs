// What a real terminal has of recordings at the end: `node reference.mjs FRONTEND NAME.json...` prints one JSON object,
// each file's log by its path. FRONTEND is the directory in whose node_modules @xterm/headless is.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [frontend, ...paths] = process.argv.slice(2);
const { Terminal } = createRequire(join(resolve(frontend), "package.json"))("@xterm/headless");
const SCROLLBACK = 100_000;

/** A row's text, and whether its last cell is only there because a wide character did not fit in. */
function rowText(row, next, columns) {
  const text = row.translateToString(false);
  const unused = row.getCell(columns - 1)?.getChars() === "" && next?.getCell(0)?.getWidth() === 2;
  return next?.isWrapped && unused && row.getCell(columns - 1)?.getWidth() === 1 ? text.slice(0, -1) : text;
}

/** The lines of a terminal's buffer: wrapped rows joined, no blanks at the end of a line, no blank lines at the end. */
function lines(terminal) {
  const buffer = terminal.buffer.active;
  const joined = [];
  for (let y = 0; y < buffer.length; y++) {
    const row = buffer.getLine(y);
    const text = rowText(row, buffer.getLine(y + 1), terminal.cols);
    if (row.isWrapped && joined.length > 0) joined.push(joined.pop() + text);
    else joined.push(text);
  }
  const cut = joined.map((line) => line.trimEnd());
  while (cut.at(-1) === "") cut.pop();
  return cut;
}

async function log(path) {
  const { rows, columns, reads } = JSON.parse(readFileSync(path, "utf8"));
  const terminal = new Terminal({ rows, cols: columns, scrollback: SCROLLBACK, convertEol: true, allowProposedApi: true });
  for (const [, text] of reads) await new Promise((written) => terminal.write(text, written));
  const result = lines(terminal).map((line) => `${line}\n`).join("");
  terminal.dispose();
  return result;
}

const logs = {};
for (const path of paths) logs[path] = await log(path);
process.stdout.write(JSON.stringify(logs));
