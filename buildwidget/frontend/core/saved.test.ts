import { describe, expect, it } from "vitest";
import { IDLE } from "./connection-state";
import type { BuildModel, BuildSession } from "./model";
import type { State } from "./protocol/types.gen";
import { readSaved, SAVED_BYTES, savedState, withSaved } from "./saved";
import { initialState } from "./state";

const base: State = {
  ...initialState({ id: "b1", owner: "me", kind: "command", created_at: 1 }),
  name: "train",
  status: "succeeded",
};

const big: State = {
  ...base,
  log: {
    first: 1,
    count: 1000,
    lines: Array.from({ length: 1000 }, (_, at) => ["stdout", `${at} ${"x".repeat(250)}`] as const),
    partial: {},
  },
  tools: Array.from({ length: 2000 }, (_, at) => ({
    id: `tool-${at}`,
    name: "Bash",
    state: "succeeded" as const,
    truncated: ["output"],
    started_at: at,
    input: { command: "secret".repeat(50) },
    output: "y".repeat(900),
  })),
  texts: [{ id: "t", kind: "answer", text: "z".repeat(60_000) }],
};

const size = (state: State) => new TextEncoder().encode(JSON.stringify(state)).length;

describe("savedState", () => {
  it("is bounded, whatever was in the state", () => {
    const todos = Array.from({ length: 500 }, (_, at) => ({
      id: `${at}`,
      content: "é".repeat(1000),
      status: "completed" as const,
    }));
    for (const state of [big, { ...big, todos }, { ...big, tools: [], todos, name: "n" }]) {
      expect(size(savedState(state))).toBeLessThanOrEqual(SAVED_BYTES);
    }
  });

  it("keeps the end of the log under its own numbers", () => {
    const { log } = savedState(big);
    expect(log.lines.length).toBeLessThanOrEqual(100);
    expect(log.first + log.lines.length - 1).toBe(1000);
    expect(log.lines.at(-1)?.[1]).toContain("999 ");
  });

  it("keeps no rows that are still drawn over", () => {
    const drawn: State = {
      ...base,
      log: { ...base.log, open: { stdout: ["copy 10%"] }, partial: { stdout: "x" } },
    };
    expect(savedState(drawn).log).toEqual({ first: 1, count: 0, lines: [], partial: { stdout: "x" } });
  });

  it("keeps no input or output of tools, and counts the tools it leaves out", () => {
    const few = savedState({ ...big, tools: big.tools.slice(0, 3) });
    expect(few.tools.map((row) => Object.keys(row))).toEqual(
      Array(3).fill(["id", "name", "state", "truncated", "started_at"]),
    );
    expect(savedState(big).dropped.tools).toBe(2000);
  });

  it("changes nothing that is small", () => {
    expect(savedState(base)).toEqual(base);
  });
});

describe("readSaved", () => {
  it("reads what was saved", () => {
    expect(readSaved(JSON.parse(JSON.stringify(savedState(base))), "b1")).toEqual(base);
  });

  it("takes nothing that is no state of this build", () => {
    for (const value of [
      null,
      1,
      [],
      {},
      { ...base, id: "other" },
      { ...base, status: "nice" },
      { ...base, log: 1 },
    ])
      expect(readSaved(value, "b1")).toBeNull();
  });

  it("mends a log without unfinished lines, and takes no open rows", () => {
    const log = { first: 1, count: 0, lines: [], partial: 5, open: { stdout: 5 } };
    expect(readSaved({ ...base, log }, "b1")).toEqual(base);
  });

  it("mends lists that are none", () => {
    expect(readSaved({ ...base, tools: 1, todos: [1, null], tags: "x" }, "b1")).toEqual(base);
  });
});

describe("withSaved", () => {
  const model: BuildModel = { build: "b1", cursor: null, state: null, connection: IDLE, problem: null };
  const sessionOf = (shown: BuildModel) => ({ get: () => shown }) as unknown as BuildSession;

  it("shows the saved state only where nothing else can be had", () => {
    const gone: BuildModel = { ...model, problem: { code: "not_found", message: "gone" } };
    const session = withSaved(sessionOf(gone), base);
    expect(session.get().state).toBe(base);
    expect(session.get()).toBe(session.get());
    expect(withSaved(sessionOf(model), base).get()).toBe(model);
    const live = { ...gone, state: { ...base, name: "live" } };
    expect(withSaved(sessionOf(live), base).get()).toBe(live);
  });

  it("shows it where the server cannot be reached", () => {
    const failed: BuildModel = { ...model, connection: { ...IDLE, phase: "failed" } };
    expect(withSaved(sessionOf(failed), base).get().state).toBe(base);
  });
});
