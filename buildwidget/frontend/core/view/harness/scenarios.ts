/** Builds in every state that a view must draw well. Times are relative to when the page was opened. */
import type { Event, Todo } from "../../protocol/types.gen";
import { initialState } from "../../state";
import { ANSWER, agentEvents, answeredEvents, EDITED, subagentEvents } from "./agents";
import { ago, log, meta, plan, status, todos, tool } from "./events";
import { FakeSession, LIVE } from "./fake-session";

type Kind = "command" | "agent" | "function";

function session(kind: Kind, createdAgo: number, events: Event[], rest = {}): FakeSession {
  const about = { id: "01jd2kq8v3m5x7z9b1cd", owner: "alice", kind, created_at: ago(createdAgo) };
  const made = new FakeSession(initialState(about), rest);
  made.apply(events);
  return made;
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
  subagent: () => session("agent", 165, subagentEvents()),
  permissionedit: () =>
    session("agent", 165, [
      ...agentEvents(),
      {
        type: "permission",
        at: ago(3),
        request_id: "q1",
        tool: "apply_patch",
        input: { ...EDITED, reason: "The test checks the wrong name." },
        options: ["allow", "deny"],
      } as Event,
    ]),
  answered: () =>
    session("agent", 165, [
      ...answeredEvents(),
      status(ago(1), "succeeded", { exit_code: 0, summary: ANSWER }),
    ]),
  failedagent: () =>
    session("agent", 165, [
      ...answeredEvents(),
      status(ago(1), "failed", {
        exit_code: 1,
        error: {
          kind: "AgentError",
          message: "The model is overloaded. Ten tries were made within 3 minutes.",
        },
      }),
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
  failedcause: () =>
    session("command", 80, [
      ...commandEvents(),
      log(ago(2), 41, [
        ["stderr", "main.c:12:3: \u001b[31merror:\u001b[0m 'count' undeclared"],
        ["stdout", "make: *** [Makefile:12: main.o] Error 1"],
      ]),
      status(ago(1), "failed", {
        exit_code: 2,
        error: {
          kind: "compile_error",
          message: "main.c:12:3: error: 'count' undeclared",
          launcher: "make: [Makefile:12: main.o] Error 1",
          line: 41,
        },
      }),
    ]),
  /** The cause stands above the lines that the state still carries. */
  failedabove: () =>
    session("command", 80, [
      ...commandEvents(),
      log(ago(9), 41, [["stderr", "main.c:12:3: error: 'count' undeclared"]]),
      ...[0, 1, 2, 3, 4, 5].map((part) => log(ago(2), 42 + 500 * part, manyLines(42 + 500 * part, 500))),
      status(ago(1), "failed", {
        exit_code: 2,
        error: { kind: "compile_error", message: "main.c:12:3: error: 'count' undeclared", line: 41 },
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
