/** What coding agents report: at work, with a subagent, and with all done. */
import type { Event } from "../../protocol/types.gen";
import { ago, log, meta, plan, status, todos, tool } from "./events";

const PYTEST = [
  "\u001b[1m============================= test session starts ==============================\u001b[0m",
  "platform linux -- Python 3.11.2, pytest-8.3.3, pluggy-1.5.0",
  "rootdir: /home/alice/landing",
  "collected 14 items",
  "",
  "tests/test_app.py \u001b[32m.\u001b[0m\u001b[32m.\u001b[0m\u001b[32m.\u001b[0m\u001b[31mF\u001b[0m\u001b[32m.\u001b[0m                                              [ 35%]",
  "tests/test_form.py \u001b[32m.........\u001b[0m                                             [100%]",
  "",
  "\u001b[31m\u001b[1m___________________________ test_form_keeps_the_name ___________________________\u001b[0m",
  "\u001b[1m\u001b[31mE       AssertionError: assert 'Ada' == 'ada'\u001b[0m",
  "\u001b[33mtests/test_app.py\u001b[0m:31: AssertionError",
  "\u001b[31m========================= \u001b[31m\u001b[1m1 failed\u001b[0m, \u001b[32m13 passed\u001b[0m\u001b[31m in 1.24s\u001b[0m\u001b[31m ==========================\u001b[0m",
];

export function agentEvents(): Event[] {
  const events: Event[] = [
    status(ago(161), "running"),
    meta(ago(161), {
      name: "Landing page",
      project: "landing",
      operation: "enhancement",
      agent: { id: "claude-code", version: "2.1.330", session: "s1" },
      model: "claude-haiku-4-5",
    }),
    tool(ago(158), "x1", { name: "Glob", state: "running", input: { pattern: "**/*.py" } }),
    tool(ago(157.6), "x1", { state: "succeeded", output: "app.py\ntests/test_app.py" }),
    tool(ago(157), "x2", {
      name: "Read",
      state: "running",
      input: { file_path: "/home/alice/landing/app.py" },
    }),
    tool(ago(156.8), "x2", { state: "succeeded", output: "import flask\n" }),
    todos(ago(150), plan(0)),
    tool(ago(149), "a1", {
      name: "Bash",
      state: "running",
      input: { command: "npm create vite@latest . -- --template vanilla" },
    }),
    tool(ago(141), "a1", { state: "succeeded", output: "Done. Now run:\n  npm install" }),
    tool(ago(140), "a2", { name: "Bash", state: "running", input: { command: "npm install" } }),
    tool(ago(130), "a2", { state: "succeeded", output: "added 12 packages" }),
    todos(ago(128), plan(1)),
    tool(ago(127), "b1", {
      name: "Write",
      state: "running",
      input: { file_path: "src/main.js", content: "const a = 1;\n".repeat(34) },
    }),
    tool(ago(126.7), "b1", { state: "succeeded", output: "File created" }),
    tool(ago(120), "b2", {
      name: "Agent",
      state: "running",
      input: { subagent_type: "reviewer", description: "Review the form handling" },
    }),
    tool(ago(119), "b3", {
      name: "Grep",
      parent: "b2",
      state: "running",
      input: { pattern: "onSubmit", path: "src" },
    }),
    tool(ago(118.9), "b3", { state: "succeeded", output: "src/main.js:12" }),
    tool(ago(118), "b4", {
      name: "Read",
      parent: "b2",
      state: "running",
      input: { file_path: "src/main.js" },
    }),
    tool(ago(117.5), "b4", { state: "succeeded", output: "const a = 1;" }),
    tool(ago(100), "b2", { state: "succeeded", output: "Looks good." }),
    todos(ago(60), plan(2)),
    tool(ago(58), "c1", {
      name: "Edit",
      state: "running",
      input: {
        file_path: "tests/test_app.py",
        old_string: "def test_form():\n    form = Form()\n    assert form.name == ''\n",
        new_string:
          "def test_form():\n    form = Form('Ada')\n    assert form.name == 'Ada'\n    assert form.valid\n",
      },
    }),
    tool(ago(57.7), "c1", { state: "succeeded", output: "ok" }),
    tool(ago(50), "c2", {
      name: "Bash",
      state: "running",
      input: { command: "pytest -q", description: "Run the tests" },
    }),
    tool(ago(47.9), "c2", { state: "failed", output: PYTEST.join("\n") }),
    tool(ago(40), "c3", {
      name: "WebSearch",
      state: "running",
      input: { query: "flask test client keeps case of form fields" },
    }),
    tool(ago(38), "c3", { state: "succeeded", output: "3 results" }),
    tool(ago(30), "c4", {
      name: "mcp__github__create_issue",
      state: "running",
      input: { title: "Names lose their case", labels: ["bug"] },
    }),
    tool(ago(29), "c4", { state: "denied" }),
    tool(ago(6), "c5", { name: "Bash", state: "running", input: { command: "npm run build" } }),
    {
      type: "text",
      at: ago(155),
      id: "r1",
      kind: "reasoning",
      text: "**Planning** the work: first look at what is there, then a plan.",
    },
    {
      type: "text",
      at: ago(150),
      id: "m1",
      kind: "answer",
      text: "I will build the landing page in **four steps**:\n\n1. scaffold with `vite`\n2. write the app\n3. test it\n\n```python\nprint('hello')\n```\n\n| file | lines |\n|---|---:|\n| main.js | 34 |\n\nSee [the docs](https://example.org/docs).",
    },
    { type: "usage", at: ago(20), input_tokens: 41_200, output_tokens: 3_400, cost_usd: 0.0871, turns: 9 },
    log(
      ago(50),
      1,
      PYTEST.map((line): [string, string] => ["stdout", line]),
    ),
    log(
      ago(5),
      13,
      [
        ["system", "Denied: create_issue"],
        ["stdout", ""],
        ["stdout", "> landing@0.1.0 build"],
        ["stdout", "> vite build"],
        ["stderr", "(!) Some chunks are larger than 500 kB after minification."],
      ],
      { stdout: "transforming (34) src/main.js" },
    ),
    { type: "progress", at: ago(5), id: "p1", label: "transform", current: 34, total: 120, unit: "modules" },
    {
      type: "artifact",
      at: ago(8),
      name: "index.html",
      path: "dist/index.html",
      mime: "text/html",
      size: 2_310,
    },
    {
      type: "artifact",
      at: ago(8),
      name: "preview.png",
      path: "dist/preview.png",
      mime: "image/png",
      size: 48_112,
    },
  ];
  return events;
}

