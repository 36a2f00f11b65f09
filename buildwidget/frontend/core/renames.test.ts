import { expect, test } from "vitest";
import { MAX_RENAMES, pathNow, type Renames, readRenames, withRename } from "./renames";

test("a renamed file is found, however often it was renamed, and with its directory", () => {
  let renames: Renames = [];
  renames = withRename(renames, "a.ipynb", "b.ipynb");
  renames = withRename(renames, "b.ipynb", "work/b.ipynb");
  renames = withRename(renames, "work", "done");
  expect(pathNow(renames, "a.ipynb")).toBe("done/b.ipynb");
  expect(pathNow(renames, "workshop/x.ipynb")).toBe("workshop/x.ipynb");
});

test("another file that later took the old name is not taken for it", () => {
  const renames = withRename(withRename([], "a.ipynb", "b.ipynb"), "c.ipynb", "a.ipynb");
  expect(pathNow(renames, "a.ipynb")).toBe("b.ipynb");
  expect(pathNow(renames, "c.ipynb")).toBe("a.ipynb");
});

test("the list is bounded", () => {
  let renames: Renames = [];
  for (let number = 0; number < 2 * MAX_RENAMES; number += 1) renames = withRename(renames, `${number}`, "x");
  expect(renames).toHaveLength(MAX_RENAMES);
});

test.each(["", "null", "{}", '[1, [2], ["a", 3]]', "not JSON"])("%j is no list of renames", (text) => {
  expect(readRenames(text)).toEqual([]);
});

test("what was written is read", () => {
  expect(readRenames(JSON.stringify([["a", "b"]]))).toEqual([["a", "b"]]);
});
