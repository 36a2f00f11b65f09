/// <reference types="vite/client" />
/** The golden files, the bounds, and what keeps its identity. */
import { beforeEach, describe, expect, test } from "vitest";
import {
  MAX_LOG_BYTES,
  MAX_LOG_LINES,
  MAX_METRIC_POINTS,
  MAX_TEXT_BYTES,
  MAX_TEXTS,
  MAX_TOOL_PREVIEWS,
  MAX_TOOLS,
} from "./protocol/limits.gen";
import { byteLength } from "./protocol/text";
import type { State } from "./protocol/types.gen";
import { fold, reduce } from "./reducer";
import { initialState } from "./state";
import { deepFreeze, START } from "./testing/states";

// As text: imported as JSON, a key "__proto__" would become a prototype.
const GOLDEN = import.meta.glob<string>("../../../tests/protocol/golden/*.json", {
  query: "?raw",
  import: "default",
  eager: true,
});

describe("golden files", () => {
  const cases = Object.entries(GOLDEN).map(
    ([path, text]) => [path.replace(/.*\//, ""), JSON.parse(text)] as const,
  );

  test("there are some", () => {
    expect(cases.length).toBeGreaterThanOrEqual(15);
  });

  test.each(cases)("%s", (_, { initial, events, state, percents }) => {
    const start = deepFreeze(initialState(initial));
    const folded = fold(start, deepFreeze(events));
    expect(asJson(folded)).toEqual(asJson(state));
    const passed: State[] = [];
    for (const event of events) passed.push(reduce(deepFreeze(passed.at(-1) ?? start), event));
    expect(passed.at(-1) ?? start).toEqual(folded);
    if (percents) expect(passed.map((now) => now.percent)).toEqual(percents);
  });

  // Stringified -0 is 0, and toEqual tells them apart.
  function asJson(value: unknown): unknown {
    return JSON.parse(JSON.stringify(value));
  }
});

describe("bounds", () => {
  const at = 1;

  test("2,000 tools, of which the newest 200 keep their content", () => {
    const log = Array.from({ length: MAX_TOOLS + 7 }, (_, n) => ({ type: "tool", at, id: `${n}`, input: n }));
    const { tools, dropped } = fold(START, log);
    expect(tools.map((row) => row.id)).toEqual(log.slice(7).map((event) => event.id));
    expect(dropped).toEqual({ tools: 7 });
    expect(tools.filter((row) => row.input !== undefined)).toEqual(tools.slice(-MAX_TOOL_PREVIEWS));
    expect(tools.slice(0, -MAX_TOOL_PREVIEWS).every((row) => row.truncated.includes("input"))).toBe(true);
  });

  test("a late event of an old tool brings its state and no content", () => {
    const log = Array.from({ length: 300 }, (_, n) => ({ type: "tool", at, id: `${n}` }));
    const late = { type: "tool", at: 9, id: "5", state: "failed", output: "late" };
    const row = fold(START, [...log, late]).tools[5];
    expect(row).toEqual({
      id: "5",
      name: "",
      state: "failed",
      truncated: ["output"],
      started_at: 1,
      ended_at: 9,
    });
  });

  test("texts keep their end, cut at a code point", () => {
    const delta = { type: "text", at, id: "a", kind: "answer", delta: "€".repeat(21_000) };
    const { text } = fold(START, [delta, delta]).texts[0] as { text: string };
    expect(byteLength(text)).toBe(MAX_TEXT_BYTES - 1);
    expect(text).toBe("€".repeat(text.length));
    const many = Array.from({ length: MAX_TEXTS + 1 }, (_, n) => ({ ...delta, id: `${n}` }));
    expect(fold(START, many).dropped).toEqual({ texts: 1 });
  });

  test("the log keeps its last lines and bytes, and numbers them", () => {
    const lines = Array.from({ length: 3_000 }, (_, n) => ["stdout", `${n}`]);
    const short = fold(START, [{ type: "log", at, first: 1, lines }]);
    expect(short.log.first).toBe(3_000 - MAX_LOG_LINES + 1);
    expect(short.log.lines[0]).toEqual(["stdout", "2000"]);
    const long = fold(START, [
      { type: "log", at, first: 1, lines: lines.map(() => ["stderr", "x".repeat(3_000)]) },
    ]);
    expect(long.log.lines.length).toBe(Math.floor(MAX_LOG_BYTES / 3_000));
    expect(long.dropped).toEqual({ log: long.log.first - 1 });
    expect(long.log.count).toBe(3_000);
  });

  test("metrics thin out and keep their first and last point", () => {
    const points = Array.from({ length: 2_000 }, (_, n) => [n, n, 1]);
    const [row] = fold(START, [{ type: "metric", at, name: "m", points }]).metrics;
    expect(row?.count).toBe(2_000);
    expect(row?.points.length).toBeLessThanOrEqual(MAX_METRIC_POINTS);
    expect([row?.points[0], row?.points.at(-1)]).toEqual([points[0], points.at(-1)]);
  });
});

describe("sharing", () => {
  const at = 1;
  let before: State;
  beforeEach(() => {
    before = deepFreeze(
      fold(START, [
        { type: "todos", at, todos: ["1", "2"].map((id) => ({ id, content: "c", status: "pending" })) },
        { type: "tool", at, id: "a", input: { command: "ls" } },
        { type: "tool", at, id: "b" },
        { type: "log", at, first: 1, lines: [["stdout", "one"]], partial: { stdout: "tw" } },
      ]),
    );
  });

  test("an event that says nothing new gives the very same state", () => {
    const repeats = [
      { type: "todos", at: 5, todos: before.todos },
      { type: "tool", at: 5, id: "a", state: "running" },
      { type: "log", at: 5, first: 1, lines: [["stdout", "one"]], partial: { stdout: "tw" } },
      { type: "meta", at: 5, name: "", tags: [] },
      { type: "status", at: 5, status: "queued" },
    ];
    expect(fold(before, repeats)).toBe(before);
  });

  test("rows beside the one that changed keep their identity", () => {
    const todos = [before.todos[0], { id: "2", content: "c", status: "in_progress" }];
    const after = fold(before, [
      { type: "todos", at: 5, todos },
      { type: "tool", at: 5, id: "b", state: "succeeded" },
    ]);
    expect(after.todos[0]).toBe(before.todos[0]);
    expect(after.todos[1]).not.toBe(before.todos[1]);
    expect(after.tools[0]).toBe(before.tools[0]);
    expect(after.tools[1]?.state).toBe("succeeded");
    expect(after.log).toBe(before.log);
  });
});
