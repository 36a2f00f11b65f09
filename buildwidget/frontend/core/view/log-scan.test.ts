import { beforeEach, describe, expect, test } from "vitest";
import type { LogPage } from "../model";
import type { LogLine } from "../protocol/types.gen";
import { FakeClock, settled } from "../testing/fake-clock";
import { pageOf } from "./harness/fake-session";
import { LogScan, MAX_HITS, NEWER_EVERY_MS, PAUSE_MS, type SearchState } from "./log-scan";

interface Asked {
  readonly q: string;
  readonly limit: number;
  readonly before?: number;
  readonly after?: number;
}

/** A server that answers when the test says so; it never takes two requests at once. */
class Server {
  readonly lines: LogLine[] = [];
  readonly asked: Asked[] = [];
  private open: { answer(page: LogPage): void; fail(error: Error): void } | null = null;

  constructor(count: number) {
    this.grow(count);
  }

  grow(count: number, text = (number: number) => `number ${number}`): void {
    for (let number = 0; number < count; number += 1)
      this.lines.push(["stdout", text(this.lines.length + 1)]);
  }

  ask = (query: Asked): Promise<LogPage> => {
    if (this.open) throw new Error("A second request while the first one runs.");
    this.asked.push(query);
    return new Promise((answer, fail) => {
      this.open = { answer, fail };
    });
  };

  get waits(): boolean {
    return this.open !== null;
  }

  async answer(page = pageOf(this.lines, this.asked.at(-1) as Asked)): Promise<void> {
    const { open } = this;
    if (!open) throw new Error("Nothing was asked.");
    this.open = null;
    open.answer(page);
    await settled();
  }

  async fail(message: string): Promise<void> {
    const { open } = this;
    this.open = null;
    open?.fail(new Error(message));
    await settled();
  }
}

let clock: FakeClock;
let server: Server;
let states: Array<SearchState | null>;
let scan: LogScan;

function start(count: number): void {
  [clock, server, states] = [new FakeClock(), new Server(count), []];
  scan = new LogScan({
    ask: server.ask,
    now: () => clock.now(),
    after: (ms, callback) => clock.after(ms, callback),
    changed: (state) => states.push(state),
  });
  scan.grew(count);
}

const state = (): SearchState => states.at(-1) as SearchState;
const numbers = (): number[] => state().hits.map(({ number }) => number);

async function search(query: string): Promise<void> {
  scan.search(query);
  await clock.advance(PAUSE_MS);
}

/** Answers as long as something is asked; a search that never ends fails here. */
async function answerAll(most = 100): Promise<void> {
  for (let answers = 0; server.waits; answers += 1) {
    expect(answers).toBeLessThan(most);
    await server.answer();
  }
}

beforeEach(() => start(100_000));

describe("a log longer than one request searches", () => {
  test("is searched whole, the newest lines first", async () => {
    await search("Number 9999");
    await server.answer();
    expect(state()).toMatchObject({ searched: 50_000, count: 100_000, phase: "searching" });
    expect(numbers()).toEqual(Array.from({ length: 10 }, (_, index) => 99_990 + index));
    await server.answer();
    expect(state()).toMatchObject({ searched: 100_000, count: 100_000, phase: "complete" });
    expect(numbers()[0]).toBe(9_999);
    expect(numbers()).toHaveLength(11);
    expect(server.asked.map(({ before }) => before)).toEqual([undefined, 50_001]);
    expect([server.waits, clock.pending]).toEqual([false, 0]);
  });

  test("a hit in line 1 is found", async () => {
    server.lines[0] = ["stdout", "the beginning"];
    await search("the beginning");
    await answerAll();
    expect(numbers()).toEqual([1]);
  });

  test("nothing found is said when all is covered", async () => {
    await search("nowhere");
    await server.answer();
    expect(state()).toMatchObject({ hits: [], searched: 50_000, phase: "searching" });
    await server.answer();
    expect(state()).toMatchObject({ hits: [], searched: 100_000, phase: "complete" });
  });

  test("takes one request after another", async () => {
    start(500_000);
    await search("number 499999");
    await answerAll();
    expect(server.asked).toHaveLength(10);
    expect(numbers()).toEqual([499_999]);
  });
});

test("an empty log is covered at once", async () => {
  start(0);
  await search("x");
  await server.answer();
  expect(state()).toMatchObject({ searched: 0, count: 0, phase: "complete" });
});

