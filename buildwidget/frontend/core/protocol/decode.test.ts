import fc from "fast-check";
import { expect, test } from "vitest";
import { events } from "../testing/sequences";
import { decodeEvent } from "./decode";

const meta = { type: "meta", at: 1 };

test.each([
  [undefined],
  [null],
  [[]],
  ["meta"],
  [{}],
  [{ at: 1 }],
  [{ type: "later", at: 1 }],
  [{ type: "constructor", at: 1 }],
  [{ type: "__proto__", at: 1 }],
  [{ type: ["meta"], at: 1 }],
  [{ type: "meta" }],
  [{ ...meta, at: "1" }],
  [{ ...meta, at: 1.5 }],
  [{ ...meta, at: 2 ** 53 }],
  [{ ...meta, at: -1 }],
  [{ ...meta, seq: null }],
  [{ ...meta, name: Number.POSITIVE_INFINITY }],
  [{ ...meta, tags: {} }],
  [{ ...meta, tags: [null] }],
  [{ ...meta, agent: [] }],
  [{ ...meta, agent: {} }],
  [{ type: "log", at: 1, first: 1, lines: [["stdout"]] }],
  [{ type: "log", at: 1, first: 1, lines: [["stdout", "a", "b"]] }],
  [{ type: "log", at: 1, first: 1, lines: [], partial: JSON.parse('{"__proto__": "x"}') }],
  [{ type: "progress", at: 1, id: "", label: "", current: null }],
  [{ type: "progress", at: 1, id: "", label: "", current: "nan" }],
])("%j is no event", (value) => {
  expect(decodeEvent(value)).toBeNull();
});

test("unknown fields and nulls are left out, text and numbers are cleaned", () => {
  const value = {
    ...meta,
    name: "a\ud800",
    project: null,
    later: 1,
    agent: { id: "x", later: 1, version: null },
  };
  expect(decodeEvent(value)).toEqual({ ...meta, name: "a\ufffd", agent: { id: "x" } });
  const bar = { type: "progress", at: 1, id: "", label: "", current: JSON.parse("1e999"), total: "NaN" };
  expect(decodeEvent(bar)).toEqual({ ...bar, current: "Infinity" });
});

test("what is clean is not copied", () => {
  const lines = [
    ["stdout", "one"],
    ["stderr", "😀"],
  ];
  const input = JSON.parse('{"__proto__": [1, {"a": null}]}');
  expect(decodeEvent({ type: "log", at: 1, first: 1, lines })).toHaveProperty("lines", lines);
  const tool = decodeEvent({ type: "tool", at: 1, id: "t", input });
  expect(tool?.type === "tool" && tool.input).toBe(input);
});

test("a cleaned key __proto__ is a key still", () => {
  const input = JSON.parse('{"__proto__": "\\ud800"}');
  const tool = decodeEvent({ type: "tool", at: 1, id: "t", input });
  expect(JSON.stringify(tool?.type === "tool" && tool.input)).toBe('{"__proto__":"\ufffd"}');
});

test("an event is at most 64 arrays and objects deep", () => {
  const nested = (depth: number) => JSON.parse("[".repeat(depth) + "]".repeat(depth));
  expect(decodeEvent({ ...meta, later: nested(63) })).toEqual(meta);
  expect(decodeEvent({ ...meta, later: nested(64) })).toBeNull();
  expect(decodeEvent({ type: "tool", at: 1, id: "t", input: nested(5_000) })).toBeNull();
});

test("what was read once reads the same again", () => {
  fc.assert(
    fc.property(events, (event) => {
      const decoded = decodeEvent(event);
      expect(decodeEvent(decoded)).toEqual(decoded);
    }),
  );
});
