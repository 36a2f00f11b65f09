import { describe, expect, test } from "vitest";
import { MAX_TODOS } from "../protocol/limits.gen";
import { fold } from "../reducer";
import { START } from "../testing/states";

const at = 1;
const status = (status: string, more: object = {}) => ({ type: "status", at, status, ...more });
const todos = (count: number) => ({
  type: "todos",
  at,
  todos: Array.from({ length: count }, (_, n) => ({ id: `${n}`, content: "c", status: "pending" })),
});

test.each(["succeeded", "failed", "cancelled", "lost"])("after %s nothing changes", (end) => {
  const ended = fold(START, [status(end)]);
  expect(ended).toMatchObject({ status: end, ended_at: 1 });
  expect(fold(ended, [status("running"), { type: "meta", at, name: "n" }, todos(1)])).toBe(ended);
});

test("what an outcome does not give stays", () => {
  const error = { kind: "E", message: "m" };
  const given = status("running", { exit_code: 3, summary: "s", error });
  expect(fold(START, [given, status("failed")])).toMatchObject({ exit_code: 3, summary: "s", error });
  expect(Object.keys(fold(START, [status("running")]))).not.toContain("exit_code");
});

describe("todos", () => {
  test("over their bound are left out and counted, until there are fewer", () => {
    const many = fold(START, [todos(MAX_TODOS + 3)]);
    expect([many.todos.length, many.todos.at(-1)?.id, many.dropped]).toEqual([
      MAX_TODOS,
      `${MAX_TODOS - 1}`,
      { todos: 3 },
    ]);
    expect(fold(many, [todos(1)]).dropped).toEqual({});
  });

  test("that nobody works on name no row", () => {
    const { tools, texts } = fold(START, [
      todos(1),
      { type: "tool", at, id: "a" },
      { type: "text", at, id: "t", kind: "answer" },
    ]);
    expect([...tools, ...texts].flatMap(Object.keys)).not.toContain("todo");
  });
});
