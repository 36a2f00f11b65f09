import { beforeEach, describe, expect, test, vi } from "vitest";
import { OPEN_WITHIN_MS, type Probe } from "./connection-state";
import { Link } from "./link";
import type { Way } from "./model";
import type { ServerFrame } from "./protocol/types.gen";
import { FakeClock, settled } from "./testing/fake-clock";
import { FakePageEvents } from "./testing/fake-page";
import { FakeServer } from "./testing/fake-server";
import { openWebSocket, type TransportListener } from "./transport";

let clock: FakeClock;
let server: FakeServer;
let page: FakePageEvents;
let probes: Array<(probe: Probe) => void>;
let changed: ReturnType<typeof vi.fn<() => void>>;
let link: Link;

beforeEach(() => {
  [clock, server, page, probes] = [new FakeClock(), new FakeServer(), new FakePageEvents(), []];
  changed = vi.fn<() => void>();
  link = new Link(
    {
      clock,
      page,
      random: () => 0.5,
      open: (_, listener) => openWebSocket("ws://h", server.connect, listener),
      probe: () =>
        new Promise((resolve) => {
          probes.push((probe) => resolve({ probe, message: null }));
        }),
    },
    { frame: () => {}, changed },
  );
  link.want(true);
});

test("the time of the next try is told by the wall clock", async () => {
  server.sockets[0]?.break(1006);
  probes[0]?.("unreachable");
  await settled();
  expect(link.status.retryAt).toBe(clock.wall() + 1_000);
});

test("the status is the same object, and nobody is told, until something in it changes", async () => {
  server.answerHandshakes();
  server.socket.deliver();
  const { status } = link;
  expect(changed).toHaveBeenCalledTimes(2);
  for (let beat = 0; beat < 5; beat += 1) {
    await clock.advance(30_000);
    server.socket.heartbeat();
    server.socket.deliver();
  }
  expect(link.status).toBe(status);
  expect(changed).toHaveBeenCalledTimes(2);
});

test("an answer to an old question changes nothing", async () => {
  server.sockets[0]?.break(1006);
  link.want(false);
  link.want(true);
  server.sockets[1]?.break(1006);
  probes[0]?.("missing");
  await settled();
  expect(link.status.phase).toBe("connecting");
  probes[1]?.("unreachable");
  await settled();
  expect(link.status.phase).toBe("reconnecting");
});

test("a socket that hangs is closed before the next one is opened", async () => {
  await clock.advance(OPEN_WITHIN_MS);
  expect(server.sockets[0]?.readyState).toBe(3);
  probes[0]?.("unreachable");
  await settled();
  await clock.advance(1_000);
  expect(server.sockets.map(({ readyState }) => readyState)).toEqual([3, 0]);
});

test("the page is listened to only while something is wanted", () => {
  expect(page.listeners.size).toBe(1);
  link.want(true);
  expect(page.listeners.size).toBe(1);
  link.want(false);
  expect(page.listeners.size).toBe(0);
});

test("many frames need no new timers", async () => {
  server.answerHandshakes();
  server.socket.deliver();
  const after = vi.spyOn(clock, "after");
  for (let n = 0; n < 100; n += 1) server.socket.push({ type: "heartbeat", heads: {} });
  server.socket.deliver();
  expect(after).not.toHaveBeenCalled();
});

describe("while it polls", () => {
  const ways: Way[] = [];
  let polled: TransportListener;
  let closedPolls: number;
  const welcome = {
    type: "welcome",
    protocol: 1,
    server: "s",
    database: "d",
    heartbeat_ms: 60_000,
    batch_ms: 2_000,
  };
  const frames: ServerFrame[] = [];

  beforeEach(async () => {
    [ways.length, frames.length, closedPolls] = [0, 0, 0];
    link = new Link(
      {
        clock,
        page,
        random: () => 0,
        open(way, listener) {
          ways.push(way);
          if (way === "websocket") return openWebSocket("ws://h", server.connect, listener);
          if (way === "poll") polled = listener;
          else queueMicrotask(() => listener.closed(1006, ""));
          const close = () => {
            closedPolls += way === "poll" ? 1 : 0;
          };
          return { send: () => {}, close };
        },
        probe: async () => ({ probe: "ok", message: null }),
      },
      { frame: (frame) => frames.push(frame), changed },
    );
    server.webSockets = false;
    link.want(true);
    for (let tries = 0; tries < 10 && ways.at(-1) !== "poll"; tries += 1) {
      server.sockets.at(-1)?.break(1006);
      await clock.advance(1_000);
    }
    polled.frame(welcome as ServerFrame);
    expect(link.status).toMatchObject({ phase: "live", transport: "poll" });
  });

  test("a WebSocket that opens beside it takes over without a break", async () => {
    await clock.advance(60_000);
    expect(ways.at(-1)).toBe("websocket");
    expect(link.status.transport).toBe("poll");
    server.webSockets = true;
    const socket = server.sockets.at(-1);
    socket?.answerHandshake();
    socket?.deliver();
    expect(link.status).toMatchObject({ phase: "live", transport: "websocket" });
    expect(closedPolls).toBe(1);
    expect(frames.filter(({ type }) => type === "welcome")).toHaveLength(2);
  });

  test("one that does not open is dropped, and polling goes on", async () => {
    await clock.advance(60_000);
    server.sockets.at(-1)?.break(1006);
    expect(link.status).toMatchObject({ phase: "live", transport: "poll" });
    expect(closedPolls).toBe(0);
  });

  test("one that hangs is given up, and closed with the connection that nobody wants", async () => {
    await clock.advance(60_000);
    link.want(false);
    await clock.advance(20_000);
    expect(server.sockets.at(-1)?.readyState).toBe(3);
    expect(clock.pending).toBe(0);
  });
});
