import { beforeEach, describe, expect, test, vi } from "vitest";
import { HYDRATE_WITHIN_MS, REST_AFTER_MS, UNAVAILABLE_AGAIN_MS } from "./client";
import { HEALTHY_AFTER_MS, LINGER_MS } from "./connection-state";
import type { Summary } from "./protocol/types.gen";
import { settled } from "./testing/fake-clock";
import { FakePage } from "./testing/fake-page";
import { FakeLog, HEARTBEAT_MS, LAG_LIMIT } from "./testing/fake-server";

let page: FakePage;
beforeEach(() => {
  page = new FakePage();
  page.server.log("a").append({ type: "status", status: "running" });
});

const subscribes = () => page.server.socket.received.filter(({ type }) => type === "subscribe");

describe("the first paint", () => {
  test("hydration and socket go side by side; the subscription starts at the hydrated cursor", async () => {
    const session = page.client.open("a");
    expect(page.server.hydrations).toHaveLength(1);
    expect(page.server.sockets).toHaveLength(1);
    expect(session.get()).toMatchObject({ state: null, cursor: null, connection: { phase: "connecting" } });
    page.server.answerHandshakes();
    page.server.socket.deliver();
    expect(subscribes()).toEqual([]);
    page.server.hydrations.shift()?.succeed();
    await settled();
    expect(subscribes()).toEqual([{ type: "subscribe", build: "a", epoch: "e1", seq: 1 }]);
    expect(session.get().state).toEqual(page.server.log("a").state);
  });

  test("a slow hydration is not waited for", async () => {
    const session = page.client.open("a");
    page.server.answerHandshakes();
    page.server.socket.deliver();
    await page.clock.advance(HYDRATE_WITHIN_MS);
    expect(subscribes()).toEqual([{ type: "subscribe", build: "a" }]);
    page.server.socket.deliver();
    page.server.log("a").appendText();
    page.server.socket.pump();
    page.server.socket.deliver();
    page.server.hydrations.shift()?.succeed();
    await settled();
    expect(session.get().cursor?.seq).toBe(2);
  });

  test("a hydration that fails is not missed", async () => {
    const session = page.client.open("a");
    page.server.hydrations.shift()?.fail();
    await page.arriveAll();
    expect(session.get()).toMatchObject({ problem: null, cursor: { seq: 1 } });
  });

  test("a build that has ended needs no connection", async () => {
    page.server.log("a").end();
    const session = page.client.open("a");
    page.server.hydrations.shift()?.succeed();
    await settled();
    expect(session.get()).toMatchObject({ state: { status: "succeeded" }, connection: { phase: "idle" } });
    await page.clock.advance(LINGER_MS);
    expect(page.server.sockets.map(({ readyState }) => readyState)).toEqual([3]);
    expect(page.clock.pending).toBe(0);
  });
});

describe("one socket for all", () => {
  test("sessions and lists share it; one build is followed once", async () => {
    page.server.log("b").appendText();
    const sessions = [page.client.open("a"), page.client.open("a"), page.client.open("b")];
    page.client.list();
    await page.arriveAll();
    expect(page.server.sockets).toHaveLength(1);
    expect(subscribes()).toHaveLength(2);
    expect(sessions[0]?.get()).toBe(sessions[1]?.get());
  });

  test("it closes when the last that runs has ended, with the end told", async () => {
    const session = await page.openLive("a");
    page.server.log("a").end();
    await page.arriveAll();
    expect(session.get().state?.status).toBe("succeeded");
    expect(session.get().connection.phase).toBe("idle");
    await page.clock.advance(LINGER_MS);
    expect(page.server.open).toHaveLength(0);
  });

  test("a build that is closed is unsubscribed; what it had is forgotten", async () => {
    const first = await page.openLive("a");
    const second = page.client.open("a");
    first.close();
    first.close();
    expect(page.server.socket.received.at(-1)?.type).toBe("subscribe");
    second.close();
    expect(page.server.socket.received.at(-1)).toEqual({ type: "unsubscribe", build: "a" });
    expect(page.client.open("a").get().state).toBeNull();
  });
});

