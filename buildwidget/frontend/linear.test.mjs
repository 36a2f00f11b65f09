/**
 * Every pattern of the front end, and every function that takes text from outside, takes linear time. The patterns are
 * found in the sources, so that a new one is measured too.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseAst } from "vitest/node";
import { parseFrame } from "./core/frames";
import { decodeEvent } from "./core/protocol/decode";
import { byteLength, cleanText, keepEnd, keepStart } from "./core/protocol/text";
import { pathBelow } from "./core/renames.ts";
import { savedState } from "./core/saved";
import { requestHeaders } from "./core/server";
import { EventStreamReader } from "./core/sse";
import { initialState } from "./core/state";
import { ansiText, visibleText } from "./core/view/ansi";
import { caseFold, occurrences } from "./core/view/case-fold";
import { diffLines, readUnified } from "./core/view/diff";
import { isCut } from "./core/view/log-line";
import { safeAddress } from "./core/view/markdown";
import { blocksOf, parsed } from "./core/view/markdown-blocks";
import { diffsOf, histories } from "./core/view/tool-diff";
import { commandText, field, oneLine, shellCommand, summarizeTool } from "./core/view/tool-summary";
import { forPattern, generic, superlinear } from "./hostile.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));

const sources = ["core", "lab/src", "widget"]
  .flatMap((folder) =>
    readdirSync(join(HERE, folder), { recursive: true }).map((name) => join(HERE, folder, name)),
  )
  .filter((name) => /(?<!\.d|\.test|\.gen)\.tsx?$/.test(name) && !/\/(?:testing|harness)\//.test(name));

/** The nodes of a syntax tree. */
function* nodes(tree) {
  if (typeof tree !== "object" || tree === null) return;
  if (typeof tree.type === "string") yield tree;
  for (const part of Object.values(tree)) yield* nodes(part);
}

const patterns = new Map();
const unknown = [];
for (const file of sources) {
  for (const node of nodes(parseAst(readFileSync(file, "utf8"), { lang: extname(file).slice(1) }))) {
    if (node.regex)
      patterns.set(`${relative(HERE, file)} /${node.regex.pattern}/${node.regex.flags}`, node.regex);
    const made = node.type === "NewExpression" || node.type === "CallExpression";
    if (made && node.callee.name === "RegExp") unknown.push(relative(HERE, file));
  }
}

test("patterns are found, and none is made of something that is no constant", () => {
  expect(sources.length).toBeGreaterThan(80);
  expect(patterns.size).toBeGreaterThan(30);
  expect(unknown).toEqual([]);
});

test.each([...patterns])("%s is linear", { timeout: 60_000 }, (_name, { pattern, flags }) => {
  const run = (text) => {
    const regex = new RegExp(pattern, flags);
    return flags.includes("g") ? text.replace(regex, "") : regex.test(text);
  };
  for (const [input, make] of forPattern(pattern)) expect(superlinear(run, make), input).toBeNull();
});

function readStream(text, size) {
  const bytes = new TextEncoder().encode(text);
  const reader = new EventStreamReader();
  for (let at = 0; at < bytes.length; at += size) reader.feed(bytes.subarray(at, at + size));
}

/** Everything of a Markdown text, parsed as deep as it is drawn. */
function parseAll(tokens) {
  for (const token of tokens) {
    for (const each of [token, ...(token.items ?? []), ...(token.header ?? []), ...(token.rows ?? []).flat()])
      if (each.tokens) parseAll(parsed(each.tokens));
  }
}

const lines = (text) => text.split("").join("\n");
const tool = (input, output) => ({
  id: "a",
  name: "Bash",
  state: "succeeded",
  truncated: [],
  started_at: 1,
  input,
  output,
});
const ROW = { id: "a", owner: "a", kind: "command", created_at: 1 };

