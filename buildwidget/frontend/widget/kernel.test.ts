import { beforeEach, expect, test } from "vitest";
import type { ServerFrame } from "../core/protocol/types.gen";
import { FakeClock, settled } from "../core/testing/fake-clock";
import { FakeLog } from "../core/testing/fake-server";
import { ANSWER_WITHIN_MS, KernelClient } from "./kernel";
import { BUSY_AFTER_MS } from "./kernel-actions";

class FakeComm {
  readonly sent: object[] = [];
  private readonly messages = new Set<(content: unknown) => void>();
  private readonly changes = new Set<() => void>();

  send(content: object): void {
    this.sent.push(content);
  }

  onMessage(listener: (content: unknown) => void): () => void {
    this.messages.add(listener);
    return () => this.messages.delete(listener);
  }

  onCommChange(listener: () => void): () => void {
    this.changes.add(listener);
    return () => this.changes.delete(listener);
  }

  tell(content: ServerFrame | object): void {
    for (const listener of this.messages) listener(content);
  }

  change(): void {
    for (const listener of this.changes) listener();
  }

  get listeners(): number {
    return this.messages.size + this.changes.size;
  }
}

let comm: FakeComm;
let clock: FakeClock;
let log: FakeLog;
let client: KernelClient;
let saved: Array<{ content: Blob; name: string }>;

beforeEach(() => {
  [comm, clock, saved] = [new FakeComm(), new FakeClock(), []];
  log = new FakeLog("b", "e");
  log.append({ type: "status", status: "running" });
  const save = (content: Blob, name: string) => saved.push({ content, name });
  client = new KernelClient("b", comm, { clock, schedule: (callback) => callback(), save });
});

const snapshot = () =>
  comm.tell({ type: "snapshot", build: "b", epoch: "e", seq: log.head, state: log.state });
const batch = (from: number) =>
  comm.tell({
    type: "batch",
    build: "b",
    epoch: "e",
    from,
    to: log.head,
    events: log.events.slice(from - 1),
  });

test("frames that come unasked, before anything is drawn, are there when it is", () => {
  snapshot();
  log.appendText();
  batch(2);
  const session = client.open();
  expect(session.get()).toMatchObject({
    cursor: { seq: 2 },
    connection: { phase: "live", transport: "kernel" },
  });
  expect(session.get().state).toEqual(log.state);
});

test("a page that was refreshed asks; a kernel that does not answer is told of", async () => {
  const session = client.open();
  expect(comm.sent).toEqual([{ type: "subscribe", build: "b" }]);
  expect(session.get().connection.phase).toBe("connecting");
  await clock.advance(ANSWER_WITHIN_MS);
  expect(session.get().connection).toMatchObject({
    phase: "reconnecting",
    message: expect.stringContaining("kernel"),
  });
  snapshot();
  expect(session.get().connection).toMatchObject({ phase: "live", message: null });
});

test("a lost message is asked for again", () => {
  const session = client.open();
  snapshot();
  log.appendText();
  log.appendText();
  batch(3);
  expect(session.get().cursor?.seq).toBe(1);
  expect(comm.sent.at(-1)).toEqual({ type: "subscribe", build: "b", epoch: "e", seq: 1 });
  comm.tell({ type: "heartbeat", heads: { b: 3 } });
  expect(comm.sent).toHaveLength(3);
  snapshot();
  expect(session.get().state).toEqual(log.state);
});

test("it never pings; two silent heartbeats are told of", async () => {
  const session = client.open();
  comm.tell({ type: "welcome", protocol: 1, server: "k", database: "d", heartbeat_ms: 1_000, batch_ms: 200 });
  snapshot();
  for (let beat = 0; beat < 20; beat += 1) {
    await clock.advance(1_000);
    comm.tell({ type: "heartbeat", heads: { b: 1 } });
  }
  expect(session.get().connection.phase).toBe("live");
  expect(comm.sent).toHaveLength(1);
  await clock.advance(2_000);
  expect(session.get().connection.phase).toBe("reconnecting");
});

