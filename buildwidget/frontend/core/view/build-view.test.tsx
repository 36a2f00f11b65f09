// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import type { Event as BuildEvent, State, Summary } from "../protocol/types.gen";
import { mountBuild, type ThreadOptions } from ".";
import type { FakeSession } from "./harness/fake-session";
import { SCENARIOS } from "./harness/scenarios";

const cleanups: Array<() => void> = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
  document.body.replaceChildren();
  document.title = "";
});

interface Mounted {
  readonly session: FakeSession;
  readonly root: HTMLElement;
  find(selector: string): HTMLElement;
  click(selector: string): void;
}

function mount(scenario: string, options: ThreadOptions = {}): Mounted {
  const session = SCENARIOS[scenario]?.();
  if (!session) throw new Error(`No scenario is called ${scenario}.`);
  const place = document.createElement("div");
  document.body.append(place);
  cleanups.push(mountBuild(place, session, options));
  const root = place.querySelector<HTMLElement>(".buildwidget") as HTMLElement;
  const find = (selector: string): HTMLElement => {
    const element = root.querySelector<HTMLElement>(selector);
    if (!element) throw new Error(`Nothing matches ${selector} in ${root.textContent}`);
    return element;
  };
  return { session, root, find, click: (selector) => find(selector).click() };
}

const soon = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 3_000, interval: 10 });

test.each(Object.keys(SCENARIOS))("%s is drawn, and nothing of it becomes markup", (scenario) => {
  const { root } = mount(scenario, { fold: false });
  expect(root.textContent).not.toBe("");
  expect(root.querySelector("script, style, iframe:not([sandbox]), form, [onclick], [onerror]")).toBeNull();
  expect(document.title).toBe("");
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  expect(new Set(ids).size).toBe(ids.length);
});

test("the root tells where the model stands", async () => {
  const { session, root } = mount("command");
  expect(root.dataset).toMatchObject({ status: "running", connection: "live", folded: "false" });
  const seq = session.get().cursor?.seq ?? 0;
  expect(root.dataset.seq).toBe(String(seq));
  session.apply([{ type: "log", at: Date.now(), first: 41, lines: [["stdout", "one more"]] }]);
  await soon(() => expect(root.dataset.seq).toBe(String(seq + 1)));
  expect(root.querySelector('[data-line="41"]')?.textContent).toBe("one more");
});

test("rows that are still drawn follow the lines, and the unfinished line follows them", async () => {
  const { session, root, find } = mount("command");
  const logEvent = (more: object): BuildEvent => ({
    type: "log",
    at: Date.now(),
    first: 41,
    lines: [],
    ...more,
  });
  const after = (): (string | null)[] =>
    [...root.querySelectorAll('[data-line="40"], [data-line="0"]')].slice(1).map((line) => line.textContent);
  session.apply([
    logEvent({
      open: { stdout: ["\u001b[32mcopy 10%\u001b[0m", "", "load 20%"] },
      partial: { stdout: "name? " },
    }),
  ]);
  await soon(() => expect(after()).toEqual(["copy 10%", "", "load 20%", "name? "]));
  const [coloured, blank, load] = root.querySelectorAll('[data-open="true"]');
  expect(coloured?.querySelector("[class], [style]")?.textContent).toBe("copy 10%");
  expect(find(".bw-log").getAttribute("aria-live")).toBe("off");
  expect(find("[data-testid=live]").textContent).toBe("");
  session.apply([logEvent({ open: { stdout: ["copy 90%", "", "load 20%"] } })]);
  await soon(() => expect(after()).toEqual(["copy 90%", "", "load 20%", "name? "]));
  // What did not change is not touched: text that is selected there stays selected.
  expect([...root.querySelectorAll('[data-open="true"]')]).toEqual([coloured, blank, load]);
  const lines = [41, 42].map((line) => ["stdout", `line ${line}`]);
  session.apply([logEvent({ lines, partial: {} }), { type: "status", at: Date.now(), status: "running" }]);
  await soon(() => expect(root.querySelector('[data-line="42"]')).not.toBeNull());
  expect(after().slice(-3)).toEqual(["copy 90%", "", "load 20%"]);
  session.apply([{ type: "status", at: Date.now(), status: "failed" }]);
  await soon(() => expect(root.querySelector('[data-open="true"]')).toBeNull());
});