describe("a page that nobody sees", () => {
  /** Time passes with the server's heartbeats. */
  async function passAlive(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= HEARTBEAT_MS) {
      await page.clock.advance(Math.min(left, HEARTBEAT_MS));
      for (const socket of page.server.open) socket.heartbeat();
      await page.arriveAll();
    }
  }

  test("closes its connection after ten minutes in which nothing runs, and opens it when it is seen again", async () => {
    page.client.list();
    await page.arriveAll();
    page.events.tell("hidden");
    await passAlive(REST_AFTER_MS - 1);
    expect(page.server.open).toHaveLength(1);
    await page.clock.advance(1 + LINGER_MS);
    expect(page.server.open).toHaveLength(0);
    page.events.tell("woke");
    await page.arriveAll();
    expect(page.server.open).toHaveLength(1);
  });

  test("keeps its connection while a build runs", async () => {
    page.client.list();
    await page.openLive("a");
    page.events.tell("hidden");
    await passAlive(3 * REST_AFTER_MS);
    expect(page.server.sockets).toHaveLength(1);
    expect(page.server.open).toHaveLength(1);
  });

  test("seen again in time, it never lets go", async () => {
    page.client.list();
    await page.arriveAll();
    page.events.tell("hidden");
    await passAlive(REST_AFTER_MS / 2);
    page.events.tell("woke");
    await page.arriveAll();
    await passAlive(REST_AFTER_MS);
    expect(page.server.sockets).toHaveLength(1);
    expect(page.server.open).toHaveLength(1);
  });
});

describe("a database with another history", () => {
  /** A build that runs and one that has ended, both shown; then the database is restored to an earlier state. */
  async function restored() {
    page.server.log("done").appendText();
    page.server.log("done").end();
    const done = page.client.open("done");
    const running = await page.openLive("a");
    await page.arriveAll();
    expect(done.get().state?.status).toBe("succeeded");
    for (const build of ["a", "done"]) page.server.logs.set(build, new FakeLog(build, "e1"));
    page.server.log("a").append({ type: "status", status: "running" });
    page.server.history = "h2";
    const reason = '{"retry_ms": 500, "message": "The builds database was restored to an earlier state."}';
    page.server.socket.break(4102, reason);
    return { done, running };
  }

  test("what was shown is replaced by what the database has, also of builds that have ended", async () => {
    const { done, running } = await restored();
    expect(running.get().connection.message).toBe("The builds database was restored to an earlier state.");
    await page.clock.advance(2_000);
    await page.arriveAll();
    expect(done.get().state).toEqual(page.server.log("done").state);
    expect(done.get().cursor).toEqual({ epoch: "e1", seq: 0 });
    expect(running.get().state).toEqual(page.server.log("a").state);
  });

  test("a build that the database no longer has is said to be missing", async () => {
    const { done } = await restored();
    page.server.logs.delete("done");
    await page.clock.advance(2_000);
    await page.arriveAll();
    expect(done.get().problem).toMatchObject({ code: "not_found" });
  });

  test("the same history is not read anew", async () => {
    page.server.log("done").end();
    page.client.open("done");
    await page.openLive("a");
    await page.arriveAll();
    page.server.socket.break(1006);
    await page.clock.advance(2_000);
    await page.arriveAll();
    expect(page.server.hydrations).toEqual([]);
  });
});

