import { expect, test } from "vitest";
import { IDLE } from "./connection-state";
import { changeRows, FollowedList } from "./followed-list";
import type { Builds, Summary } from "./protocol/types.gen";

const row = (id: string, created_at: number, more: Partial<Summary> = {}): Summary =>
  ({ id, created_at, project: null, status: "running", ...more }) as Summary;
const change = (builds: Summary[], more: Partial<Builds> = {}): Builds => ({
  type: "builds",
  builds,
  removed: [],
  reset: false,
  ...more,
});
const ids = (rows: ReadonlyArray<Summary>) => rows.map(({ id }) => id);

test("newest first, equal times by id, changed rows in place", () => {
  const rows = changeRows([], change([row("a", 1), row("c", 2), row("b", 2)]), undefined);
  expect(ids(rows)).toEqual(["c", "b", "a"]);
  const next = changeRows(rows, change([row("a", 1, { percent: 5 })]), undefined);
  expect(ids(next)).toEqual(["c", "b", "a"]);
  expect(next[2]?.percent).toBe(5);
  expect(next[0]).toBe(rows[0]);
});

test("a reset replaces, removed go", () => {
  const rows = changeRows([], change([row("a", 1), row("b", 2)]), undefined);
  expect(ids(changeRows(rows, change([row("c", 3)], { reset: true }), undefined))).toEqual(["c"]);
  expect(ids(changeRows(rows, change([], { removed: ["a", "x"] }), undefined))).toEqual(["b"]);
});

test("a list of one project takes only its builds, and lets those go that left it", () => {
  const rows = changeRows([], change([row("a", 1, { project: "p" }), row("b", 2)]), "p");
  expect(ids(rows)).toEqual(["a"]);
  expect(ids(changeRows(rows, change([row("a", 1, { project: "q" })]), "p"))).toEqual([]);
});

test("the model is the same until something changes; listeners hear until they stop", () => {
  const list = new FollowedList(undefined, () => IDLE);
  const handle = list.handle(() => {});
  const before = handle.get();
  expect(handle.get()).toBe(before);
  let heard = 0;
  const stop = handle.subscribe(() => {
    heard += 1;
  });
  list.receive(change([row("a", 1)]));
  list.tellListeners();
  expect(ids(handle.get().builds)).toEqual(["a"]);
  stop();
  list.tellListeners();
  expect(heard).toBe(1);
});