test("a build that has drawn rows and no line yet has a log", async () => {
  const { session, root } = mount("empty");
  session.apply([{ type: "log", at: Date.now(), first: 1, lines: [], open: { stdout: ["copy 10%"] } }]);
  await soon(() => expect(root.querySelector('[data-open="true"]')?.textContent).toBe("copy 10%"));
});

test("a command draws nothing that it does not have", () => {
  const { root } = mount("command");
  expect(root.querySelector("[data-testid=todos], [data-testid=progress], [data-testid=metrics]")).toBeNull();
  expect([...root.querySelectorAll("[role=tab]")].map((tab) => tab.textContent)).toEqual(["Log40"]);
  expect(mount("empty").root.querySelector("[data-testid=pane]")).toBeNull();
});

const NESTED: BuildEvent[] = [
  { type: "progress", at: Date.now(), id: "outer", label: "epochs", current: 3, total: 4 },
  { type: "progress", at: Date.now(), id: "inner", label: "batches", current: 28, total: 30 },
  {
    type: "progress",
    at: Date.now(),
    id: "done",
    label: "load",
    current: 100,
    total: 100,
    unit: "%",
    done: true,
  },
];
const CLOSED: BuildEvent = { ...(NESTED[1] as Extract<BuildEvent, { type: "progress" }>), closed: true };

const barTexts = (root: HTMLElement): (string | null)[] =>
  [...root.querySelectorAll("[data-bar-id]")].map((bar) => bar.textContent);

test("a bar that is closed says so, and shows neither rate nor eta", async () => {
  const { session, root, find } = mount("command");
  session.apply(NESTED);
  await soon(() => expect(barTexts(root)).toEqual(["epochs3 / 4", "batches28 / 30", "load100 %"]));
  session.apply([CLOSED]);
  await soon(() => expect(find('[data-bar-id="inner"]').textContent).toBe("batches28 / 30closed"));
  expect(find('[data-bar-id="inner"]').dataset.stopped).toBe("true");
});

test.each([
  ["succeeded", ["load100 %"]],
  ["failed", ["epochsstopped at 3 / 4", "load100 %"]],
  ["cancelled", ["epochsstopped at 3 / 4", "load100 %"]],
  ["lost", ["epochsstopped at 3 / 4", "load100 %"]],
] as const)("no bar of a build that %s looks open", async (status, bars) => {
  const { session, root, click } = mount("command");
  session.apply([...NESTED, CLOSED, { type: "status", at: Date.now(), status }]);
  await soon(() => expect(root.dataset.status).toBe(status));
  if (root.dataset.folded === "true") click("[data-action=toggle]");
  await soon(() => expect(barTexts(root)).toEqual(bars));
  expect(root.querySelector('[data-unknown="true"]')).toBeNull();
});

test("bars that are over step back when there are many, and are counted", async () => {
  const { session, root } = mount("command");
  const many = Array.from({ length: 6 }, (_, at): BuildEvent => {
    const over = at < 3 ? { done: true } : at < 5 ? { closed: true } : {};
    return { type: "progress", at: Date.now(), id: `b${at}`, label: `b${at}`, current: 2, total: 2, ...over };
  });
  session.apply(many);
  await soon(() =>
    expect(root.querySelector("[data-testid=progress] > button")?.textContent).toBe("3 bars done, 2 closed"),
  );
  expect(root.querySelectorAll("[data-bar-id]")).toHaveLength(1);
});

test("a build that ended within a second has no clock at zero, and an unknown time is not shown", async () => {
  const { session, find } = mount("queued");
  const start = Date.now();
  session.apply([
    { type: "status", at: start, status: "running" },
    { type: "status", at: start + 400, status: "succeeded" },
  ]);
  await soon(() => expect(find("[data-testid=elapsed]").textContent).toBe("0.4 s"));
  const skewed = mount("queued");
  skewed.session.apply([
    { type: "status", at: start, status: "running" },
    { type: "status", at: start - 5_000, status: "failed" },
  ]);
  await soon(() => expect(skewed.root.dataset.status).toBe("failed"));
  expect(skewed.root.querySelector("[data-testid=elapsed]")).toBeNull();
});

