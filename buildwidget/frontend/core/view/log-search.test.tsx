// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LogPage } from "../model";
import { settled } from "../testing/fake-clock";
import { mountBuild } from ".";
import type { FakeSession } from "./harness/fake-session";
import { SCENARIOS } from "./harness/scenarios";

vi.setConfig({ testTimeout: 30_000 });

const soon = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000, interval: 10 });

let session: FakeSession;
let place: HTMLElement;
let unmount: () => void;

beforeEach(() => {
  session = SCENARIOS.command?.() as FakeSession;
  place = document.createElement("div");
  document.body.append(place);
  unmount = mountBuild(place, session);
});
afterEach(() => {
  unmount();
  document.body.replaceChildren();
});

const find = (selector: string): HTMLElement => {
  const element = place.querySelector<HTMLElement>(selector);
  if (!element) throw new Error(`Nothing matches ${selector} in ${place.textContent}`);
  return element;
};
const status = (): string => find("[data-testid=search-status]").textContent ?? "";
const lines = (): number[] =>
  [...place.querySelectorAll<HTMLElement>("[data-line]")].map((line) => Number(line.dataset.line));
const asked = (): number => session.calls.filter((call) => call.includes('"q"')).length;

async function type(query: string): Promise<HTMLInputElement> {
  if (!place.querySelector("input")) find("[data-action=search]").click();
  await soon(() => find("input"));
  const input = find("input") as HTMLInputElement;
  input.value = query;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  return input;
}

function print(...texts: string[]): void {
  const first = (session.get().state?.log.count ?? 0) + 1;
  session.apply([{ type: "log", at: Date.now(), first, lines: texts.map((text) => ["stdout", text]) }]);
}

test("a long log is searched whole; what was searched is said until then", async () => {
  for (let at = 0; at < 100_000; at += 20_000)
    print(...Array.from({ length: 20_000 }, (_, n) => `number ${at + n}`));
  await type("number 9999");
  await soon(() => expect(status()).toBe("10 lines, searched 50,000 of 100,040"));
  expect(lines()).toHaveLength(10);
  await soon(() => expect(status()).toBe("11 lines"));
  expect(lines()[0]).toBe(9_999 + 41);
  expect(asked()).toBe(3);
});

test("Enter shows a hit anywhere in the log, also before there is an answer", async () => {
  print(...Array.from({ length: 60_000 }, (_, n) => (n === 0 ? "the needle" : `number ${n}`)));
  const input = await type("needle");
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  await soon(() => expect(find('[data-lit="true"]').dataset.line).toBe("41"));
  expect(place.querySelector("input")).toBeNull();
});

test("a hit is shown also while other lines are being fetched", async () => {
  print(...Array.from({ length: 5_000 }, (_, n) => `number ${n}`));
  const { log } = session.actions;
  let answer = (): void => {};
  const gate = new Promise<void>((resolve) => {
    answer = resolve;
  });
  // The first lines above are asked for, and do not come before the hit is picked.
  session.actions.log = async (query) => {
    if (query.q === undefined && query.before !== undefined) await gate;
    return log(query);
  };
  await soon(() => expect(find(".bw-log").dataset.last).toBe("5040"));
  find(".bw-log").dispatchEvent(new Event("scroll"));
  await type("number 77");
  await soon(() => expect(lines()[0]).toBe(77 + 41));
  find('[data-line="118"] .bw-hit').click();
  answer();
  await soon(() => expect(find('[data-lit="true"]').dataset.line).toBe("118"));
});

test("lines that arrive are found, and the unfinished line too", async () => {
  await type("fresh");
  await soon(() => expect(status()).toBe("0 lines"));
  expect(place.textContent).toContain("No line has these words.");
  const first = (session.get().state?.log.count ?? 0) + 1;
  session.apply([
    {
      type: "log",
      at: Date.now(),
      first,
      lines: [],
      partial: { stdout: "a FRE\u001b[31mSH\u001b[0m start" },
    },
  ]);
  await soon(() => expect(status()).toBe("1 line"));
  expect([...place.querySelectorAll("mark")].map((mark) => mark.textContent)).toEqual(["FRE", "SH"]);
  session.apply([
    { type: "log", at: Date.now(), first, lines: [["stdout", "a fresh line"]], partial: { stdout: "" } },
  ]);
  await soon(() => expect(lines()).toEqual([first]));
  expect(status()).toBe("1 line");
});

test("rows that are still drawn are found where they stand, before the unfinished line", async () => {
  await type("fresh");
  await soon(() => expect(status()).toBe("0 lines"));
  const first = (session.get().state?.log.count ?? 0) + 1;
  const open = { stdout: ["a \u001b[31mFresh\u001b[0m row", "another", "refreshed"] };
  session.apply([{ type: "log", at: Date.now(), first, lines: [], open, partial: { stdout: "freshly" } }]);
  await soon(() => expect(status()).toBe("3 lines"));
  const found = [...place.querySelectorAll(".bw-log-line")].map((line) => line.textContent);
  expect(found).toEqual(["a Fresh row", "refreshed", "freshly"]);
  session.apply([{ type: "log", at: Date.now(), first, lines: [], open: {} }]);
  await soon(() => expect(status()).toBe("1 line"));
});

test("an error ends the search, says how far it came, and can be tried again", async () => {
  print(...Array.from({ length: 60_000 }, (_, n) => `number ${n}`));
  const { log } = session.actions;
  session.actions.log = async (query) => {
    if (query.before !== undefined) throw new Error("There is no such build.");
    return log(query);
  };
  await type("number 5999");
  await soon(() => expect(find("[data-testid=search-status]").dataset.phase).toBe("failed"));
  expect(status()).toMatch(/lines?, searched [\d,]+ of 60,040\. There is no such build\.$/);
  session.actions.log = log;
  [...place.querySelectorAll("button")].find((button) => button.textContent === "Try again")?.click();
  await soon(() => expect(status()).toMatch(/^[\d,]+ lines$/));
  expect(lines()[0]).toBe(5_999 + 41);
});

test("more hits than are kept wait for the reader", async () => {
  print(...Array.from({ length: 11_000 }, () => "everything"));
  await type("everything");
  await soon(() => expect(status()).toBe("10,000 lines, searched 10,000 of 11,040"));
  [...place.querySelectorAll("button")].find((button) => button.textContent === "Search on")?.click();
  await soon(() => expect(status()).toBe("11,000 lines"));
});

test("a hit far on in a very long line is in sight", async () => {
  const long = `${"x".repeat(30_000)} needle ${"y".repeat(30_000)}`;
  session.wholeLog.push(["stdout", long]);
  session.apply([{ type: "log", at: Date.now(), first: 41, lines: [] }]);
  await type("needle");
  await soon(() => expect(find("mark").textContent).toBe("needle"));
  const shown = find(".bw-hit").textContent ?? "";
  expect(shown).toMatch(/^41.*before this … x+ needle y/);
  expect(shown.length).toBeLessThan(21_000);
});

test("a search that is ended asks no more", async () => {
  let answer = (_: LogPage): void => {};
  const log = vi.fn((_: { q?: string }) => new Promise<LogPage>((resolve) => (answer = resolve)));
  session.actions.log = log;
  const input = await type("number 5");
  await soon(() => expect(log).toHaveBeenCalledTimes(1));
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  await soon(() => expect(place.querySelector("input")).toBeNull());
  answer({ first: 50_001, last: 100_000, count: 100_000, lines: [] });
  await settled();
  expect(log.mock.calls.filter(([query]) => query.q !== undefined)).toHaveLength(1);
});
