import { beforeEach, describe, expect, test } from "vitest";
import { Rows } from "./rows";

interface Row {
  readonly id: string;
  readonly value: number;
}

const row = (id: string, value = 0): Row => ({ id, value });
const rowsOf = (given: readonly Row[], limit: number) => new Rows(given, ({ id }) => id, limit);

describe("the list it was made from", () => {
  let given: readonly Row[];
  beforeEach(() => {
    given = Object.freeze([row("a"), row("b")]);
  });

  test("is never changed", () => {
    const rows = rowsOf(given, 3);
    rows.put("a", row("a", 1));
    rows.put("c", row("c"));
    expect(given).toEqual([row("a"), row("b")]);
    expect(rows.result()).toEqual([row("a", 1), row("b"), row("c")]);
  });

  test("comes back while nothing is new in it", () => {
    const rows = rowsOf(given, 2);
    expect(rows.put("a", row("a"))).toBe(0);
    rows.replaceAt(1, row("b"));
    expect(rows.result()).toBe(given);
  });
});

test("a result does not change when it goes on", () => {
  const rows = rowsOf([], 3);
  rows.put("a", row("a"));
  const before = rows.result();
  rows.put("a", row("a", 1));
  rows.put("b", row("b"));
  expect(before).toEqual([row("a")]);
  expect(rows.result()).toEqual([row("a", 1), row("b")]);
});

test("however many fell out, each row is found", () => {
  const rows = rowsOf([], 2);
  const fellOut = [0, 1, 2, 3, 4, 5].map(
    (n) => rows.put(`${n}`, row(`${n}`)) + rows.put(`${n}`, row(`${n}`, 1)),
  );
  expect(fellOut).toEqual([0, 0, 1, 1, 1, 1]);
  expect(rows.result()).toEqual([row("4", 1), row("5", 1)]);
  expect([0, 3, 4, 5].map((n) => rows.place(`${n}`))).toEqual([undefined, undefined, 0, 1]);
  expect([rows.get("3"), rows.get("4"), rows.at(1), rows.length]).toEqual([
    undefined,
    row("4", 1),
    row("5", 1),
    2,
  ]);
  expect(rows.put("0", row("0", 9))).toBe(1);
  expect(rows.get("0")).toEqual(row("0", 9));
});
