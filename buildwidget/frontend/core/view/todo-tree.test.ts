import fc from "fast-check";
import { expect, test } from "vitest";
import { nextStop, parentStop, SHOWN_BY_ITSELF, type TreeRow, treeRows, workOf } from "./todo-tree";
import type { Todo, ToolRow } from "./types";

const todo = (id: string, status: Todo["status"]): Todo => ({ id, content: `do ${id}`, status });
const tool = (id: string, more: Partial<ToolRow> = {}): ToolRow => ({
  id,
  name: "Bash",
  state: "succeeded",
  truncated: [],
  started_at: 100,
  ended_at: 200,
  ...more,
});
const keys = (rows: readonly TreeRow[]) => rows.map((row) => row.key);
const PLAN = [todo("a", "completed"), todo("b", "in_progress"), todo("c", "pending")];

test("the active todo is open, done ones are closed, tools stand under the todo that was active", () => {
  const tools = [tool("1", { todo: "a" }), tool("2", { todo: "b" }), tool("3", { todo: "b" })];
  expect(keys(treeRows(PLAN, tools, new Map(), false))).toEqual([
    "todo:a",
    "todo:b",
    "tool:2",
    "tool:3",
    "todo:c",
  ]);
  expect(
    keys(
      treeRows(
        PLAN,
        tools,
        new Map([
          ["todo:a", true],
          ["todo:b", false],
        ]),
        false,
      ),
    ),
  ).toEqual(["todo:a", "tool:1", "todo:b", "todo:c"]);
  expect(keys(treeRows(PLAN, tools, new Map(), true))).toEqual(["todo:a", "todo:b", "todo:c"]);
});

test("an open tool shows its detail and the calls of its subagent", () => {
  const tools = [
    tool("1", { todo: "b" }),
    tool("2", { todo: "b", parent: "1" }),
    tool("3", { todo: "b", parent: "gone" }),
  ];
  expect(keys(treeRows(PLAN, tools, new Map(), false))).toEqual([
    "todo:a",
    "todo:b",
    "tool:1",
    "tool:3",
    "todo:c",
  ]);
  const open = treeRows(PLAN, tools, new Map([["tool:1", true]]), false);
  expect(keys(open)).toEqual(["todo:a", "todo:b", "tool:1", "detail:1", "tool:2", "tool:3", "todo:c"]);
  expect(open.find((row) => row.key === "tool:1")).toMatchObject({ children: 1, level: 2 });
});

test("tools outside the plan have a group of their own, first where they came first", () => {
  const early = [tool("1", { started_at: 1 }), tool("2", { todo: "a", started_at: 2 })];
  expect(keys(treeRows(PLAN, early, new Map(), false))).toEqual(["other", "todo:a", "todo:b", "todo:c"]);
  const late = [tool("2", { todo: "a", started_at: 2 }), tool("1", { started_at: 3, todo: "forgotten" })];
  expect(keys(treeRows(PLAN, late, new Map(), false))).toEqual(["todo:a", "todo:b", "todo:c", "other"]);
  const running = [tool("1", { state: "running", started_at: 1 })];
  expect(keys(treeRows(PLAN, running, new Map(), false))).toContain("tool:1");
  expect(keys(treeRows([], [tool("1"), tool("2")], new Map(), false))).toEqual(["tool:1", "tool:2"]);
});

test("an active todo with many tools shows the newest, and all when the reader opens it", () => {
  const tools = Array.from({ length: 30 }, (_, index) => tool(String(index), { todo: "b" }));
  const rows = treeRows(PLAN, tools, new Map(), false);
  expect(rows.filter((row) => row.kind === "tool")).toHaveLength(SHOWN_BY_ITSELF);
  expect(rows.find((row) => row.kind === "more")).toMatchObject({
    hidden: 30 - SHOWN_BY_ITSELF,
    owner: "todo:b",
  });
  expect(
    treeRows(PLAN, tools, new Map([["todo:b", true]]), false).filter((row) => row.kind === "tool"),
  ).toHaveLength(30);
});

test("how long a group took", () => {
  expect(
    workOf([
      tool("1", { started_at: 5, ended_at: 9 }),
      tool("2", { started_at: 3, ended_at: 20, state: "failed" }),
    ]),
  ).toEqual({
    tools: 2,
    failed: 1,
    startedAt: 3,
    endedAt: 20,
  });
  expect(workOf([tool("1"), tool("2", { state: "running" })]).endedAt).toBeNull();
  expect(workOf([])).toEqual({ tools: 0, failed: 0, startedAt: null, endedAt: null });
});

test("arrows skip details; left goes to the row above in rank", () => {
  const tools = [tool("1", { todo: "b" }), tool("2", { todo: "b" })];
  const rows = treeRows(PLAN, tools, new Map([["tool:1", true]]), false);
  const at = (key: string) => rows.findIndex((row) => row.key === key);
  expect(nextStop(rows, at("tool:1"), 1)).toBe(at("tool:2"));
  expect(nextStop(rows, at("tool:2"), -1)).toBe(at("tool:1"));
  expect(nextStop(rows, 0, -1)).toBe(0);
  expect(parentStop(rows, at("tool:2"))).toBe(at("todo:b"));
  expect(parentStop(rows, at("detail:1"))).toBe(at("tool:1"));
  expect(parentStop(rows, 0)).toBe(0);
});

test("whatever the parents, every tool without a closed parent is there once, and nothing hangs", () => {
  const id = fc.constantFrom("1", "2", "3", "4", "__proto__", "constructor");
  const row = fc.record({
    id,
    parent: fc.option(id, { nil: undefined }),
    todo: fc.option(fc.constantFrom("a", "b", "x"), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.uniqueArray(row, { selector: (each) => each.id }), (raw) => {
      const tools = raw.map(({ id, parent, todo }) =>
        tool(id, { ...(parent === undefined ? {} : { parent }), ...(todo === undefined ? {} : { todo }) }),
      );
      const all = new Map([
        ["other", true],
        ...["a", "b", "c"].map((key) => [`todo:${key}`, true] as const),
        ...tools.map((each) => [`tool:${each.id}`, true] as const),
      ]);
      const shown = keys(treeRows(PLAN, tools, all, false));
      const looped = new Set(tools.filter((each) => inLoop(each, tools)).map((each) => `tool:${each.id}`));
      for (const each of tools) {
        const times = shown.filter((key) => key === `tool:${each.id}`).length;
        if (!looped.has(`tool:${each.id}`)) expect(times).toBe(1);
      }
    }),
  );
});

/** Whether a tool is its own forebear, or below one that is: no reader can reach such a row. */
function inLoop(start: ToolRow, tools: readonly ToolRow[]): boolean {
  let row: ToolRow | undefined = start;
  for (let steps = 0; steps <= tools.length; steps += 1) {
    const parent: string | undefined = row?.parent === row?.id ? undefined : row?.parent;
    row = tools.find((each) => each.id === parent);
    if (!row) return false;
  }
  return true;
}
