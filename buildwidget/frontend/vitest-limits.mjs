/**
 * Runs vitest, and ends it where it hangs. Vitest's own time limits need the test's event loop, which an endless loop
 * never gives back. All test files run in threads of one process, so its end is the end of all of them.
 *
 *   node vitest-limits.mjs [--stall=SECONDS] [--total=SECONDS] [what `vitest run` takes]
 *
 * `--stall`: no file began or ended, and no test ended, for this long (default 120: more than any test's own limit).
 * `--total`: all tests together (default 900).
 */
import { spawn } from "node:child_process";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const limits = { stall: 120, total: 900 };
const passed = process.argv.slice(2).filter((argument) => {
  const [, name, seconds] = /^--(stall|total)=(\d+)$/.exec(argument) ?? [];
  if (name) limits[name] = Number(seconds);
  return !name;
});

const vitest = join(HERE, "node_modules", "vitest", "vitest.mjs");
const reporters = ["--reporter=default", `--reporter=${join(HERE, "vitest-progress.mjs")}`];
const child = spawn(process.execPath, [vitest, "run", "--pool=threads", ...reporters, ...passed], {
  stdio: ["inherit", "inherit", "inherit", "ipc"],
});

const running = new Set();
let hung = false;

function end(why) {
  hung = true;
  const files = [...running].map((file) => (file.startsWith(HERE) ? relative(HERE, file) : file)).sort();
  const where = files.length > 0 ? `Not ended: ${files.join(", ")}` : "No file was running.";
  console.error(`\nThe tests were stopped: ${why} ${where}`);
  child.kill("SIGKILL");
}

const inTotal = setTimeout(() => end(`they took more than ${limits.total} s.`), limits.total * 1_000);
const watch = () => setTimeout(() => end(`nothing happened for ${limits.stall} s.`), limits.stall * 1_000);
let stalled; // from the first message on: before it vitest itself starts

child.on("message", ({ began, ended }) => {
  if (began) running.add(began);
  if (ended) running.delete(ended);
  clearTimeout(stalled);
  stalled = watch();
});
child.on("exit", (code) => {
  clearTimeout(inTotal);
  clearTimeout(stalled);
  process.exitCode = hung ? 1 : (code ?? 1);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