test("todos carry their tools; a tool opens on click and closes on Escape", async () => {
  const { root, find, click } = mount("agent");
  expect([...root.querySelectorAll("[data-todo-id]")].map((row) => row.getAttribute("data-status"))).toEqual([
    ...["completed", "completed", "in_progress", "pending"],
  ]);
  expect(find('[data-active="true"]').textContent).toContain("Writing tests");
  click('[data-tool-id="c2"]');
  await soon(() => expect(find('[data-tool-detail="c2"]').textContent).toContain("test session starts"));
  find('[data-tool-id="c2"]').dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  await soon(() => expect(root.querySelector("[data-tool-detail]")).toBeNull());
});

test("a tool whose output was cut is fetched whole when it is opened", async () => {
  const { session, find, click } = mount("agent");
  session.apply([
    {
      type: "tool",
      at: Date.now(),
      id: "c5",
      state: "succeeded",
      output: "the beginn",
      truncated: ["output"],
    },
  ]);
  await soon(() => expect(find('[data-tool-id="c5"]').dataset.state).toBe("succeeded"));
  click('[data-tool-id="c5"]');
  await soon(() => expect(find('[data-tool-detail="c5"]').dataset.whole).toBe("true"));
  expect(session.calls).toEqual(["tool c5"]);
  expect(find('[data-tool-detail="c5"]').textContent).toContain("the whole output");
});

test("a build that ends folds to its summary; every part is one click away", async () => {
  const { session, root, find, click } = mount("agent");
  session.apply([{ type: "status", at: Date.now(), status: "succeeded", summary: "All done." }]);
  await soon(() => expect(root.dataset.folded).toBe("true"));
  expect(find("[data-testid=message]").textContent).toBe("All done.");
  expect(find("[data-testid=percent]").textContent).toBe("100 %");
  expect(root.querySelector("[data-testid=todos], [data-action=cancel]")).toBeNull();
  // Said after the drawing, as all effects are.
  await soon(() => expect(find("[data-testid=live]").textContent).toBe("Landing page: Succeeded. All done."));
  click('[data-place="log"]');
  await soon(() => expect(find("[data-testid=pane]").dataset.tabShown).toBe("log"));
});

test("the final answer of an agent is read as Markdown, and nothing in it becomes markup", async () => {
  const { session, root, find } = mount("agent");
  const summary = "All is **done**. <img src=x onerror=alert(1)>";
  session.apply([{ type: "status", at: Date.now(), status: "succeeded", summary }]);
  await soon(() => expect(root.dataset.folded).toBe("true"));
  expect(find("[data-testid=message] strong").textContent).toBe("done");
  expect(root.querySelector("[data-testid=message] img")).toBeNull();
});

test("nothing folds under the reader's hands", async () => {
  const { session, root, find } = mount("agent");
  find('[data-tool-id="c2"]').dispatchEvent(new Event("pointerdown", { bubbles: true }));
  session.apply([
    { type: "status", at: Date.now(), status: "failed", error: { kind: "Exit", message: "No." } },
  ]);
  await soon(() => expect(root.dataset.status).toBe("failed"));
  expect(root.dataset.folded).toBe("false");
  expect(find("[data-testid=message]").textContent).toBe("No.");
});

test("a failure shows its message first and its traceback on demand; retry shows the new build", async () => {
  const onOpenBuild = vi.fn<(summary: Summary) => void>();
  const { session, root, find, click } = mount("failed", { onOpenBuild });
  expect(find("[data-testid=message]").textContent).toContain("ValueError: operands could not be broadcast");
  expect(root.querySelector("[data-testid=traceback]")).toBeNull();
  click("[data-action=traceback]");
  await soon(() =>
    expect(find("[data-testid=traceback]").textContent).toContain("Traceback (most recent call last)"),
  );
  click("[data-action=retry-button]");
  await soon(() => expect(onOpenBuild).toHaveBeenCalledOnce());
  expect(session.calls).toEqual(["retry"]);
});

test("a command that failed shows the end of its log; a lost build says what is known", () => {
  expect(mount("failedcommand").find("[data-testid=tail]").textContent).toContain("make: ***");
  expect(mount("lost").find("[data-testid=message]").textContent).toContain(
    "What it did after that is not known.",
  );
});

