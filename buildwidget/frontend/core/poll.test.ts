import { afterEach, beforeEach, expect, test } from "vitest";
import {
  BUILDS_A_ROUND,
  FAILED_ROUNDS,
  HIDDEN_POLL_MS,
  LIST_EVERY_ROUNDS,
  POLL_MS,
  PollTransport,
  STATUS_EVERY_ROUNDS,
} from "./poll";
import type { ServerFrame, Summary } from "./protocol/types.gen";
import { type EventPage, RestError } from "./rest";
import { FakeClock, settled } from "./testing/fake-clock";
import { FakeServer } from "./testing/fake-server";

let clock: FakeClock;
let server: FakeServer;
let frames: ServerFrame[];
let closed: number[];
let asked: string[];
let visible: boolean;
let broken: boolean;
let history: string;
let rows: Summary[];
let transport: PollTransport;

afterEach(() => transport.close());

beforeEach(async () => {
  [clock, server, frames, closed, asked] = [new FakeClock(), new FakeServer(), [], [], []];
  [visible, broken, rows, history] = [true, false, [], "h"];
  server.log("a").append({ type: "status", status: "running" });
  transport = new PollTransport(
    {
      status: async () => ({
        probe: broken ? "unreachable" : "ok",
        database: "d",
        history,
        message: null,
      }),
      hydrate: async (build) => {
        const log = answering(`hydrate ${build}`, build);
        return { build, epoch: log.epoch, seq: log.head, state: log.state };
      },
      events: async (build, after): Promise<EventPage> => {
        const log = answering(`events ${build} ${after}`, build);
        const events = log.events.slice(after);
        return { epoch: log.epoch, from: after + 1, to: after + events.length, head: log.head, events };
      },
      list: async (project) => {
        asked.push(`list ${project ?? ""}`.trim());
        return rows;
      },
      visible: () => visible,
      after: (ms, callback) => clock.after(ms, callback),
    },
    {
      frame: (frame) => frames.push(frame),
      heard: () => {},
      closed: (code) => closed.push(code),
    },
  );
  await settled();
});

function answering(request: string, build: string) {
  asked.push(request);
  if (broken) throw new RestError("The Jupyter server cannot be reached.");
  const log = server.logs.get(build);
  if (!log) throw new RestError("There is no such build.", "not_found", 404);
  return log;
}

/** A round asks one thing after the other. */
async function roundDone(): Promise<void> {
  for (let turn = 0; turn < BUILDS_A_ROUND; turn += 1) await settled();
}

const subscribe = (build: string, seq?: number) =>
  transport.send({ type: "subscribe", build, ...(seq === undefined ? {} : { epoch: "e1", seq }) });
const of = (type: string) => frames.filter((frame) => frame.type === type);

test("it greets like a server, with what the server said of itself", () => {
  expect(frames).toMatchObject([{ type: "welcome", protocol: 1, database: "d", history: "h" }]);
});

test("without a cursor a snapshot comes first, then batches, and nothing while nothing is new", async () => {
  subscribe("a");
  await clock.advance(0);
  expect(of("snapshot")).toMatchObject([{ build: "a", epoch: "e1", seq: 1 }]);
  await clock.advance(2 * POLL_MS);
  expect(of("batch")).toEqual([]);
  server.log("a").appendText();
  server.log("a").appendText();
  await clock.advance(POLL_MS);
  expect(of("batch")).toMatchObject([{ build: "a", from: 2, to: 3 }]);
});

test("a cursor is answered at once, also where nothing is new", async () => {
  subscribe("a", 1);
  await clock.advance(0);
  expect(of("batch")).toMatchObject([{ from: 2, to: 1, events: [] }]);
});

test("another history is a snapshot", async () => {
  subscribe("a", 1);
  await clock.advance(0);
  server.rewrite("a").append({ type: "status", status: "running" });
  await clock.advance(POLL_MS);
  expect(of("snapshot")).toMatchObject([{ build: "a", epoch: "e2", seq: 1 }]);
});

test("a seq beyond the head is a snapshot", async () => {
  subscribe("a", 9);
  await clock.advance(0);
  expect(of("snapshot")).toMatchObject([{ build: "a", seq: 1 }]);
});

