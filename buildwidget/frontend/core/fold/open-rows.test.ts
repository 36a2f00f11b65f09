/** tests/unit/protocol/test_open_rows.py says the same of Python. */
import { expect, test } from "vitest";
import { MAX_LOG_LINE_BYTES, MAX_OPEN_ROWS } from "../protocol/limits.gen";
import { fold, reduce } from "../reducer";
import { deepFreeze, START } from "../testing/states";
import { boundedOpen } from "./open-rows";

const LONG = "x".repeat(MAX_LOG_LINE_BYTES);
const NUMBERS = Array.from({ length: MAX_OPEN_ROWS + 1 }, (_, n) => `${n}`);
const long = (count: number) => Array<string>(count).fill(LONG);

type Rows = Record<string, string[]>;

test.each<[string, Rows, Rows | undefined]>([
  ["none", {}, undefined],
  ["of none", { stdout: [] }, undefined],
  ["blank ones", { stdout: ["a", "", "b", ""] }, { stdout: ["a", "", "b", ""] }],
  ["too many", { stdout: NUMBERS }, { stdout: NUMBERS.slice(1) }],
  ["of two streams", { stderr: ["first"], stdout: NUMBERS.slice(1) }, { stdout: NUMBERS.slice(1) }],
  [
    "some of a stream",
    { stderr: ["a", "b"], stdout: NUMBERS.slice(2) },
    { stderr: ["b"], stdout: NUMBERS.slice(2) },
  ],
  ["too big", { stdout: ["short", ...long(4)] }, { stdout: long(4) }],
  ["blank before", { stdout: ["", ...long(4)] }, { stdout: ["", ...long(4)] }],
  ["too big in between", { stdout: ["short", ...long(4), "end"] }, { stdout: [...long(3), "end"] }],
  [
    "not the stream before",
    { stderr: ["short"], stdout: [LONG, "x", ...long(3), "end"] },
    { stdout: ["x", ...long(3), "end"] },
  ],
  [
    "a long one",
    { stdout: ["€".repeat(2_000)] },
    { stdout: ["€".repeat(Math.floor(MAX_LOG_LINE_BYTES / 3))] },
  ],
  [
    "bytes, not characters",
    { stdout: Array(17).fill("é".repeat(512)) },
    { stdout: Array(16).fill("é".repeat(512)) },
  ],
])("the newest rows are kept: %s", (_, rows, kept) => {
  const found = boundedOpen(undefined, deepFreeze(rows));
  expect(found).toEqual(kept);
  expect(Object.keys(found ?? {})).toEqual(Object.keys(kept ?? {}));
  if (found) expect(boundedOpen(found, found)).toBe(found);
});

const log = (first: number, lines: string[], more: object = {}) => ({
  type: "log",
  at: 1,
  first,
  lines: lines.map((text) => ["stdout", text]),
  ...more,
});

test("a picture that says nothing new is the same object, and so is the stream beside the one that changed", () => {
  const before = deepFreeze(fold(START, [log(1, ["one"], { open: { stdout: ["a", "b"], stderr: ["c"] } })]));
  expect(reduce(before, log(2, [], { open: { stdout: ["a", "b"], stderr: ["c"] } }))).toBe(before);
  expect(reduce(before, log(2, []))).toBe(before);
  const after = reduce(before, log(2, [], { open: { stdout: ["a", "b"], stderr: ["d"] } }));
  expect(after.log.open?.stdout).toBe(before.log.open?.stdout);
  expect(after.log.open).toEqual({ stdout: ["a", "b"], stderr: ["d"] });
});

test("an empty one takes the rows away, and so does any end", () => {
  const drawn = deepFreeze(
    fold(START, [log(1, ["one"], { open: { stdout: ["a"] }, partial: { stdout: "b" } })]),
  );
  expect(reduce(drawn, log(2, [], { open: {} })).log).toEqual({
    first: 1,
    count: 1,
    lines: [["stdout", "one"]],
    partial: { stdout: "b" },
  });
  for (const status of ["succeeded", "failed", "cancelled", "lost"])
    expect(reduce(drawn, { type: "status", at: 2, status }).log).not.toHaveProperty("open");
  expect(reduce(drawn, { type: "status", at: 2, status: "running" }).log.open).toEqual({ stdout: ["a"] });
});
