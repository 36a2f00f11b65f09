import { expect, test } from "vitest";
import { MAX_PERMISSION_INPUT_WEIGHT } from "../protocol/limits.gen";
import { fold } from "../reducer";
import { START } from "../testing/states";

const at = 1;

test("a bar keeps what an event lacks", () => {
  const first = {
    type: "progress",
    at,
    id: "b",
    label: "x",
    current: 1,
    total: 4,
    unit: "files",
    done: true,
  };
  const { progress } = fold(START, [first, { type: "progress", at, id: "b", label: "y", current: 2 }]);
  expect(progress).toEqual([
    { id: "b", label: "y", current: 2, run: 1, total: 4, unit: "files", done: true },
  ]);
});

test("a display and an artifact keep what an event lacks", () => {
  const { displays, artifacts } = fold(START, [
    { type: "display", at, id: "d", mime: "image/png", size: 1, title: "Loss" },
    { type: "display", at, id: "d", mime: "text/html", size: 2 },
    { type: "artifact", at, name: "a", path: "p", mime: "text/plain", size: 5 },
    { type: "artifact", at, name: "b", path: "p" },
  ]);
  expect(displays).toEqual([{ id: "d", mime: "text/html", size: 2, title: "Loss" }]);
  expect(artifacts).toEqual([{ name: "b", path: "p", mime: "text/plain", size: 5 }]);
});

test("what no event gave is not there", () => {
  const { progress, artifacts, permissions } = fold(START, [
    { type: "progress", at, id: "b", label: "x", current: 1 },
    { type: "artifact", at, name: "a", path: "p" },
    { type: "permission", at, request_id: "p", tool: "Bash" },
  ]);
  expect(progress).toStrictEqual([{ id: "b", label: "x", current: 1, run: 1, done: false }]);
  expect(artifacts).toStrictEqual([{ name: "a", path: "p" }]);
  expect(permissions).toStrictEqual([{ request_id: "p", tool: "Bash", input: null, options: [] }]);
});

test("the first decision of a permission stays", () => {
  const asked = {
    type: "permission",
    at,
    request_id: "p",
    tool: "Bash",
    input: { a: 1 },
    options: ["allow"],
  };
  const decided = ["deny", "allow"].map((decision) => ({
    type: "permission",
    at,
    request_id: "p",
    tool: "Bash",
    decision,
  }));
  expect(fold(START, [asked, ...decided]).permissions).toEqual([
    { request_id: "p", tool: "Bash", input: { a: 1 }, options: ["allow"], decision: "deny" },
  ]);
});

test.each([
  [MAX_PERMISSION_INPUT_WEIGHT, true],
  [MAX_PERMISSION_INPUT_WEIGHT + 1, false],
])("an input of weight %i is kept: %s", (weight, kept) => {
  const input = "x".repeat(weight);
  const { permissions } = fold(START, [{ type: "permission", at, request_id: "p", tool: "Write", input }]);
  expect(permissions[0]?.input).toBe(kept ? input : null);
});
