import fc from "fast-check";
import { expect, test } from "vitest";
import {
  advance,
  append,
  EMPTY,
  endOf,
  FOLLOWED_LINES,
  isAttached,
  type LogBuffer,
  mend,
  prepend,
  replace,
  unfinishedRows,
} from "./log-buffer";
import type { LogState } from "./types";

/** The log as the state has it when `count` lines were written and the last `kept` of them are carried. */
const state = (count: number, kept = 10): LogState => {
  const first = Math.max(1, count - kept + 1);
  const lines = Array.from({ length: count - first + 1 }, (_, index): ["stdout", string] => [
    "stdout",
    `line ${first + index}`,
  ]);
  return { first, count, lines, partial: {} };
};
const page = (first: number, last: number) => ({
  first,
  last,
  count: last,
  lines: Array.from({ length: last - first + 1 }, (_, index): [number, string, string] => [
    first + index,
    "stdout",
    `line ${first + index}`,
  ]),
});
const numbers = ({ first, rows }: LogBuffer) => {
  rows.forEach((row, index) => {
    expect(row).toEqual({ number: first + index, stream: "stdout", text: `line ${first + index}` });
  });
  return [first, endOf({ first, rows }) - 1];
};

test("lines that left the state stay, new ones come once", () => {
  let buffer = advance(EMPTY, state(5), true);
  expect(numbers(buffer)).toEqual([1, 5]);
  buffer = advance(buffer, state(12), true);
  expect(numbers(buffer)).toEqual([1, 12]);
  expect(advance(buffer, state(12), true)).toBe(buffer);
});

test("after a leap of the state a follower goes on at its window, a reader keeps what they read", () => {
  const buffer = advance(EMPTY, state(5), true);
  expect(numbers(advance(buffer, state(100), true))).toEqual([91, 100]);
  expect(advance(buffer, state(100), false)).toBe(buffer);
  expect(isAttached(buffer, state(100))).toBe(false);
});

test("another history replaces the lines", () => {
  const buffer = advance(EMPTY, state(50), true);
  expect(numbers(advance(buffer, state(3), true))).toEqual([1, 3]);
});

test("older and newer pages join without holes or doubles", () => {
  let buffer = advance(EMPTY, state(100), false);
  buffer = prepend(buffer, page(80, 95));
  expect(numbers(buffer)).toEqual([80, 100]);
  expect(prepend(buffer, page(50, 60))).toBe(buffer);
  buffer = append(replace(page(1, 20)), page(15, 40));
  expect(numbers(buffer)).toEqual([1, 40]);
  expect(append(buffer, page(50, 60))).toBe(buffer);
  expect(append(buffer, page(10, 20))).toBe(buffer);
});

test("a whole line takes the place of its cut one", () => {
  const buffer = advance(EMPTY, state(3), true);
  const whole = { first: 2, last: 2, count: 3, lines: [[2, "stdout", "all of it"] as const] };
  expect(mend(buffer, whole).rows[1]?.text).toBe("all of it");
  expect(mend(buffer, { ...whole, lines: [[9, "stdout", "x"] as const] })).toBe(buffer);
});

test("a follower's page does not grow without end", () => {
  let buffer: LogBuffer = EMPTY;
  for (let count = 500; count <= 20_000; count += 500) buffer = advance(buffer, state(count, 1_000), true);
  expect(buffer.rows).toHaveLength(FOLLOWED_LINES);
  expect(numbers(buffer)).toEqual([20_000 - FOLLOWED_LINES + 1, 20_000]);
});

test("in any order of steps the lines held are one stretch of the log", () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("grow" as const),
      by: fc.integer({ min: 0, max: 30 }),
      following: fc.boolean(),
    }),
    fc.record({ kind: fc.constant("older" as const), size: fc.integer({ min: 1, max: 8 }) }),
    fc.record({ kind: fc.constant("newer" as const), size: fc.integer({ min: 1, max: 8 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      let [buffer, count]: [LogBuffer, number] = [advance(EMPTY, state(1), true), 1];
      for (const each of steps) {
        if (each.kind === "grow") {
          count += each.by;
          buffer = advance(buffer, state(count), each.following);
          if (each.following) expect(isAttached(buffer, state(count))).toBe(true);
        } else if (each.kind === "older" && buffer.first > 1) {
          buffer = prepend(buffer, page(Math.max(1, buffer.first - each.size), buffer.first - 1));
        } else if (each.kind === "newer" && endOf(buffer) <= count) {
          buffer = append(buffer, page(endOf(buffer), Math.min(count, endOf(buffer) + each.size - 1)));
        }
        expect(numbers(buffer)[1]).toBeLessThanOrEqual(count);
      }
    }),
  );
});

test("open rows of each stream stand before all unfinished lines, each with a key of its own", () => {
  const open = { stdout: ["a", ""], stderr: ["b"] };
  const rows = unfinishedRows({ ...state(3), open, partial: { stdout: "c", stderr: "", system: "d" } });
  expect(rows.map(({ stream, text, kind }) => [stream, text, kind])).toEqual([
    ["stdout", "a", "open"],
    ["stdout", "", "open"],
    ["stderr", "b", "open"],
    ["stdout", "c", "partial"],
    ["system", "d", "partial"],
  ]);
  expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
  expect(unfinishedRows(state(3))).toEqual([]);
});