const HUNK = `@@ -1,4 +1,5 @@
 def test_form():
-    form = Form()
-    assert form.name == ''
+    form = Form('Ada')
+    assert form.name == 'Ada'
+    assert form.valid
 
`;

export const EDITED = {
  changes: [{ path: "tests/test_app.py", kind: "update", added: 3, removed: 2, diff: HUNK }],
};

export const ANSWER = `The landing page is **done**, and its tests pass.

- \`src/main.js\` draws the form
- \`tests/test_app.py\` checks that a name keeps its case

Run it with \`npm run dev\`.`;

/** An agent that has ended, with an answer, files and a build before it. */
export const answeredEvents = (): Event[] => [
  ...agentEvents(),
  { type: "meta", at: ago(9), operation: "continuation" },
  tool(ago(5), "c5", { state: "succeeded", output: "built in 3.1s" }),
  tool(ago(4.6), "d1", {
    name: "Edit",
    state: "running",
    input: {
      file_path: "/home/alice/landing/tests/test_app.py",
      old_string: "Form()",
      new_string: "Form('Ada')",
    },
  }),
  tool(ago(4.5), "d1", { state: "succeeded", output: EDITED }),
  tool(ago(4.3), "d2", {
    name: "apply_patch",
    state: "succeeded",
    input: {
      changes: [
        ...EDITED.changes,
        {
          path: "docs/old-notes.md",
          kind: "delete",
          added: 0,
          removed: 1,
          diff: "@@ -1 +0,0 @@\n-Nothing here.\n",
        },
      ],
    },
  }),
  {
    type: "artifact",
    at: ago(4),
    name: "test_app.py",
    path: "tests/test_app.py",
    mime: "text/x-python",
    size: 812,
  },
  { type: "artifact", at: ago(4), name: "logo.png", path: "dist/logo.png", mime: "image/png", size: 14_200 },
  todos(ago(3), plan(4)),
];

/** A subagent at work. */
export const subagentEvents = (): Event[] => [
  ...agentEvents(),
  tool(ago(5), "c5", { state: "succeeded", output: "built in 3.1s" }),
  tool(ago(4), "s0", {
    name: "Agent",
    state: "running",
    input: {
      subagent_type: "reviewer",
      description: "Review the tests",
      prompt: "Read the tests and say whether they cover the form.\n\nBe short.",
    },
  }),
  tool(ago(3), "s1", {
    name: "Read",
    parent: "s0",
    state: "succeeded",
    input: { file_path: "tests/test_app.py" },
  }),
  tool(ago(2), "s2", { name: "Bash", parent: "s0", state: "running", input: { command: "pytest -q tests" } }),
];
