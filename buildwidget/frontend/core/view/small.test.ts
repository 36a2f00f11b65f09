// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { connectionWord } from "./connection";
import { frameHeight, framePage, hasColours } from "./displays";
import { hasEnded, isFolded } from "./fold";
import { isCut } from "./log-line";
import { firstTab } from "./pane";
import { standingWord } from "./status";
import { firstShown } from "./texts";
import { isLight } from "./theme";
import { textOf } from "./tool-detail";
import { changesOf, diffsOf, histories } from "./tool-diff";
import type { ToolRow } from "./types";

test("an ended build folds, unless the host, the reader's choice or their hands say otherwise", () => {
  const ended = { ended: true, allowed: true, engaged: false, chosen: null };
  expect(isFolded(ended)).toBe(true);
  expect(isFolded({ ...ended, ended: false })).toBe(false);
  expect(isFolded({ ...ended, allowed: false })).toBe(false);
  expect(isFolded({ ...ended, engaged: true })).toBe(false);
  expect(isFolded({ ...ended, chosen: false })).toBe(false);
  expect(isFolded({ ...ended, engaged: true, chosen: true })).toBe(true);
  expect(
    ["queued", "running", "succeeded", "failed", "cancelled", "lost"].filter((each) =>
      hasEnded(each as "lost"),
    ),
  ).toHaveLength(4);
});

test("the connection is silent while all is well, and once there is nothing to follow", () => {
  const status = { phase: "live" as const, attempt: 0, retryAt: null, transport: null, message: null };
  expect(connectionWord(status, true)).toBeNull();
  expect(connectionWord({ ...status, phase: "connecting" }, true)).toBeNull();
  expect(connectionWord({ ...status, phase: "reconnecting" }, true)).toMatch(/Reconnecting/);
  expect(connectionWord({ ...status, phase: "reconnecting" }, false)).toBeNull();
  expect(connectionWord({ ...status, phase: "failed" }, true)).toBe("Not connected");
});

test("a place in line is told where it is known", () => {
  expect(standingWord("queued", null)).toBe("Queued");
  expect(standingWord("queued", 0)).toBe("Queued · next");
  expect(standingWord("queued", 2)).toBe("Queued · 2 ahead");
  expect(standingWord("running", 2)).toBe("Running");
});

test("the first tab is an agent's words and anything else's log", () => {
  const both = [
    ["log", 3],
    ["text", 1],
  ] as const;
  expect(firstTab(both, "agent")).toBe("text");
  expect(firstTab(both, "command")).toBe("log");
  expect(firstTab([["output", 1]], "command")).toBe("output");
  expect(firstTab([], "agent")).toBeNull();
});

test("only as many texts as can be read are laid out, but always the last", () => {
  const texts = [10, 10, 100].map((length, index) => ({
    id: String(index),
    kind: "answer" as const,
    text: "x".repeat(length),
  }));
  expect(firstShown(texts, 1_000)).toBe(0);
  expect(firstShown(texts, 105)).toBe(2);
  expect(firstShown(texts, 5)).toBe(2);
  expect(firstShown([], 5)).toBe(0);
});

test("a line is cut where it has just the length of the wire's limit", () => {
  expect(isCut("x".repeat(4_096))).toBe(true);
  expect(isCut("x".repeat(4_000))).toBe(false);
  expect(isCut("x".repeat(10_000))).toBe(false);
  expect(isCut("€".repeat(1_365))).toBe(true);
  expect(isCut("€".repeat(1_000))).toBe(false);
});

test("dark ground is told by light text", () => {
  expect(isLight("rgba(255, 255, 255, 0.87)")).toBe(true);
  expect(isLight("rgb(0, 0, 0)")).toBe(false);
  expect(isLight("")).toBe(false);
});