const FUNCTIONS = {
  "the event stream, in reads of 4 bytes": (text) => readStream(text, 4),
  "the event stream, in one piece": (text) => readStream(text, text.length * 4),
  "a frame": (text) => parseFrame(text),
  "a frame with the text": (text) => parseFrame(JSON.stringify({ type: "a", text })),
  "an event with the text": (text) =>
    decodeEvent(JSON.stringify({ type: "text", at: 1, id: "a", kind: "answer", text })),
  "an event in which it stands as JSON": (text) =>
    decodeEvent(`{"type":"tool","at":1,"id":"a","input":${text}}`),
  "sizes and cuts": (text) => [byteLength(text), keepStart(text, 4096), keepEnd(text, 4096), cleanText(text)],
  "a saved state": (text) =>
    savedState({
      ...initialState(ROW),
      name: text,
      log: { first: 1, count: 1, lines: [["stdout", text]], partial: {} },
    }),
  "request headers": (text) => requestHeaders({ token: "" }, text),
  "terminal text": (text) => visibleText(text),
  "terminal text with hits": (text) => ansiText(text, "a"),
  "case folding": (text) => caseFold(text),
  "occurrences of a letter": (text) => occurrences(text, "a"),
  "occurrences of half of it": (text) => occurrences(text, text.slice(0, text.length / 2)),
  "a line that may be cut": (text) => isCut(text),
  "a diff of lines": (text) => diffLines(lines(text), lines(`b${text}`)),
  "a unified diff": (text) => readUnified(text),
  "a unified diff of many lines": (text) => readUnified(lines(text)),
  "diffs of a tool": (text) => diffsOf({ input: `{"changes":[${text}` }),
  "an address": (text) => safeAddress(text),
  "a cut field": (text) => field(`{${text}`, "a", "command"),
  "one line": (text) => oneLine(text),
  "a shell command": (text) => [
    shellCommand(text),
    shellCommand(`/bin/sh -c '${text}`),
    commandText(`bash -lc "${text}`),
  ],
  "the summary of a tool": (text) => [
    summarizeTool(tool(text)),
    summarizeTool(tool({ command: text })),
    summarizeTool(tool({ text })),
  ],
  "the summary of a tool of this name": (text) => summarizeTool({ ...tool({}), name: text }),
  "a path": (text) => [pathBelow(text, text), pathBelow(text, `~${text}`)],
};

describe.each(Object.entries(FUNCTIONS))("%s", (_name, call) => {
  test("takes linear time", { timeout: 60_000 }, () => {
    for (const [input, make] of generic()) expect(superlinear(call, make), input).toBeNull();
  });
});

/** Pieces of up to 8,000 characters take quadratic time, up to a bound: the sizes are above that, the times longer. */
const BOUNDED = { size: 64_000, floor: 20, hopeless: 5_000 };

test("Markdown takes linear time", { timeout: 120_000 }, () => {
  const parse = (text) => parseAll(blocksOf(text));
  for (const [input, make] of generic()) expect(superlinear(parse, make, BOUNDED), input).toBeNull();
  const paragraphs = (unit) => (size) => `${unit.repeat(1_500 / unit.length)}\n\n`.repeat(size / 1_500);
  for (const unit of ["*a_", "__a", "**a *b* ", "!", "a*", "[a][", "`a"])
    expect(superlinear(parse, paragraphs(unit), BOUNDED), unit).toBeNull();
});

test("an event that comes in many small reads takes linear time", () => {
  const message = (size) => `data: ${"a".repeat(size)}\n\n`;
  expect(superlinear((text) => readStream(text, 16), message, { size: 256_000, floor: 5 })).toBeNull();
});

test("one code of many numbers takes linear time", { timeout: 60_000 }, () => {
  const code = (size) => `\u001b[${"1;".repeat(size / 2)}ma`;
  expect(superlinear(visibleText, code, { size: 256_000 })).toBeNull();
});

test("many changes of one file take linear time", { timeout: 60_000 }, () => {
  const changes = JSON.stringify({ changes: [{ path: "a", kind: "update", added: 1, removed: 1 }] });
  const made = (count) =>
    Array.from({ length: count }, (_, at) => ({ ...tool(null, JSON.parse(changes)), id: `${at}` }));
  expect(superlinear(histories, made)).toBeNull();
});

test("a measurement finds what is quadratic", { timeout: 60_000 }, () => {
  // Not an expression: these are compiled while they are measured, which hides how they grow.
  const quadratic = (text) => {
    let found = 0;
    for (let first = 0; first < text.length; first += 1)
      for (let second = 0; second < text.length; second += 1)
        if (text.charCodeAt(second) === first) found += 1;
    return found;
  };
  expect(superlinear(quadratic, (size) => "/".repeat(size), { size: 8_000 })).toContain("ms");
});
