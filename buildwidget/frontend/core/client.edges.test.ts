/** What the server is asked and not asked, and what comes late, twice or from another database. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { HYDRATE_WITHIN_MS, UNAVAILABLE_AGAIN_MS } from "./client";
import type { ServerFrame, Summary } from "./protocol/types.gen";
import { settled } from "./testing/fake-clock";
import { FakePage } from "./testing/fake-page";

let page: FakePage;
beforeEach(() => {
  page = new FakePage();
  page.server.log("a").append({ type: "status", status: "running" });
  page.server.log("b").append({ type: "status", status: "running" });
});

const asked = (...types: string[]) =>
  page.server.socket.received.filter(({ type }) => types.includes(type)).map((frame) => ({ ...frame }));

async function push(...frames: ServerFrame[]): Promise<void> {
  for (const frame of frames) page.server.socket.push(frame);
  await page.arriveAll();
}

const summary = (id: string) => ({ id, created_at: 1, project: null }) as Summary;
const unavailable: ServerFrame = { type: "error", code: "unavailable", message: "Locked.", build: "a" };

describe("what the server is asked", () => {
  test("a stream asks for what still runs, with its cursors, and for the lists", async () => {
    page.server.log("done").end();
    page.client.open("a");
    page.client.open("done");
    await page.arriveAll();
    page.client.open("b");
    const builds = [
      { build: "a", cursor: { epoch: "e1", seq: 1 } },
      { build: "b", cursor: null },
    ];
    expect(page.subscriptions()).toEqual({ builds, watch: null });
    const one = page.client.list("p");
    expect(page.subscriptions()).toEqual({ builds, watch: { project: "p" } });
    page.client.list();
    one.close();
    expect(page.subscriptions()).toEqual({ builds, watch: {} });
  });

  test("a build that is opened on a live connection is subscribed to once", async () => {
    await page.openLive("a");
    page.client.open("b");
    await page.arriveAll();
    expect(asked("subscribe", "unsubscribe")).toEqual([
      { type: "subscribe", build: "a", epoch: "e1", seq: 1 },
      { type: "subscribe", build: "b", epoch: "e1", seq: 1 },
    ]);
  });

  test("a build that ends is unsubscribed, one that had ended never", async () => {
    await page.openLive("a");
    await page.openLive("b");
    page.server.log("done").end();
    const done = page.client.open("done");
    await page.arriveAll();
    done.close();
    expect(asked("unsubscribe")).toEqual([]);
    page.server.log("a").end();
    await page.arriveAll();
    expect(asked("unsubscribe")).toEqual([{ type: "unsubscribe", build: "a" }]);
  });

  test.each<[string, ServerFrame]>([
    ["it cannot be read", unavailable],
    ["it was deleted", { type: "deleted", build: "a" }],
  ])("a build that the server let go since %s is not unsubscribed", async (_, frame) => {
    await page.openLive("b");
    await page.openLive("a");
    await push(frame);
    await page.clock.advance(UNAVAILABLE_AGAIN_MS);
    expect(asked("unsubscribe")).toEqual([]);
  });

  test("one too many is asked for as soon as another goes", async () => {
    const first = await page.openLive("a");
    await page.openLive("b");
    await push({ type: "error", code: "limit", message: "Too many.", build: "b" });
    first.close();
    expect(asked("subscribe").map((frame) => "build" in frame && frame.build)).toEqual(["a", "b", "b"]);
  });

  test("a heartbeat shows what was lost on the way, and it is asked for again", async () => {
    const session = await page.openLive("a");
    page.server.log("a").appendText();
    page.server.socket.pump();
    page.server.socket.drop();
    page.server.socket.heartbeat();
    await page.arriveAll();
    expect(session.get().state).toEqual(page.server.log("a").state);
    expect(asked("subscribe")).toHaveLength(2);
  });

  test("a heartbeat does not speak for a build that the server let go", async () => {
    await page.openLive("a");
    await push(unavailable, { type: "heartbeat", heads: { a: 9 } });
    expect(asked("subscribe")).toHaveLength(1);
    await page.clock.advance(UNAVAILABLE_AGAIN_MS);
    expect(asked("subscribe")).toHaveLength(2);
  });

  test("Retry reads what was never read, and nothing else again", async () => {
    const shown = await page.openLive("a");
    shown.actions.reconnect();
    expect(page.server.hydrations).toHaveLength(0);
    page.server.up = false;
    page.server.socket.break(1006);
    const session = page.client.open("b");
    page.server.hydrations.shift()?.fail();
    await settled();
    session.actions.reconnect();
    expect(page.server.hydrations).toHaveLength(1);
    page.server.hydrations.shift()?.succeed();
    await settled();
    expect(session.get().state).toEqual(page.server.log("b").state);
  });
});

describe("what is not there", () => {
  const notFound = { code: "not_found", message: "There is no such build." };

  async function openNowhere(options?: { database: string }): Promise<unknown> {
    const session = page.client.open("nowhere", options);
    page.server.hydrations.shift()?.succeed();
    await settled();
    return session.get().problem;
  }

  test("is said without any connection", async () => {
    page.server.webSockets = false;
    expect(await openNowhere()).toEqual(notFound);
  });

  test("is not in the database that both name", async () => {
    expect(await openNowhere({ database: "db" })).toEqual(notFound);
  });

  test("is not said to be elsewhere where the server does not name its database", async () => {
    page.server.up = false;
    expect(await openNowhere({ database: "db" })).toEqual(notFound);
  });

  test("may be on the page all the same: what is shown stays", async () => {
    const session = page.client.open("late");
    page.server.log("late").appendText();
    page.server.answerHandshakes();
    page.server.socket.deliver();
    await page.clock.advance(HYDRATE_WITHIN_MS);
    page.server.socket.deliver();
    page.server.hydrations.shift()?.succeed(); // it was not there when it was read
    await settled();
    expect(session.get()).toMatchObject({ problem: null, cursor: { seq: 1 } });
  });

  test("in another database later on: what is shown stays", async () => {
    const session = page.client.open("a", { database: "db" });
    await page.arriveAll();
    page.server.database = "other";
    page.server.socket.break(1006);
    await page.clock.advance(1_000);
    await page.arriveAll();
    expect(session.get()).toMatchObject({ problem: null, connection: { phase: "live" } });
  });

  test("and was deleted, that is said whatever else goes", async () => {
    const session = await page.openLive("a");
    const other = await page.openLive("b");
    await push({ type: "deleted", build: "a" });
    other.close();
    expect(session.get().problem?.code).toBe("deleted");
  });
});

test("a frame of a build that is not open any more is passed over", async () => {
  const session = await page.openLive("a");
  await page.openLive("b");
  session.close();
  await push({ type: "batch", build: "a", epoch: "e1", from: 2, to: 2, events: [] });
  expect(page.server.open).toHaveLength(1);
});

describe("lists", () => {
  test("are told once a frame of the screen", async () => {
    page.server.summaries = [summary("x")];
    const list = page.client.list();
    await page.arriveAll();
    page.draw();
    const heard = vi.fn();
    list.subscribe(heard);
    await push({ type: "builds", builds: [summary("y")], removed: [], reset: false });
    await push({ type: "builds", builds: [summary("z")], removed: [], reset: false });
    expect(heard).not.toHaveBeenCalled();
    page.draw();
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test("show how the connection is, and are told when that changes", async () => {
    const list = page.client.list();
    await page.arriveAll();
    page.draw();
    const heard = vi.fn();
    list.subscribe(heard);
    expect(list.get().connection.phase).toBe("live");
    page.server.socket.break(1006);
    expect(list.get().connection.phase).toBe("reconnecting");
    expect(heard).not.toHaveBeenCalled();
    page.draw();
    expect(heard).toHaveBeenCalledTimes(1);
  });
});
