import { expect, test } from "vitest";
import { currentValue, fieldsOf, launchOf, missingField, PERMISSIONS } from "./launch-fields";

test("a request has what was told, and nothing that was left empty", () => {
  expect(launchOf("command", { command: " make all ", name: " ", prompt: "of the other kind" })).toEqual({
    kind: "command",
    command: "make all",
  });
  expect(launchOf("agent", { prompt: "Build it.\nTest it.", model: "haiku", project: "site" })).toEqual({
    kind: "agent",
    prompt: "Build it.\nTest it.",
    agent: "claude-code",
    model: "haiku",
    permission: "ask",
    project: "site",
  });
});

test("only what cannot be left out is missed", () => {
  expect(missingField("command", { command: " " })?.name).toBe("command");
  expect(missingField("agent", {})?.name).toBe("prompt");
  expect(missingField("agent", { prompt: "x" })).toBeNull();
});

test("nothing is allowed unless it is chosen, and what is dangerous says so", () => {
  const permission = fieldsOf("agent").find(({ name }) => name === "permission");
  expect(permission && currentValue(permission, {})).toBe("ask");
  expect(PERMISSIONS.map(({ value }) => value).sort()).toEqual(["all", "ask", "edits", "plan"]);
  const dangerous = PERMISSIONS.filter((choice) => choice.dangerous);
  expect(dangerous.map(({ value }) => value)).toEqual(["all"]);
  expect(dangerous[0]?.meaning).toMatch(/^Dangerous/);
});
