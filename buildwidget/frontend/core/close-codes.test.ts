import { expect, test } from "vitest";
import { codeOf, verdictOf } from "./close-codes";

test.each([1001, 1005, 1006, 1011, 1012, 1015, 4100, 4101, 4102, 4199])("%i means come back", (code) => {
  expect(verdictOf(code, "")).toEqual({ comeBack: true, retryMs: 0 });
});

test.each([4500, 4501, 4503, 4577])("%i means stay away, with a sentence", (code) => {
  expect(verdictOf(code, "")).toEqual({ comeBack: false, message: expect.stringMatching(/\.$/) });
});

test("a server that shuts down says when to come back", () => {
  expect(verdictOf(4102, '{"retry_ms": 2500}')).toEqual({ comeBack: true, retryMs: 2_500 });
});

test.each(["", "soon", "null", "[]", '{"retry_ms": "x"}', '{"retry_ms": -1}'])(
  "%j asks for no wait",
  (reason) => {
    expect(verdictOf(4102, reason)).toEqual({ comeBack: true, retryMs: 0 });
  },
);

test("no server can send a page away for long", () => {
  expect(verdictOf(4102, '{"retry_ms": 1e12}')).toEqual({ comeBack: true, retryMs: 60_000 });
});

test("only a shutdown's reason is read", () => {
  expect(verdictOf(4100, '{"retry_ms": 2500}')).toEqual({ comeBack: true, retryMs: 0 });
});

test("codes are found by name", () => {
  expect(codeOf("abnormal")).toBe(1006);
});