test("a failure with a known cause shows it first, then the log around it, and leads to its line", async () => {
  const { root, find, click } = mount("failedcause");
  expect(find("[data-testid=message]").textContent).toBe("main.c:12:3: error: 'count' undeclared");
  expect(find("[data-testid=launcher]").textContent).toContain("make: [Makefile:12: main.o] Error 1");
  expect(root.querySelector("[data-testid=tail]")).toBeNull();
  const lit = find("[data-testid=cause] [data-lit=true]");
  expect(lit.dataset.line).toBe("41");
  expect(lit.textContent).toContain("error: 'count' undeclared");
  click("[data-action=cause]");
  await soon(() => expect(root.dataset.folded).toBe("false"));
  await soon(() => expect(find("[data-testid=log] [data-lit=true]").dataset.line).toBe("41"));
  expect(find("[data-testid=log]").dataset.following).toBe("false");
});

test("lines around a cause that the state no longer carries are fetched", async () => {
  const { session, find, click } = mount("failedabove");
  await soon(() => expect(find("[data-testid=cause] [data-lit=true]").dataset.line).toBe("41"));
  expect(session.calls).toContain('log {"after":36,"limit":9}');
  expect(find("[data-testid=cause]").querySelectorAll("[data-line]").length).toBe(9);
  click("[data-testid=cause] [data-lit=true] button");
  await soon(() => expect(find("[data-testid=log] [data-lit=true]").dataset.line).toBe("41"));
});

test("cancel runs once, and stays cancelling until the build hears it", async () => {
  const { session, root, find, click } = mount("command");
  click("[data-action=cancel]");
  click("[data-action=cancel]");
  await soon(() => expect(find("[data-action=cancel]").textContent).toBe("Cancelling…"));
  session.apply([{ type: "status", at: Date.now(), status: "running", cancelling: true }]);
  await soon(() => expect(find("[data-testid=status]").textContent).toBe("Cancelling"));
  expect(session.calls).toEqual(["cancel"]);
  expect(root.dataset.status).toBe("running");
});

test("an action that fails says why", async () => {
  const { session, find, click } = mount("command");
  session.actions.cancel = () => Promise.reject(new Error("The server said no."));
  click("[data-action=cancel]");
  await soon(() => expect(find("[role=alert]").textContent).toContain("The server said no."));
});

test("a question takes the focus, is answered once, and gives way to the next", async () => {
  const { session, find, click } = mount("permission");
  expect(document.activeElement).toBe(find("[data-testid=permission]"));
  expect(find("[data-testid=permission]").textContent).toContain("rm -rf dist && npm publish");
  click("[data-action=deny]");
  await soon(() => expect(session.calls).toEqual(["answer q1 deny"]));
  session.apply([{ type: "permission", at: Date.now(), request_id: "q1", tool: "Bash", decision: "deny" }]);
  await soon(() => expect(find("[data-testid=permission]").dataset.requestId).toBe("q2"));
});

test("a question that was answered elsewhere says so, one that was answered here does not", async () => {
  const { session, root, find, click } = mount("permission");
  session.apply([
    { type: "permission", at: Date.now(), request_id: "q1", tool: "Bash", decision: "allow" },
  ] as BuildEvent[]);
  await soon(() => expect(find(".bw-strip").textContent).toContain("Bash was allowed elsewhere."));
  expect(find("[data-testid=permission]").dataset.requestId).toBe("q2");
  click("[data-action=allow]");
  await soon(() => expect(session.calls).toEqual(["answer q2 allow"]));
  await soon(() => expect(find("[data-action=allow]").textContent).toBe("Allowing…"));
  session.apply([
    { type: "permission", at: Date.now(), request_id: "q2", tool: "Write", decision: "allow" },
  ] as BuildEvent[]);
  await soon(() => expect(root.querySelector("[data-testid=permission]")).toBeNull());
  expect(root.querySelector(".bw-strip")).toBeNull();
});

test("what an edit will do is shown before it is allowed", () => {
  const { find } = mount("permissionedit");
  expect(find("[data-testid=permission]").textContent).toContain("The test checks the wrong name.");
  expect(find('[data-testid=permission] [data-kind="added"]').textContent).toContain("form = Form('Ada')");
});

