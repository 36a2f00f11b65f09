/** Builds in every state that a view must draw well. Times are relative to when the page was opened. */
import type { Event, Todo } from "../../protocol/types.gen";
import { initialState } from "../../state";
import { FakeSession, LIVE } from "./fake-session";

const START = Date.now();
const ago = (seconds: number): number => START - seconds * 1000;

type Kind = "command" | "agent" | "function";

function session(kind: Kind, createdAgo: number, events: Event[], rest = {}): FakeSession {
  const made = new FakeSession(
    initialState({ id: "01jd2kq8v3m5x7z9b1cd", owner: "alice", kind, created_at: ago(createdAgo) }),
    rest,
  );
  made.apply(events);
  return made;
}

const meta = (at: number, more: object): Event => ({ type: "meta", at, ...more });
const status = (at: number, value: string, more: object = {}): Event =>
  ({ type: "status", at, status: value, ...more }) as Event;
const todos = (at: number, list: Todo[]): Event => ({ type: "todos", at, todos: list });
const tool = (at: number, id: string, more: object): Event => ({ type: "tool", at, id, ...more });
const log = (at: number, first: number, lines: Array<[string, string]>, partial?: object): Event =>
  ({ type: "log", at, first, lines, ...(partial ? { partial } : {}) }) as Event;

const PLAN = ["Scaffold the project", "Write the app", "Write tests", "Deploy a preview"];
const FORMS = ["Scaffolding the project", "Writing the app", "Writing tests", "Deploying a preview"];

function plan(active: number): Todo[] {
  return PLAN.map((content, index) => ({
    id: `t${index}`,
    content,
    active_form: FORMS[index] ?? content,
    status: index < active ? "completed" : index === active ? "in_progress" : "pending",
  }));
}

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

