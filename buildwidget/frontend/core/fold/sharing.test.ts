import { describe, expect, test } from "vitest";
import { shared, sharedJson, sharedList } from "./sharing";

describe("shared", () => {
  const inner = { deep: true };

  test.each<[unknown, unknown]>([
    [
      { a: 1, inner },
      { a: 1, inner },
    ],
    [
      [1, inner],
      [1, inner],
    ],
    [{}, {}],
    [null, null],
    ["x", "x"],
  ])("%o stands for what has the same values", (old, fresh) => {
    expect(shared(old, fresh)).toBe(old);
  });

  test.each<[unknown, unknown]>([
    [undefined, { a: 1 }],
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { b: 1 }],
    [{ a: undefined }, { b: undefined }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1, b: 2 }, { a: 1 }],
    [{ inner }, { inner: { deep: true } }],
    [["x"], { 0: "x" }],
    [{ 0: "x" }, ["x"]],
    [["x"], "x"],
    ["x", ["x"]],
    [null, {}],
    [{}, null],
    [[], null],
  ])("%o does not stand for %o", (old, fresh) => {
    expect(shared(old, fresh)).toBe(fresh);
  });
});

test("a list keeps the items that did not change", () => {
  const old = [{ id: "a" }, { id: "b" }];
  const fresh = [{ id: "a" }, { id: "c" }, { id: "d" }];
  const found = sharedList(old, fresh);
  expect(found).toEqual(fresh);
  expect(found[0]).toBe(old[0]);
  expect(sharedList(old, [{ id: "a" }, { id: "b" }])).toBe(old);
});

test("JSON that reads the same keeps its identity, however deep it is", () => {
  const old = { command: ["ls", { all: true }] };
  expect(sharedJson(old, structuredClone(old))).toBe(old);
  const other = { command: ["ls", { all: false }] };
  expect(sharedJson(old, other)).toBe(other);
  expect([sharedJson(undefined, "x"), sharedJson("x", old), sharedJson(old, "x")]).toEqual(["x", old, "x"]);
});
