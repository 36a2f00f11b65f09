/// <reference types="vite/client" />
/** The golden files, and what holds for every log; tests/protocol/test_properties.py proves the same in Python. */
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { applyBatch, type Folded } from "./cursor";
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
import { deepFreeze, events, START, sequences } from "./testing/sequences";

// As text: imported as JSON, a key "__proto__" would become a prototype.
const GOLDEN = import.meta.glob<string>("../../../tests/protocol/golden/*.json", {
  query: "?raw",
  import: "default",
  eager: true,
});

function steps(log: readonly unknown[]): State[] {
  const states = [START];
  for (const event of log) states.push(deepFreeze(reduce(states.at(-1) as State, event)));
  return states;
}

function forEachStep(check: (before: State, after: State) => void): void {
  fc.assert(
    fc.property(sequences, (log) => {
      const states = steps(log);
      states.slice(1).forEach((after, at) => {
        check(states[at] as State, after);
      });
    }),
  );
}

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

describe("every log", () => {
  test("folds alike in any split of batches, and no state that came in is touched", () => {
    fc.assert(
      fc.property(sequences, fc.array(fc.nat(30), { maxLength: 3 }), (log, cuts) => {
        const ends = [0, ...cuts.sort((a, b) => a - b), log.length];
        let state = START;
        ends.slice(1).forEach((end, at) => {
          state = deepFreeze(fold(state, log.slice(ends[at], end)));
        });
        // Cuts beyond the end make empty slices; cuts before the last make the rest come once.
        expect(state).toEqual(fold(START, log));
      }),
    );
  });

  test("is applied once, however often its batches come", () => {
    fc.assert(
      fc.property(sequences, fc.infiniteStream(fc.nat()), (log, numbers) => {
        let at: Folded = { cursor: { epoch: "e", seq: 0 }, state: START };
        for (const number of numbers) {
          if (at.cursor.seq >= log.length) break;
          const from = 1 + (number % (at.cursor.seq + 1));
          const batch = { epoch: "e", from, events: log.slice(from - 1, at.cursor.seq + 1 + (number % 5)) };
          const applied = applyBatch(at, batch);
          expect(applied && applyBatch(applied, batch)).toBe(applied);
          at = applied as Folded;
        }
        expect(at.state).toEqual(fold(START, log));
      }),
    );
  });

  test("never empties metadata that was set", () => {
    forEachStep((before, after) => {
      for (const field of ["name", "project", "operation", "model"] as const) {
        if (before[field]) expect(after[field]).toBeTruthy();
      }
      if (before.tags.length > 0) expect(after.tags.length).toBeGreaterThan(0);
      for (const field of ["id", "version", "session"] as const) {
        if (before.agent?.[field]) expect(after.agent?.[field]).toBeTruthy();
      }
    });
  });

  test("has one row per tool, whose end never goes back", () => {
    forEachStep((before, after) => {
      const rows = new Map(after.tools.map((row) => [row.id, row]));
      expect(rows.size).toBe(after.tools.length);
      for (const old of before.tools) {
        const row = rows.get(old.id);
        expect(row).toBeDefined();
        if (["succeeded", "failed", "denied"].includes(old.state)) {
          expect([row?.state, row?.ended_at]).toEqual([old.state, old.ended_at]);
        }
      }
    });
  });

  test("changes only what an event touches", () => {
    forEachStep((before, after) => {
      if (JSON.stringify(before) === JSON.stringify(after)) expect(after).toBe(before);
      for (const field of Object.keys(before) as (keyof State)[]) {
        if (JSON.stringify(before[field]) === JSON.stringify(after[field])) {
          expect(after[field]).toBe(before[field]);
        }
      }
    });
  });

  test("survives any JSON value as an event", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.dictionary(fc.string(), fc.jsonValue()),
        events,
        (value, extra, event) => {
          expect(reduce(START, value)).toBe(START);
          const fields = typeof event === "object" ? event : {};
          expect(() => reduce(START, { ...fields, ...extra })).not.toThrow();
          expect(() => reduce(START, { ...extra, ...fields })).not.toThrow();
        },
      ),
    );
  });
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