test("foreign HTML is put into a page that may load nothing", () => {
  const page = framePage("<b>x</b>", {
    color: "rgb(1, 2, 3)",
    background: "transparent",
    scheme: "light",
    fontFamily: 'x"}</style><script>alert(1)</script>',
  });
  expect(page).toContain("default-src 'none'");
  expect(page).not.toContain("<script>");
  expect(page.indexOf("Content-Security-Policy")).toBeLessThan(page.indexOf("<b>x</b>"));
  expect(frameHeight("<tr>".repeat(1_000))).toBe(360);
  expect(frameHeight("x")).toBe(60);
});

test.each([
  ["<p style='color: #fff'>x</p>", true],
  ['<td bgcolor="yellow">1</td>', true],
  ["<style>th { background-color: white }</style>", true],
  ["<svg><path fill='#000'/></svg>", true],
  ['<table border="1" class="dataframe"><tr style="text-align: right;"><th>a</th></tr></table>', false],
  ["<style scoped>.dataframe th { vertical-align: top; }</style>", false],
  ["<p>plain words</p>", false],
])("%s has colours of its own: %s", (html, expected) => {
  expect(hasColours(html)).toBe(expected);
});

test("outputs become text", () => {
  expect(textOf("x")).toBe("x");
  expect(
    textOf([
      { type: "text", text: "a" },
      { type: "text", text: "b" },
    ]),
  ).toBe("a\nb");
  expect(textOf({ a: 1 })).toBe('{\n  "a": 1\n}');
  expect([textOf(null), textOf(undefined), textOf({})]).toEqual(["", "", ""]);
});

const linesOf = (told: { input?: unknown; output?: unknown }) =>
  diffsOf(told).map((diff) => diff.lines.map(({ kind, text }) => `${kind} ${text}`));

test("edits become differences, other inputs none", () => {
  expect(linesOf({ input: { file_path: "a", old_string: "x", new_string: "y" } })).toEqual([
    ["removed x", "added y"],
  ]);
  expect(linesOf({ input: { file_path: "a", content: "one\ntwo\n" } })).toEqual([["added one", "added two"]]);
  expect(["text", null, { command: "ls" }].map((input) => diffsOf({ input }))).toEqual([[], [], []]);
});

test("what was changed is told by the changes, of which a cut row has the heads", () => {
  const diff = '@@ -1,2 +1,2 @@\n same\n--- x\n+{"path":"no","kind":"add"}\n\\ No newline at end of file\n';
  const changes = [
    { path: "old.py", kind: "update", moved_to: "new.py", added: 1, removed: 1, diff },
    { path: "b", kind: "delete" },
  ];
  const output = { changes };
  expect(linesOf({ input: { file_path: "old.py", old_string: "-- x", new_string: "y" }, output })).toEqual([
    [
      "gap @@ -1,2 +1,2 @@",
      "same same",
      "removed -- x",
      'added {"path":"no","kind":"add"}',
      "gap \\ No newline at end of file",
    ],
    [],
  ]);
  const heads = changesOf({ input: undefined, output: JSON.stringify(output).slice(0, 200) });
  expect(heads).toEqual([{ path: "new.py", kind: "update", added: 1, removed: 1 }]);
  const whole = changesOf({ input: undefined, output: JSON.stringify(output) });
  expect(whole.map(({ path }) => path)).toEqual(["new.py", "b"]);
});

test("a file's history has every call that changed it, and only what happened", () => {
  const row = (id: string, state: ToolRow["state"], path: string, added: number) =>
    ({
      id,
      name: "Edit",
      state,
      output: { changes: [{ path, kind: "update", added, removed: 1 }] },
    }) as ToolRow;
  const tools = [row("1", "succeeded", "a", 3), row("2", "denied", "a", 9), row("3", "succeeded", "a", 4)];
  const found = histories([...tools, row("4", "succeeded", "b", 1)]);
  expect(found.get("a")).toMatchObject({ added: 7, removed: 2 });
  expect(found.get("a")?.tools.map(({ id }) => id)).toEqual(["1", "3"]);
  expect([...found.keys()]).toEqual(["a", "b"]);
});