describe("the text is another", () => {
  test("while it is typed nothing is asked; the last text is", async () => {
    for (const text of ["n", "nu", "num"]) {
      scan.search(text);
      await clock.advance(PAUSE_MS - 1);
    }
    expect(server.asked).toEqual([]);
    await clock.advance(1);
    expect(server.asked.map(({ q }) => q)).toEqual(["num"]);
  });

  test("Enter does not wait", async () => {
    scan.search("number 5");
    scan.hurry();
    expect(server.waits).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test("the search before stops; its last answer is not taken for the new one", async () => {
    await search("number 9999");
    await search("line");
    expect(server.asked).toHaveLength(1);
    await server.answer();
    expect(states).toEqual([]);
    expect(server.asked.map(({ q }) => q)).toEqual(["number 9999", "line"]);
    await answerAll();
    expect(state()).toMatchObject({ query: "line", hits: [], phase: "complete" });
  });

  test("a new pause is waited for, also when an old answer comes in it", async () => {
    await search("a");
    scan.search("ab");
    await server.answer();
    expect(server.waits).toBe(false);
    await clock.advance(PAUSE_MS);
    expect(server.asked.at(-1)?.q).toBe("ab");
  });

  test("nothing is searched where there is none", async () => {
    await search("number 1");
    scan.search("");
    await server.answer();
    expect(states).toEqual([null]);
    expect([server.waits, clock.pending]).toEqual([false, 0]);
  });

  test("spaces are a text", async () => {
    server.lines[5] = ["stdout", "two  spaces"];
    await search("  ");
    await answerAll();
    expect(numbers()).toEqual([6]);
  });
});

test("what is closed asks no more and says no more", async () => {
  await search("number 1");
  scan.close();
  await server.answer();
  await clock.advance(60_000);
  expect(states).toEqual([]);
  expect(server.asked).toHaveLength(1);
});

describe("lines that arrive", () => {
  test("during the search are searched too", async () => {
    await search("number 10000");
    await server.answer();
    server.grow(5, () => "number 10000 again");
    scan.grew(100_005);
    await answerAll();
    expect(state()).toMatchObject({ searched: 100_005, count: 100_005, phase: "complete" });
    expect(numbers()).toEqual([10_000, 100_000, 100_001, 100_002, 100_003, 100_004, 100_005]);
  });

  test("after it are searched once a second at most, whatever arrives", async () => {
    await search("new");
    await answerAll();
    const before = server.asked.length;
    for (let tick = 0; tick < 100; tick += 1) {
      server.grow(10, () => "a new one");
      scan.grew(server.lines.length);
      await answerAll();
      await clock.advance(50);
    }
    const seconds = (100 * 50) / NEWER_EVERY_MS;
    expect(server.asked.length - before).toBeLessThanOrEqual(seconds + 1);
    await clock.advance(NEWER_EVERY_MS);
    await answerAll();
    expect(state().hits).toHaveLength(1_000);
    expect(state().phase).toBe("complete");
  });

  test("faster than they are searched: what is behind is said, and caught up with at once", async () => {
    start(10);
    await search("number 120010");
    await server.answer();
    expect(state().phase).toBe("complete");
    server.grow(120_000);
    scan.grew(120_010);
    await server.answer();
    expect(state()).toMatchObject({ searched: 50_010, count: 120_010, phase: "searching" });
    await answerAll();
    expect(state()).toMatchObject({ searched: 120_010, phase: "complete" });
    expect(numbers()).toEqual([120_010]);
    expect(server.asked.map(({ after }) => after)).toEqual([undefined, 10, 50_010, 100_010]);
  });
});

describe("more is found than is kept", () => {
  test("the search stops there, and goes on when it is asked to", async () => {
    await search("number");
    await answerAll();
    expect(state()).toMatchObject({ searched: MAX_HITS, count: 100_000, phase: "full" });
    expect(numbers()[0]).toBe(100_000 - MAX_HITS + 1);
    expect(state().hits).toHaveLength(MAX_HITS);
    scan.grew(100_001);
    expect(server.waits).toBe(false);
    scan.more();
    expect(state().phase).toBe("searching");
    await answerAll();
    expect(state()).toMatchObject({ searched: 2 * MAX_HITS, phase: "full" });
    scan.search("number 99999");
    await clock.advance(PAUSE_MS);
    await answerAll();
    expect(state()).toMatchObject({ phase: "complete", query: "number 99999" });
  });

  test("also where the lines are few and long", async () => {
    start(0);
    server.grow(40, () => "x".repeat(1024 * 1024));
    await search("x");
    const page = pageOf(server.lines.slice(30), { q: "x" });
    const long = (first: number): LogPage => ({
      ...page,
      first,
      last: first + 9,
      count: 40,
      lines: page.lines.map(([, stream, text], index) => [first + index, stream, text]),
    });
    await server.answer(long(31));
    await server.answer(long(21));
    expect(state()).toMatchObject({ searched: 20, phase: "full" });
  });

  test("a log with just that many is covered", async () => {
    start(MAX_HITS);
    await search("number");
    await answerAll();
    expect(state()).toMatchObject({ searched: MAX_HITS, phase: "complete" });
  });
});

describe("an error", () => {
  test("ends the search until it is tried again; then it goes on where it was", async () => {
    await search("number 9999");
    await server.answer();
    await server.fail("There is no such build.");
    expect(state()).toMatchObject({
      phase: "failed",
      searched: 50_000,
      problem: { message: "There is no such build." },
    });
    scan.grew(100_500);
    await clock.advance(60_000);
    expect(server.asked).toHaveLength(2);
    scan.retry();
    expect(state()).toMatchObject({ phase: "searching", problem: null });
    server.grow(500);
    await answerAll();
    expect(numbers()).toEqual([9_999, ...Array.from({ length: 10 }, (_, index) => 99_990 + index)]);
    expect(state()).toMatchObject({ searched: 100_500, phase: "complete" });
  });

  test("of the first request is shown too, and another text begins anew", async () => {
    await search("x");
    await server.fail("The Jupyter server cannot be reached.");
    expect(state()).toMatchObject({ query: "x", phase: "failed", hits: [] });
    await search("number 77777");
    await answerAll();
    expect(numbers()).toEqual([77_777]);
  });

  test("a server that stands still is not asked for ever", async () => {
    await search("x");
    const page = pageOf(server.lines, { q: "x" });
    await server.answer(page);
    await server.answer(page);
    expect(state()).toMatchObject({ phase: "failed", problem: { message: "The server did not search on." } });
    expect(server.waits).toBe(false);
  });
});

test("another log under the same id is searched from the start", async () => {
  await search("number 5");
  await answerAll();
  server.lines.length = 60;
  scan.grew(60);
  await clock.advance(PAUSE_MS);
  await answerAll();
  expect(numbers()).toEqual([5, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59]);
  expect(state()).toMatchObject({ searched: 60, count: 60 });
});
