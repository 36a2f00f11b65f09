// How a recording plays, for the person who writes its list of bars:
// `node tests/terminal/play.mjs buildwidget/frontend tests/terminal/recordings/NAME.json [PICTURES]`.
import { lines, open, write } from "./terminal.mjs";

const [frontend, path, pictures = "8"] = process.argv.slice(2);
const { reads, terminal } = open(frontend, path);
const every = Math.max(1, Math.floor(reads.length / Number(pictures)));
for (const [index, [at, text]] of reads.entries()) {
  await write(terminal, text);
  if ((index + 1) % every === 0 || index === reads.length - 1) {
    console.log(`--- ${at} s, read ${index + 1} of ${reads.length}\n${lines(terminal).join("\n")}`);
  }
}
