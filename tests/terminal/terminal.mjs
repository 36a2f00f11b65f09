// A real terminal without a window, for recordings: a screen of their size, and all that scrolled off it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const SCROLLBACK = 100_000;

/** The reads of a recording, and a terminal for it. `frontend`: in whose node_modules @xterm/headless is. */
export function open(frontend, path) {
  const { Terminal } = createRequire(join(resolve(frontend), "package.json"))("@xterm/headless");
  const { rows, columns, reads } = JSON.parse(readFileSync(path, "utf8"));
  const terminal = new Terminal({ rows, cols: columns, scrollback: SCROLLBACK, convertEol: true, allowProposedApi: true });
  return { reads, terminal };
}

/** Writes a text, and waits until the terminal has taken it. */
export function write(terminal, text) {
  return new Promise((written) => terminal.write(text, written));
}

/** A row's text, without its last cell where that is only there because a wide character did not fit in. */
function rowText(row, next, columns) {
  const text = row.translateToString(false);
  const last = row.getCell(columns - 1);
  const unused = last?.getChars() === "" && last.getWidth() === 1 && next?.getCell(0)?.getWidth() === 2;
  return next?.isWrapped && unused ? text.slice(0, -1) : text;
}

/** What the terminal has now: wrapped rows joined, no blanks at the end of a line, no blank lines at the end. */
export function lines(terminal) {
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
