import { expect, test } from "vitest";
import { commandText, field, summarizeTool } from "./tool-summary";

const line = (name: string, input: unknown, output?: unknown) => {
  const { icon, label, text, added, removed } = summarizeTool({ name, input, output });
  const changes = added === undefined ? "" : ` +${added} −${removed}`;
  return `${icon ?? "$"}|${label}|${text}${changes}`;
};

test.each([
  ["Bash", { command: "pytest -q", description: "Run the tests" }, "$||pytest -q"],
  ["Bash", { command: "cd app &&\n  npm install" }, "$||cd app && npm install"],
  ["command_execution", { command: "/bin/bash -lc 'ls /tmp'" }, "$||ls /tmp"],
  ["shell", { command: ["bash", "-lc", "make -j4"] }, "$||make -j4"],
  ["exec", { command: ["python", "train.py"] }, "$||python train.py"],
  ["Read", { file_path: "src/app.py", limit: 3 }, "file|Read|src/app.py"],
  ["Write", { file_path: "a.txt", content: "one\ntwo\n" }, "pencil|Write|a.txt +2 −0"],
  ["Edit", { file_path: "a.py", old_string: "a\nb\nc", new_string: "a\nx\ny\nc" }, "pencil|Edit|a.py +2 −1"],
  [
    "MultiEdit",
    {
      file_path: "a.py",
      edits: [
        { old_string: "a", new_string: "b" },
        { old_string: "", new_string: "c" },
      ],
    },
    "pencil|Edit|a.py +2 −1",
  ],
  [
    "apply_patch",
    { changes: [{ path: "a.py", kind: "update", added: 2, removed: 1, diff: "@@ …" }] },
    "pencil|Edit|a.py +2 −1",
  ],
  [
    "apply_patch",
    {
      changes: [
        { path: "a.py", kind: "add", added: 3, removed: 0 },
        { path: "b.py", kind: "add" },
      ],
    },
    "pencil|Write|a.py and 1 more +3 −0",
  ],
  [
    "apply_patch",
    { changes: [{ path: "a.py", kind: "update", moved_to: "b.py" }] },
    "pencil|Edit|b.py +0 −0",
  ],
  [
    "apply_patch",
    { changes: [{ path: "a.py", kind: "delete", added: 0, removed: 9 }] },
    "pencil|Delete|a.py +0 −9",
  ],
  [
    "apply_patch",
    '{"changes":[{"path":"a.py","kind":"update","added":34,"removed":2,"diff":"@@',
    "pencil|Edit|a.py +34 −2",
  ],
  ["spawn_agent", { prompt: "Count the lines" }, "agent|agent|Count the lines"],
  ["wait", {}, "agent|wait|"],
  ["view_image", { path: "shot.png" }, "file|Read|shot.png"],
  ["web_search", { query: "css grid" }, "globe|Search|css grid"],
  ["NotebookEdit", { notebook_path: "a.ipynb", new_source: "x = 1" }, "pencil|Edit|a.ipynb +1 −0"],
  ["BashOutput", { bash_id: "b1" }, "$|Output of|b1"],
  ["KillShell", { shell_id: "b1" }, "$|Stop|b1"],
  ["Skill", { skill: "pdf" }, "gear|Skill|pdf"],
  ["AskUserQuestion", { questions: [{ question: "Which one?" }] }, "question|Asks|Which one?"],
  ["ExitPlanMode", { plan: "# Plan\n1. Look" }, "list|Plan|# Plan 1. Look"],
  ["Grep", { pattern: "onSubmit", path: "src" }, "search|Search|onSubmit  in src"],
  ["WebSearch", { query: "flask forms" }, "globe|Search|flask forms"],
  ["WebFetch", { url: "https://example.org" }, "globe|Fetch|https://example.org"],
  ["Agent", { subagent_type: "reviewer", description: "Review" }, "agent|reviewer|Review"],
  ["TodoWrite", { todos: [1, 2, 3] }, "list|Plan|3 todos"],
  ["TaskCreate", { subject: "Write it", description: "…" }, "list|Plan|Write it"],
  ["TaskUpdate", { taskId: "1", status: "in_progress" }, "list|Plan|#1 in progress"],
  ["mcp__github__create_issue", { title: "Bug" }, "gear|github · create_issue|Bug"],
  ["Weather", { city: "Bonn", days: 2 }, "gear|Weather|city: Bonn, days: 2"],
  ["Weather", undefined, "gear|Weather|"],
  ["", null, "gear|tool|"],
  ["Bash", null, "$|Bash|"],
  ["Read", 42, "file|Read|42"],
])("%s %j reads %s", (name, input, text) => expect(line(name, input)).toBe(text));

test("an edit that was made is told by what it changed", () => {
  const changes = [{ path: "src/a.py", kind: "update", added: 34, removed: 2 }];
  expect(
    line("Edit", { file_path: "/home/me/src/a.py", old_string: "a", new_string: "b" }, { changes }),
  ).toBe("pencil|Edit|src/a.py +34 −2");
});

test("a cut input still tells its first fields", () => {
  const cut = '{"file_path": "src/a \\"b\\".py", "content": "line\\nline';
  expect(line("Write", cut)).toBe('pencil|Write|src/a "b".py');
  expect(line("Bash", '{"command": "echo one && echo tw')).toBe("$||echo one && echo tw…");
  expect(line("Bash", '{"command": "bad escape \\u00')).toContain("bad escape");
});

test("fields of prototypes are not fields", () => {
  expect(field({}, "constructor", "__proto__", "toString")).toBeUndefined();
  expect(line("constructor", { __proto__: { command: "x" } })).toBe("gear|constructor|");
});

test("endless input stays one short line", () => {
  expect(summarizeTool({ name: "x", input: { a: "y".repeat(100_000) } }).text.length).toBeLessThan(400);
  expect(commandText(`sh -c '${"z".repeat(50_000)}'`).length).toBeLessThan(400);
});