describe("losing and resuming", () => {
  test("it goes on with its cursor", async () => {
    const session = await page.openLive("a");
    page.server.socket.break(1006);
    expect(session.get().connection).toMatchObject({ phase: "reconnecting", attempt: 1 });
    page.server.log("a").appendText();
    await page.clock.advance(1_000);
    await page.arriveAll();
    expect(subscribes()).toEqual([{ type: "subscribe", build: "a", epoch: "e1", seq: 1 }]);
    expect(session.get()).toMatchObject({ cursor: { seq: 2 }, connection: { phase: "live" } });
  });

  test("too far behind it starts again from a snapshot", async () => {
    const session = await page.openLive("a");
    page.server.socket.break(1006);
    for (let n = 0; n <= LAG_LIMIT; n += 1) page.server.log("a").appendText();
    await page.clock.advance(1_000);
    await page.arriveAll();
    expect(session.get().state).toEqual(page.server.log("a").state);
  });

  test("a gap is mended at once, on the same socket", async () => {
    const session = await page.openLive("a");
    page.server.log("a").appendText();
    page.server.socket.pump();
    page.server.socket.drop();
    page.server.log("a").appendText();
    await page.arriveAll();
    expect(page.server.sockets).toHaveLength(1);
    expect(subscribes().at(-1)).toEqual({ type: "subscribe", build: "a", epoch: "e1", seq: 1 });
    expect(session.get().state).toEqual(page.server.log("a").state);
  });

  test("a connection that lasted starts the count of tries anew", async () => {
    const session = await page.openLive("a");
    page.server.up = false;
    page.server.socket.break(1006);
    await page.clock.advance(30_000);
    const { phase, attempt } = session.get().connection;
    expect(phase).toBe("reconnecting");
    expect(attempt).toBeGreaterThan(2);
    page.server.up = true;
    for (let seconds = 0; seconds < 30 && session.get().connection.phase !== "live"; seconds += 1) {
      await page.clock.advance(1_000);
      await page.arriveAll();
    }
    await page.clock.advance(HEALTHY_AFTER_MS);
    expect(session.get().connection.phase).toBe("live");
    page.server.socket.break(1006);
    expect(session.get().connection).toMatchObject({ phase: "reconnecting", attempt: 1 });
    await page.clock.advance(1_000);
    await page.arriveAll();
    expect(session.get().connection.phase).toBe("live");
  });

  test("Retry tries again after ten failed tries", async () => {
    const session = await page.openLive("a");
    page.server.up = false;
    page.server.socket.break(1006);
    for (let tries = 0; tries < 10; tries += 1) {
      await page.clock.advance(30_000);
      page.server.answerHandshakes();
      await settled();
    }
    expect(page.server.sockets).toHaveLength(11);
    expect(session.get().connection).toMatchObject({ phase: "failed", attempt: 10 });
    await page.clock.advance(600_000);
    expect(page.server.sockets).toHaveLength(11);
    page.server.up = true;
    session.actions.reconnect();
    await page.arriveAll();
    expect(session.get().connection.phase).toBe("live");
  });
});

describe("problems", () => {
  test("a build that is not there", async () => {
    const session = page.client.open("nowhere");
    await page.arriveAll();
    expect(session.get()).toMatchObject({ problem: { code: "not_found" }, connection: { phase: "idle" } });
  });

  test("a build in another database than the server's", async () => {
    page.server.database = "other";
    const session = page.client.open("nowhere", { database: "db" });
    await page.arriveAll();
    expect(session.get().problem).toMatchObject({ code: "other_database" });
  });

  test("the welcome tells of the other database too", async () => {
    page.server.database = "other";
    const session = page.client.open("a", { database: "db" });
    page.server.answerHandshakes();
    page.server.socket.deliver();
    expect(session.get().problem).toMatchObject({ code: "other_database" });
    await page.clock.advance(HYDRATE_WITHIN_MS + LINGER_MS);
    expect(page.server.sockets[0]?.received).toEqual([]);
    expect(page.server.open).toHaveLength(0);
  });

  test("a deleted build", async () => {
    const session = await page.openLive("a");
    page.server.socket.push({ type: "deleted", build: "a" });
    await page.arriveAll();
    expect(session.get()).toMatchObject({ problem: { code: "deleted" }, state: { id: "a" } });
  });

  test("one that cannot be read right now is asked for again", async () => {
    const session = await page.openLive("a");
    page.server.socket.push({ type: "error", code: "unavailable", message: "Locked.", build: "a" });
    await page.arriveAll();
    expect(session.get().problem).toEqual({ code: "unavailable", message: "Locked." });
    expect(subscribes()).toHaveLength(1);
    await page.clock.advance(UNAVAILABLE_AGAIN_MS);
    await page.arriveAll();
    expect(subscribes()).toHaveLength(2);
    expect(session.get().problem).toBeNull();
  });

  test("one too many is followed when another goes", async () => {
    page.server.log("b").appendText();
    const first = await page.openLive("a");
    const second = await page.openLive("b");
    page.server.socket.push({ type: "error", code: "limit", message: "Too many.", build: "b" });
    await page.arriveAll();
    expect(second.get().problem?.code).toBe("limit");
    first.close();
    await page.arriveAll();
    expect(second.get()).toMatchObject({ problem: null, connection: { phase: "live" } });
    expect(subscribes().at(-1)).toMatchObject({ build: "b" });
  });
});

