import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const LIMITS = fileURLToPath(new URL("vitest-limits.mjs", import.meta.url));
const ENDS = 'test("ends", () => {});';

/** Runs these test files by themselves; the exit code and what was printed. */
async function run(files, ...limits) {
  const root = mkdtempSync(join(tmpdir(), "vitest-limits-"));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, `${name}.test.js`), content);
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST")));
  const child = spawn(process.execPath, [LIMITS, ...limits, `--root=${root}`, "--globals"], { env });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => {
      printed += data;
    });
  }
  const code = await new Promise((resolve) => child.on("close", resolve));
  rmSync(root, { recursive: true, force: true });
  return { code, printed };
}

test.concurrent.each([
  ["a test", 'test("loops", () => { for (;;); });'],
  ["a module", "for (;;);"],
])(
  "%s that never ends is stopped, and its file named",
  async (_, endless) => {
    const { code, printed } = await run({ endless, good: ENDS }, "--stall=5");
    expect(code).toBe(1);
    expect(printed).toMatch(/stopped: nothing happened for 5 s\. Not ended: \S*endless\.test\.js\n/);
  },
  60_000,
);

test.concurrent("what goes on and on is stopped too", async () => {
  const waits =
    'test.each(Array.from({ length: 600 }))("waits", () => new Promise((end) => setTimeout(end, 100)));';
  const { code, printed } = await run({ waits }, "--total=4");
  expect(code).toBe(1);
  expect(printed).toContain("stopped: they took more than 4 s.");
}, 60_000);

test.concurrent("else the result is that of vitest", async () => {
  expect((await run({ good: ENDS })).code).toBe(0);
  const { code, printed } = await run({
    good: ENDS,
    bad: 'test("fails", () => { throw new Error("no"); });',
  });
  expect(code).toBe(1);
  expect(printed).not.toContain("stopped");
}, 60_000);