test("a build that is not there is said to be missing; one that went away, deleted; neither is asked about again", async () => {
  subscribe("a");
  subscribe("nowhere");
  await clock.advance(0);
  expect(of("error")).toMatchObject([{ code: "not_found", build: "nowhere" }]);
  server.logs.delete("a");
  await clock.advance(POLL_MS);
  expect(of("deleted")).toEqual([{ type: "deleted", build: "a" }]);
  asked = [];
  await clock.advance(10 * POLL_MS);
  expect(asked).toEqual([]);
});

test("the list is read every few rounds, and told where it changed", async () => {
  rows = [{ id: "a" } as Summary];
  transport.send({ type: "watch", project: "p" });
  await clock.advance(0);
  await clock.advance(3 * LIST_EVERY_ROUNDS * POLL_MS);
  expect(asked.filter((request) => request === "list p")).toHaveLength(4);
  expect(of("builds")).toEqual([{ type: "builds", builds: rows, removed: [], reset: true }]);
  rows = [];
  await clock.advance(LIST_EVERY_ROUNDS * POLL_MS);
  expect(of("builds")).toHaveLength(2);
});

test("with many builds each has its turn", async () => {
  for (let number = 0; number < 3 * BUILDS_A_ROUND; number += 1) {
    server.log(`b${number}`).appendText();
    subscribe(`b${number}`);
  }
  await clock.advance(0);
  await roundDone();
  expect(of("snapshot")).toHaveLength(BUILDS_A_ROUND);
  for (let round = 0; round < 2; round += 1) {
    await clock.advance(POLL_MS);
    await roundDone();
  }
  expect(new Set(of("snapshot").map((frame) => "build" in frame && frame.build)).size).toBe(
    3 * BUILDS_A_ROUND,
  );
});

test("a hidden page asks seldom", async () => {
  subscribe("a", 1);
  await clock.advance(0);
  visible = false;
  asked = [];
  await clock.advance(10 * HIDDEN_POLL_MS);
  expect(asked.length).toBeGreaterThan(5);
  expect(asked.length).toBeLessThanOrEqual(10);
});

test("failed rounds pause longer, and a few of them are a lost connection", async () => {
  subscribe("a", 1);
  await clock.advance(0);
  broken = true;
  await clock.advance(POLL_MS);
  broken = false;
  await clock.advance(2 * POLL_MS);
  expect(closed).toEqual([]);
  broken = true;
  await clock.advance(60_000);
  expect(closed).toEqual([1006]);
  asked = [];
  await clock.advance(60_000);
  expect(asked).toEqual([]);
  expect(FAILED_ROUNDS).toBeGreaterThan(1);
});

test("after a failed round it greets again if the server has another history by now", async () => {
  subscribe("a", 1);
  await clock.advance(0);
  const failOnce = async () => {
    broken = true;
    await clock.advance(POLL_MS);
    broken = false;
    await clock.advance(2 * POLL_MS);
  };
  await failOnce();
  expect(of("welcome")).toHaveLength(1);
  history = "h2";
  await failOnce();
  expect(of("welcome")).toMatchObject([{ history: "h" }, { history: "h2" }]);
  expect(closed).toEqual([]);
  server.log("a").appendText();
  await clock.advance(POLL_MS);
  expect(of("batch")).toContainEqual(expect.objectContaining({ from: 2, to: 2 }));
});

test("another history is noticed where no build is asked about", async () => {
  history = "h2";
  const rounds = async (count: number) => {
    for (let round = 0; round < count; round += 1) {
      await clock.advance(POLL_MS);
      await roundDone();
    }
  };
  await rounds(STATUS_EVERY_ROUNDS - 2);
  expect(of("welcome").length).toBe(1);
  await rounds(1);
  expect(of("welcome")).toMatchObject([{ history: "h" }, { history: "h2" }]);
});

test("after close nothing is asked or told", async () => {
  subscribe("a");
  transport.close();
  frames = [];
  await clock.advance(10 * POLL_MS);
  expect([asked, frames, clock.pending]).toEqual([[], [], 0]);
});