describe("telling listeners", () => {
  test("once a frame of the screen for any number of batches, with the newest state", async () => {
    const session = await page.openLive("a");
    page.draw();
    const heard = vi.fn();
    const stop = session.subscribe(heard);
    for (let n = 0; n < 100; n += 1) {
      page.server.log("a").appendText();
      await page.arriveAll();
    }
    expect(heard).not.toHaveBeenCalled();
    expect(page.frames).toHaveLength(1);
    expect(session.get().cursor?.seq).toBe(101);
    page.draw();
    expect(heard).toHaveBeenCalledTimes(1);
    stop();
    page.server.log("a").appendText();
    await page.arriveAll();
    page.draw();
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test("the end is told at once", async () => {
    const session = await page.openLive("a");
    const heard = vi.fn();
    session.subscribe(heard);
    page.server.log("a").end();
    await page.arriveAll();
    expect(heard).toHaveBeenCalled();
  });

  test("the model is the same object until something in it changes", async () => {
    const session = await page.openLive("a");
    const before = session.get();
    page.server.socket.heartbeat();
    await page.arriveAll();
    expect(session.get()).toBe(before);
    page.server.log("a").appendText();
    await page.arriveAll();
    expect(session.get()).not.toBe(before);
  });
});

describe("lists", () => {
  const row = (id: string, more: Partial<Summary> = {}) =>
    ({ id, created_at: 1, project: null, ...more }) as Summary;

  test("a list is watched while it is shown", async () => {
    page.server.summaries = [row("x")];
    const list = page.client.list();
    await page.arriveAll();
    expect(list.get()).toMatchObject({ builds: [{ id: "x" }], connection: { phase: "live" } });
    page.server.socket.push({ type: "builds", builds: [row("y")], removed: ["x"], reset: false });
    await page.arriveAll();
    expect(list.get().builds.map(({ id }) => id)).toEqual(["y"]);
    list.close();
    expect(page.server.socket.received.at(-1)).toEqual({ type: "unwatch" });
    await page.clock.advance(LINGER_MS);
    expect(page.server.open).toHaveLength(0);
  });

  test("one project is watched as such, several as all", async () => {
    page.client.list("p");
    await page.arriveAll();
    expect(page.server.socket.watching).toEqual({ type: "watch", project: "p" });
    page.server.summaries = [row("x", { project: "p" }), row("y", { project: "q" })];
    const other = page.client.list("q");
    await page.arriveAll();
    expect(page.server.socket.watching).toEqual({ type: "watch" });
    expect(other.get().builds.map(({ id }) => id)).toEqual(["y"]);
  });

  test("a second list of the same gets the whole too", async () => {
    page.server.summaries = [row("x")];
    page.client.list();
    await page.arriveAll();
    const second = page.client.list();
    await page.arriveAll();
    expect(second.get().builds).toHaveLength(1);
  });

  test("after a lost connection it is watched again", async () => {
    const list = page.client.list();
    await page.arriveAll();
    page.server.socket.break(1006);
    page.server.summaries = [row("z")];
    await page.clock.advance(1_000);
    await page.arriveAll();
    expect(list.get().builds.map(({ id }) => id)).toEqual(["z"]);
  });

  test("a queued build learns its place in the queue, as long as it waits", async () => {
    page.server.log("q").appendText();
    page.server.summaries = [row("q", { ahead: 3 })];
    const session = await page.openLive("q");
    expect(session.get().ahead).toBe(3);
    page.server.log("q").append({ type: "status", status: "running" });
    await page.arriveAll();
    expect(session.get().ahead).toBeNull();
    expect(page.server.socket.watching).toBeNull();
  });
});