test("a subagent's calls are folded under its own, which tells their number and the newest", async () => {
  const { session, root, find, click } = mount("subagent");
  expect(root.querySelector('[data-tool-id="s1"]')).toBeNull();
  expect(find('[data-tool-id="s0"]').textContent).toContain("2 tools");
  expect(find('[data-tool-id="s0"] [data-testid=activity]').textContent).toBe("$ pytest -q tests");
  click('[data-tool-id="s0"]');
  await soon(() => expect(find('[data-tool-id="s2"]').getAttribute("aria-level")).toBe("3"));
  expect(find('[data-tool-detail="s0"]').textContent).toContain("Read the tests and say");
  expect(root.querySelector("[data-testid=activity]")).toBeNull();
  click('[data-tool-id="s0"]');
  session.apply([{ type: "tool", at: Date.now(), id: "s0", state: "succeeded", output: "Fine." }]);
  await soon(() => expect(find('[data-tool-id="s0"]').dataset.state).toBe("succeeded"));
  expect(root.querySelector("[data-testid=activity]")).toBeNull();
});

test("a file shows what every call changed in it", async () => {
  const { root, find, click } = mount("answered", { fold: false });
  click("[data-tab=artifacts]");
  await soon(() => find("[data-testid=artifacts]"));
  const row = [...root.querySelectorAll<HTMLElement>("[data-artifact]")].find((each) =>
    each.textContent?.includes("test_app.py"),
  );
  expect(row?.textContent).toContain("+6−4");
  row?.querySelector<HTMLElement>("button")?.click();
  await soon(() => expect(row?.querySelectorAll('[data-block="diff"]')).toHaveLength(2));
  expect(row?.textContent).not.toContain("Nothing here.");
});

test("what a build is for, and what it goes on from, are told in words", async () => {
  const onOpenBuild = vi.fn<(summary: Summary) => void>();
  const { session, root, find, click } = mount("agent", { onOpenBuild });
  const state = session.get().state as State;
  session.set({ state: { ...state, operation: "focused_edit", follows: "before" } });
  await soon(() => expect(find(".bw-place").textContent).toBe("landing · focused edit"));
  await soon(() => expect(find("[data-testid=follows]").textContent).toBe("continues Landing page"));
  click("[data-testid=follows] button");
  expect(onOpenBuild.mock.calls[0]?.[0].id).toBe("before");
  session.set({ state: { ...state, operation: "of another version" } });
  await soon(() => expect(root.querySelector(".bw-place")?.textContent).toBe("landing · of another version"));
});

test("a follow-up is typed, sent and shown below, and opened again with the output", async () => {
  const later = SCENARIOS.command?.() as FakeSession;
  const onFollowUps = vi.fn<(builds: readonly string[]) => void>();
  const options = { openSession: () => later, onFollowUps };
  const { session, root, find, click } = mount("answered", options);
  click("[data-action=follow-up]");
  await soon(() => expect(document.activeElement).toBe(find("textarea")));
  find("textarea").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  await soon(() => expect(document.activeElement).toBe(find("[data-action=follow-up]")));
  click("[data-action=follow-up]");
  await soon(() => find("textarea"));
  click("[data-action=send]");
  const field = find("textarea") as HTMLTextAreaElement;
  field.value = "Now add dark mode";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await soon(() => expect(find("[data-action=send]").getAttribute("aria-disabled")).toBe("false"));
  find("textarea").dispatchEvent(
    new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true }),
  );
  await soon(() => expect(onFollowUps).toHaveBeenCalledWith(["01jd1111111111111111"]));
  expect(session.calls).toEqual(['follow up {"prompt":"Now add dark mode","operation":"continuation"}']);
  await soon(() => expect(root.parentElement?.querySelectorAll(".buildwidget")).toHaveLength(2));
  expect(root.querySelector("textarea")).toBeNull();
  const again = mount("answered", { ...options, followUps: ["01jd1111111111111111"] });
  expect(again.root.parentElement?.querySelectorAll(".buildwidget")).toHaveLength(2);
});

test("an agent mends a build that failed; where it cannot, it is said why", async () => {
  const onOpenBuild = vi.fn<(summary: Summary) => void>();
  const { session, find, click } = mount("failedcommand", { onOpenBuild });
  click("[data-action=autofix]");
  await soon(() => expect(onOpenBuild).toHaveBeenCalledOnce());
  expect(session.calls).toEqual(['follow up {"operation":"autofix"}']);
  session.actions.followUp = () => Promise.reject(new Error("There is no program 'claude' here."));
  click("[data-action=autofix]");
  await soon(() => expect(find("[role=alert]").textContent).toContain("There is no program"));
});

