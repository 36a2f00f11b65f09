/** What a state keeps where there is more than it may hold; test_sections.py and test_reducer.py say the same. */
import { describe, expect, test } from "vitest";
import {
  MAX_ARTIFACTS,
  MAX_DISPLAYS,
  MAX_LOG_BYTES,
  MAX_LOG_LINE_BYTES,
  MAX_LOG_LINES,
  MAX_METRICS,
  MAX_PERMISSIONS,
  MAX_PROGRESS,
  MAX_SAFE_INTEGER,
  MAX_TEXTS,
  MAX_TOOL_CONTENT_WEIGHT,
  MAX_TOOL_PREVIEWS,
  MAX_TOOLS,
} from "../protocol/limits.gen";
import type { LogLine, State } from "../protocol/types.gen";
import { fold, reduce } from "../reducer";
import { deepFreeze, START } from "../testing/states";

const at = 1;
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const tool = (id: number | string, more: object = {}) => ({ type: "tool", at, id: `${id}`, ...more });

describe("rows that fell out are counted over the whole build", () => {
  test.each<[keyof State, number, (key: string) => object]>([
    ["tools", MAX_TOOLS, (id) => tool(id)],
    ["texts", MAX_TEXTS, (id) => ({ type: "text", at, id, kind: "answer" })],
    ["metrics", MAX_METRICS, (name) => ({ type: "metric", at, name, points: [] })],
    ["progress", MAX_PROGRESS, (id) => ({ type: "progress", at, id, label: "", current: 0 })],
    ["displays", MAX_DISPLAYS, (id) => ({ type: "display", at, id, mime: "", size: 0 })],
    ["artifacts", MAX_ARTIFACTS, (path) => ({ type: "artifact", at, name: "", path })],
    ["permissions", MAX_PERMISSIONS, (id) => ({ type: "permission", at, request_id: id, tool: "" })],
  ])("%s", (field, limit, event) => {
    const full = deepFreeze(
      fold(
        START,
        numbers(limit).map((n) => event(`${n}`)),
      ),
    );
    expect([full[field], full.dropped]).toEqual([expect.objectContaining({ length: limit }), {}]);
    const first = deepFreeze(fold(full, [event("new 1"), event("new 2"), event("new 2")]));
    const second = reduce(first, event("new 3"));
    expect([first.dropped, second.dropped]).toEqual([{ [field]: 2 }, { [field]: 3 }]);
    expect(second[field]).toHaveLength(limit);
    expect(reduce(second, event("new 3"))).toBe(second);
  });
});

describe("tools", () => {
  test("the first over the bound is the first without content", () => {
    const log = numbers(MAX_TOOL_PREVIEWS + 1).map((n) => tool(n, { output: n }));
    const [first, second] = fold(START, [...log, tool(1, { input: "the oldest that keeps it" })]).tools;
    expect(first).toMatchObject({ id: "0", truncated: ["output"] });
    expect(first).not.toHaveProperty("output");
    expect(second).toMatchObject({ input: "the oldest that keeps it", output: 1, truncated: [] });
  });

  test.each([
    ["input", "output"],
    ["output", "input"],
  ])("nothing but content is taken from an old row; %s stays marked", (marked, kept) => {
    const todos = [{ id: "1", content: "c", status: "in_progress" }];
    const { tools } = fold(START, [
      { type: "todos", at, todos },
      tool("a", { name: "n", parent: "p", truncated: [marked], [kept]: "x" }),
      { ...tool("a", { state: "failed" }), at: 2 },
      ...numbers(MAX_TOOL_PREVIEWS).map((n) => tool(n)),
    ]);
    expect(tools[0]).toEqual({
      id: "a",
      name: "n",
      state: "failed",
      truncated: ["input", "output"],
      started_at: 1,
      parent: "p",
      todo: "1",
      ended_at: 2,
    });
  });

  test("content over its bound is only named", () => {
    const content = (weight: number) => fold(START, [tool("a", { output: "x".repeat(weight) })]).tools[0];
    expect(content(MAX_TOOL_CONTENT_WEIGHT)).toMatchObject({ output: expect.any(String), truncated: [] });
    expect(content(MAX_TOOL_CONTENT_WEIGHT + 1)).not.toHaveProperty("output");
    expect(content(MAX_TOOL_CONTENT_WEIGHT + 1)?.truncated).toEqual(["output"]);
  });
});

describe("the log", () => {
  const log = (first: number, ...texts: string[]) => ({
    type: "log",
    at,
    first,
    lines: texts.map((text) => ["stdout", text]),
  });

  test("keeps the start of a long line", () => {
    const long = { ...log(1, `a${"😀".repeat(5_000)}`, "short"), partial: { stderr: "x".repeat(5_000) } };
    const { lines, partial } = fold(START, [long]).log;
    expect(lines).toEqual([
      ["stdout", `a${"😀".repeat(1_023)}`],
      ["stdout", "short"],
    ]);
    expect(partial).toEqual({ stderr: "x".repeat(MAX_LOG_LINE_BYTES) });
  });

  test("does not take numbers beyond the greatest integer", () => {
    expect(fold(START, [log(MAX_SAFE_INTEGER, "last", "beyond")])).toBe(START);
    expect(fold(START, [log(MAX_SAFE_INTEGER, "last")]).log.count).toBe(MAX_SAFE_INTEGER);
    expect(fold(START, [log(MAX_SAFE_INTEGER - 1, "last but one", "last")]).log.count).toBe(MAX_SAFE_INTEGER);
  });
});

describe("the log keeps as much as its bounds allow", () => {
  /** The newest lines that are within both bounds, found one by one. */
  function endOf(lines: readonly LogLine[]): LogLine[] {
    const kept: LogLine[] = [];
    let bytes = 0;
    for (const line of [...lines].reverse()) {
      bytes += line[1].length;
      if (bytes > MAX_LOG_BYTES || kept.length === MAX_LOG_LINES) break;
      kept.unshift(line);
    }
    return kept;
  }

  const exactly = Array<number>(128).fill(MAX_LOG_BYTES / 128);
  const many = (count: number, size: number) => Array<number>(count).fill(size);
  const logs: [string, number[]][] = [
    ["exactly that", exactly],
    ["one byte more", [...exactly, 1]],
    ["an empty line before", [0, ...exactly]],
    ["many lines", many(2_500, 200)],
    ["many and big", many(1_500, 263)],
    ["all sizes", [...many(1_200, 10), ...exactly, ...many(600, 300)]],
  ];

  test.each(logs.flatMap(([what, sizes]) => [10, 10_000].map((every) => [what, every, sizes] as const)))(
    "%s, with a new state every %i events",
    (_, every, sizes) => {
      const lines = sizes.map((size): LogLine => ["stdout", "x".repeat(size)]);
      // From 3 on there is a hole, so the count of bytes begins again.
      const events: object[] = [{ type: "log", at, first: 1, lines: [["stdout", "before"]] }];
      for (let from = 0; from < lines.length; from += 7) {
        events.push({ type: "log", at, first: 3 + from, lines: lines.slice(from, from + 7) });
      }
      let state = START;
      for (let from = 0; from < events.length; from += every) {
        state = fold(state, events.slice(from, from + every));
      }
      const { log, dropped } = state;
      const kept = endOf(lines);
      expect(log.lines).toEqual(kept);
      expect([log.first, log.count]).toEqual([3 + lines.length - kept.length, 2 + lines.length]);
      expect(dropped).toEqual({ log: log.first - 1 });
    },
  );
});