test("a restarted kernel is noticed though its comm says nothing", async () => {
  snapshot();
  comm.change();
  expect(comm.sent).toHaveLength(0);
  const session = client.open();
  comm.change();
  expect(comm.sent).toHaveLength(1);
  await clock.advance(ANSWER_WITHIN_MS);
  expect(session.get().connection).toMatchObject({
    phase: "failed",
    message: expect.stringContaining("restarted"),
  });
  session.actions.reconnect();
  snapshot();
  expect(session.get().connection.phase).toBe("live");
});

test("after the end nothing is waited for", async () => {
  const session = client.open();
  snapshot();
  log.end();
  batch(2);
  expect(session.get()).toMatchObject({ state: { status: "succeeded" }, connection: { phase: "idle" } });
  expect(clock.pending).toBe(0);
});

test("actions are messages; their answers come back by number", async () => {
  const { actions } = client.open();
  const [cancelled, retried] = [actions.cancel(), actions.retry()];
  expect(comm.sent.slice(1)).toEqual([
    { type: "action", n: 1, action: "cancel", args: {} },
    { type: "action", n: 2, action: "retry", args: {} },
  ]);
  comm.tell({ type: "action_result", n: 2, ok: true, result: { id: "new" } });
  comm.tell({ type: "action_result", n: 1, ok: false, message: "It has ended." });
  await expect(retried).resolves.toEqual({ id: "new" });
  await expect(cancelled).rejects.toThrow("It has ended.");
  expect(clock.pending).toBe(1);
});

test("a follow-up is asked of the kernel with all that was told", async () => {
  const asked = client.open().actions.followUp({ prompt: "More.", operation: "enhancement" });
  const args = { prompt: "More.", operation: "enhancement" };
  expect(comm.sent.at(-1)).toEqual({ type: "action", n: 1, action: "followUp", args });
  comm.tell({ type: "action_result", n: 1, ok: true, result: { id: "new" } });
  await expect(asked).resolves.toEqual({ id: "new" });
});

test("a metric is asked of the kernel as of the route", async () => {
  const asked = client.open().actions.metric({ name: "loss", points: 3_600, width: 600 });
  const args = { name: "loss", points: 3_600, width: 600 };
  expect(comm.sent.at(-1)).toEqual({ type: "action", n: 1, action: "metric", args });
  const result = { name: "loss", epoch: "e", seq: 1, count: 0, range: null, points: [] };
  comm.tell({ type: "action_result", n: 1, ok: true, result });
  await expect(asked).resolves.toEqual(result);
});

test("a busy kernel is told of; it hears the action later all the same", async () => {
  const cancelled = expect(client.open().actions.cancel()).rejects.toThrow("The kernel is busy");
  await clock.advance(BUSY_AFTER_MS);
  await cancelled;
  comm.tell({ type: "action_result", n: 1, ok: true, result: null });
  await settled();
});

test("contents come as base64, the whole log as text", async () => {
  const { actions } = client.open();
  const display = actions.display("d");
  comm.tell({ type: "action_result", n: 1, ok: true, result: { mime: "image/png", base64: "AP8=" } });
  const blob = await display;
  expect([blob.type, [...new Uint8Array(await blob.arrayBuffer())]]).toEqual(["image/png", [0, 255]]);
  const download = actions.downloadLog();
  comm.tell({ type: "action_result", n: 2, ok: true, result: "a\nb" });
  await download;
  expect(await saved[0]?.content.text()).toBe("a\nb");
});

test("closed it listens no more, and says so to whoever waits", async () => {
  const gone = expect(client.open().actions.cancel()).rejects.toThrow("gone");
  client.close();
  await gone;
  expect([comm.listeners, clock.pending]).toEqual([0, 0]);
});
