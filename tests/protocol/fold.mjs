// Folds in TypeScript what tests in Python ask for: one JSON case per line on stdin, one answer per line.
// A case is {initial, events: [raw JSON text...]}; the answer {state, decoded: [bool...]}.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [frontend] = process.argv.slice(2);
const { build } = createRequire(`${frontend}/`)("esbuild");
const bundle = await build({
  stdin: {
    contents: `
      export { fold } from "./core/reducer";
      export { initialState } from "./core/state";
      export { decodeEvent } from "./core/protocol/decode";`,
    resolveDir: frontend,
  },
  bundle: true,
  format: "esm",
  write: false,
});
const source = Buffer.from(bundle.outputFiles[0].contents).toString("base64");
const { fold, initialState, decodeEvent } = await import(`data:text/javascript;base64,${source}`);

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function deepFreeze(value) {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { initial, events, split } = JSON.parse(line);
  const parsed = events.map(parse);
  const start = deepFreeze(initialState(initial));
  const middle = deepFreeze(fold(start, parsed.slice(0, split)));
  const state = fold(middle, parsed.slice(split));
  const decoded = parsed.map((event) => decodeEvent(event) !== null);
  process.stdout.write(`${JSON.stringify({ state, decoded })}\n`);
}