test("nothing is to be done with a build that is gone, nor with one that still runs", () => {
  expect(mount("deleted").root.querySelector(".bw-next")).toBeNull();
  expect(mount("agent").root.querySelector("[data-action=follow-up]")).toBeNull();
  expect(mount("cancelled").root.querySelector("[data-action=autofix], [data-action=follow-up]")).toBeNull();
});

test("a question never takes the focus from a cell", () => {
  const cell = document.createElement("textarea");
  document.body.append(cell);
  cell.focus();
  mount("permission");
  expect(document.activeElement).toBe(cell);
});

test("the focus stays where it is when data arrives", async () => {
  const { session, root, find } = mount("agent");
  find('[data-tool-id="c2"]').focus();
  const before = document.activeElement;
  session.apply([
    { type: "tool", at: Date.now(), id: "c6", name: "Bash", state: "running", input: { command: "ls" } },
  ]);
  await soon(() => expect(root.querySelector('[data-tool-id="c6"]')).not.toBeNull());
  expect(document.activeElement).toBe(before);
  expect(before?.getAttribute("tabindex")).toBe("0");
});

test("the connection speaks only while the build is active, and retries on demand", async () => {
  const { session, root, find, click } = mount("connectionfailed");
  expect(find("[data-testid=connection]").textContent).toContain("Not connected");
  click("[data-testid=connection] button");
  expect(session.calls).toEqual(["reconnect"]);
  expect(find("[data-testid=status]").textContent).toBe("Running");
  session.apply([{ type: "status", at: Date.now(), status: "succeeded" }]);
  await soon(() => expect(root.querySelector("[data-testid=connection]")).toBeNull());
});

test("a build that is gone is told in a sentence, above what was known of it", () => {
  const deleted = mount("deleted");
  expect(deleted.find("[data-problem=deleted]").textContent).toContain("This build was deleted.");
  expect(deleted.find("[data-testid=status]").textContent).toBe("Last seen running");
  expect(deleted.root.querySelector("[data-action=cancel], [data-testid=elapsed]")).toBeNull();
  const missing = mount("notfound");
  expect(missing.root.textContent).toBe("This build is not in the server's database.");
});

test("delete asks first, and Escape keeps the build", async () => {
  const { session, root, find, click } = mount("succeeded");
  click("[data-action=menu]");
  await soon(() => find("[data-action=delete]"));
  click("[data-action=delete]");
  await soon(() => expect(document.activeElement).toBe(find("[data-action=keep]")));
  find("[role=alertdialog]").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  await soon(() => expect(root.querySelector("[role=alertdialog]")).toBeNull());
  expect(session.calls).toEqual([]);
  click("[data-action=menu]");
  await soon(() => find("[data-action=delete]"));
  click("[data-action=delete]");
  await soon(() => find("[data-action=confirm-delete]"));
  click("[data-action=confirm-delete]");
  await soon(() => expect(session.calls).toEqual(["remove"]));
});

test("searching shows hits of the whole log with their numbers", async () => {
  const { session, root, find, click } = mount("command");
  click("[data-action=search]");
  await soon(() => find("input"));
  const input = find("input") as HTMLInputElement;
  input.value = "object_7.o";
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await soon(() => expect(root.querySelectorAll("[data-line]")).toHaveLength(1));
  expect(find("mark").textContent).toBe("object_7.o");
  expect(session.calls.at(-1)).toContain('"q":"object_7.o"');
  click(".bw-hit");
  await soon(() => expect(find('[data-lit="true"]').dataset.line).toBe("7"));
});

test("what was mounted is taken away whole, and listens no more", async () => {
  const { session, root } = mount("agent");
  for (const cleanup of cleanups.splice(0)) cleanup();
  expect(root.isConnected).toBe(false);
  session.apply([{ type: "status", at: Date.now(), status: "succeeded" }]);
  await new Promise(requestAnimationFrame);
  expect(document.querySelector(".buildwidget")).toBeNull();
});