function agentEvents(): Event[] {
  const events: Event[] = [
    status(ago(161), "running"),
    meta(ago(161), {
      name: "Landing page",
      project: "landing",
      operation: "enhancement",
      agent: { id: "claude-code", version: "2.1.330" },
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

function trainingEvents(): Event[] {
  const points = (value: (step: number) => number | string) =>
    Array.from({ length: 120 }, (_, step) => [step, value(step), ago(120 - step)]);
  return [
    status(ago(120), "running"),
    meta(ago(120), { name: "train classifier", project: "demo" }),
    { type: "progress", at: ago(1), id: "e", label: "epoch", current: 7, total: 20 },
    { type: "progress", at: ago(1), id: "b", label: "batch", current: 412, total: 782 },
    { type: "progress", at: ago(1), id: "d", label: "download", current: 8_100_000, unit: "B" },
    { type: "progress", at: ago(1), id: "l", label: "load data", current: 3, total: 3, done: true },
    {
      type: "metric",
      at: ago(1),
      name: "loss",
      points: points((step) => 2.3 * Math.exp(-step / 40) + 0.05 * Math.sin(step)),
    },
    { type: "metric", at: ago(1), name: "val_accuracy", points: points((step) => 1 - Math.exp(-step / 30)) },
    {
      type: "metric",
      at: ago(1),
      name: "grad_norm",
      points: points((step) => (step > 110 ? "NaN" : 1 + Math.random())),
    },
    log(
      ago(3),
      1,
      Array.from({ length: 9 }, (_, epoch): [string, string] => [
        "stdout",
        `epoch ${epoch + 1}/20  loss ${(2 / (epoch + 1)).toFixed(4)}`,
      ]),
    ),
    { type: "display", at: ago(3), id: "figure", title: "Scores", mime: "image/svg+xml", size: 800 },
    { type: "display", at: ago(3), id: "table", title: "Models", mime: "text/html", size: 500 },
    { type: "display", at: ago(3), id: "note", mime: "text/markdown", size: 40 },
    { type: "display", at: ago(3), id: "data", title: "report.json", mime: "application/json", size: 40 },
  ] as Event[];
}

function manyLines(from: number, amount: number): Array<[string, string]> {
  return Array.from({ length: amount }, (_, index): [string, string] => [
    index % 41 === 7 ? "stderr" : "stdout",
    `\u001b[32m[${String(from + index).padStart(6)}]\u001b[0m building target object_${from + index}.o with a rather usual length of line`,
  ]);
}

function hugeEvents(tools: number, lines: number): Event[] {
  const events: Event[] = [status(ago(900), "running"), meta(ago(900), { name: "huge", project: "load" })];
  const list = (active: number): Todo[] =>
    Array.from({ length: 50 }, (_, index) => ({
      id: `h${index}`,
      content: `Step ${index + 1} of a long plan`,
      status: index < active ? "completed" : index === active ? "in_progress" : "pending",
    }));
  for (let index = 0; index < tools; index += 1) {
    if (index % Math.ceil(tools / 50) === 0)
      events.push(todos(ago(880), list(Math.floor(index / Math.ceil(tools / 50)))));
    events.push(
      tool(ago(870), `h${index}`, {
        name: "Bash",
        state: "running",
        input: { command: `make target-${index}` },
      }),
    );
    events.push(
      tool(ago(869), `h${index}`, { state: index % 17 === 3 ? "failed" : "succeeded", output: "ok" }),
    );
  }
  for (let first = 1; first <= lines; first += 500) events.push(log(ago(10), first, manyLines(first, 500)));
  return events;
}

const HOSTILE = "<script>document.title='hacked'</script><img src=x onerror=\"document.title='hacked'\">";

function hostileEvents(): Event[] {
  const long = "A name of two hundred characters that never ends ".repeat(5).slice(0, 200);
  return [
    status(ago(30), "running"),
    meta(ago(30), {
      name: `${HOSTILE}${long}`,
      project: HOSTILE,
      operation: long,
      agent: { id: HOSTILE },
      model: long,
      tags: [HOSTILE],
    }),
    todos(ago(29), [
      {
        id: "__proto__",
        content: `${HOSTILE} ${long}`,
        status: "in_progress",
        active_form: `${HOSTILE} ${long}`,
      },
      { id: "2", content: "x".repeat(600), status: "pending" },
    ]),
    tool(ago(28), "__proto__", {
      name: HOSTILE,
      state: "running",
      input: { command: `echo '${HOSTILE}' ${"y".repeat(900)}` },
    }),
    tool(ago(27), "constructor", {
      name: "Bash",
      state: "failed",
      input: HOSTILE,
      output: `\u001b[31m${HOSTILE}\u001b[0m\u001b]8;;javascript:alert(1)\u0007link\u001b]8;;\u0007`,
    }),
    {
      type: "text",
      at: ago(26),
      id: "t",
      kind: "answer",
      text: `# ${HOSTILE}\n\n[click](javascript:alert(1)) [ok](https://example.org) <a href="javascript:alert(1)" onclick="x">raw</a> ![pic](https://evil.example/x.png)\n\n${HOSTILE}\n\n<style>body{display:none}</style><form action=x><input></form>\n\n> quote\n\n- [x] done\n- [ ] open`,
    },
    log(
      ago(25),
      1,
      [
        ["stdout", HOSTILE],
        ["stdout", `one unbroken line: ${"z".repeat(10_000)}`],
        [
          "stderr",
          "\u001b[2J\u001b[H\u001b[31mred\u001b[0m \u001b[7mreverse\u001b[0m \u001b[38;5;208mpalette\u001b[0m \u001b[38;2;10;200;120mtrue colour\u001b[0m \u001b[41mback\u001b[0m \u001b[1mbold\u001b[0m\u0007\u0000",
        ],
        ["system", "\u202Eright to left override"],
      ],
      { stdout: HOSTILE },
    ),
    {
      type: "progress",
      at: ago(20),
      id: "__proto__",
      label: `${HOSTILE}${long}`,
      current: "NaN",
      total: "Infinity",
    },
    {
      type: "metric",
      at: ago(20),
      name: `${HOSTILE}${long}`,
      points: [
        [0, "NaN", ago(20)],
        [1, "Infinity", ago(19)],
      ],
    },
    { type: "artifact", at: ago(20), name: HOSTILE, path: `../../${long}`, mime: "text/html", size: 3 },
    { type: "display", at: ago(20), id: "table", title: HOSTILE, mime: "text/html", size: 5 },
  ] as Event[];
}

const TRACEBACK = `Traceback (most recent call last):
  File "/home/alice/train.py", line 41, in <module>
    main()
  File "/home/alice/train.py", line 33, in main
    loss = step(batch)
ValueError: operands could not be broadcast together with shapes (64,10) (32,10)`;

const commandEvents = (): Event[] => [
  status(ago(75), "running"),
  meta(ago(75), { name: "compile", project: "demo" }),
  log(ago(74), 1, manyLines(1, 40)),
];

export const SCENARIOS: Record<string, () => FakeSession> = {
  agent: () => session("agent", 165, agentEvents()),
  training: () => session("function", 125, trainingEvents()),
  command: () => session("command", 80, commandEvents()),
  queued: () => session("command", 42, [meta(ago(42), { name: "compile", project: "demo" })], { ahead: 2 }),
  cancelling: () =>
    session("command", 80, [...commandEvents(), status(ago(2), "running", { cancelling: true })]),
  permission: () =>
    session("agent", 165, [
      ...agentEvents(),
      {
        type: "permission",
        at: ago(3),
        request_id: "q1",
        tool: "Bash",
        input: { command: "rm -rf dist && npm publish --access public", description: "Publish the package" },
        options: ["allow", "deny"],
      } as Event,
      { type: "permission", at: ago(2), request_id: "q2", tool: "Write", input: {}, options: [] } as Event,
    ]),
  succeeded: () =>
    session("agent", 165, [
      ...agentEvents(),
      todos(ago(4), plan(4)),
      tool(ago(3), "c5", { state: "succeeded", output: "built in 3.1s" }),
      status(ago(1), "succeeded", {
        exit_code: 0,
        summary: "The landing page is built and its tests pass. The preview is in dist/.",
      }),
    ]),
  failed: () =>
    session("function", 125, [
      ...trainingEvents(),
      status(ago(1), "failed", {
        exit_code: 1,
        error: {
          kind: "ValueError",
          message: "operands could not be broadcast together with shapes (64,10) (32,10)",
          traceback: TRACEBACK,
        },
      }),
    ]),
  failedcommand: () =>
    session("command", 80, [
      ...commandEvents(),
      log(ago(2), 41, [
        ["stderr", "\u001b[31merror:\u001b[0m expected ';' before '}' token"],
        ["stdout", "make: *** [Makefile:12: main.o] Error 1"],
      ]),
      status(ago(1), "failed", {
        exit_code: 2,
        error: { kind: "ExitCode", message: "make -j4 ended with exit code 2." },
      }),
    ]),
  cancelled: () =>
    session("command", 80, [...commandEvents(), status(ago(1), "cancelled", { exit_code: 130 })]),
  lost: () =>
    session("command", 80, [
      ...commandEvents(),
      status(ago(1), "lost", {
        error: { kind: "Lost", message: "The runner (process 4711 on laptop) is gone." },
      }),
    ]),
  reconnecting: () =>
    session("agent", 165, agentEvents(), {
      connection: { ...LIVE, phase: "reconnecting", attempt: 3, message: "The server does not answer." },
    }),
  connectionfailed: () =>
    session("agent", 165, agentEvents(), {
      connection: { ...LIVE, phase: "failed", attempt: 10, message: "The server did not answer ten times." },
    }),
  deleted: () =>
    session("command", 80, commandEvents(), {
      problem: { code: "deleted", message: "This build was deleted." },
    }),
  notfound: () =>
    new FakeSession(null, {
      problem: { code: "not_found", message: "This build is not in the server's database." },
    }),
  opening: () => new FakeSession(null, { connection: { ...LIVE, phase: "connecting" } }),
  huge: () => session("command", 900, hugeEvents(500, 5_000)),
  hostile: () => session("agent", 40, hostileEvents()),
  empty: () => session("command", 3, [status(ago(2), "running"), meta(ago(2), { name: "sleep 60" })]),
};

/** Feeds lines at a steady rate, as the hub would: a batch every 40 ms. */
export function pour(target: FakeSession, perSecond: number, seconds: number): Promise<void> {
  return new Promise((resolve) => {
    const began = performance.now();
    let sent = 0;
    const first = (target.get().state?.log.count ?? 0) + 1;
    const timer = setInterval(() => {
      const passed = Math.min(seconds, (performance.now() - began) / 1000);
      const due = Math.floor(passed * perSecond) - sent;
      if (due > 0) target.apply([log(Date.now(), first + sent, manyLines(first + sent, due))]);
      sent += due;
      if (passed < seconds) return;
      clearInterval(timer);
      resolve();
    }, 40);
  });
}
