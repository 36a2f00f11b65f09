import { expect, test } from "vitest";
import { EMPTY, hydrate, type Replica, receiveBatch, receiveHeartbeat, receiveSnapshot } from "./replica";
import { FakeLog } from "./testing/fake-server";

const log = new FakeLog("b", "e");
for (let n = 0; n < 10; n += 1) log.appendText();

const snapshot = (seq: number, epoch = "e") =>
  receiveSnapshot({ type: "snapshot", build: "b", epoch, seq, state: log.stateAt(seq) });
const batch = (from: number, to: number, epoch = "e") => ({
  type: "batch" as const,
  build: "b",
  epoch,
  from,
  to,
  events: log.events.slice(from - 1, to),
});
const hydration = (seq: number, epoch = "e") => ({ epoch, seq, state: log.stateAt(seq) });
const seqOf = ({ cursor, state }: Replica) => {
  expect(state).toEqual(log.stateAt(cursor?.seq ?? 0));
  return cursor?.seq;
};

test("batches go on from the hydration; what is there already is skipped", () => {
  let replica = hydrate(EMPTY, hydration(3));
  replica = receiveBatch(replica, batch(4, 6)).replica;
  replica = receiveBatch(replica, batch(2, 8)).replica;
  expect(seqOf(replica)).toBe(8);
  expect(receiveBatch(replica, batch(1, 5)).replica.state).toBe(replica.state);
});

test("a slow hydration never takes anything back, and may bring something", () => {
  const replica = snapshot(5);
  expect(hydrate(replica, hydration(4))).toBe(replica);
  expect(hydrate(replica, hydration(9, "other"))).toBe(replica);
  expect(seqOf(hydrate(replica, hydration(7)))).toBe(7);
});

test("a hydration of another epoch replaces one that no connection has confirmed", () => {
  expect(hydrate(hydrate(EMPTY, hydration(4)), hydration(2, "other")).cursor?.epoch).toBe("other");
});

test("a gap is told once; nothing is applied until a batch fits or a snapshot comes", () => {
  const gap = receiveBatch(snapshot(2), batch(5, 6));
  expect(gap.resubscribe).toBe(true);
  expect(seqOf(gap.replica)).toBe(2);
  const again = receiveBatch(gap.replica, batch(7, 8));
  expect(again).toMatchObject({ resubscribe: false, replica: { gap: true } });
  const mended = receiveBatch(again.replica, batch(3, 8));
  expect(mended).toMatchObject({ resubscribe: false, replica: { gap: false } });
  expect(seqOf(mended.replica)).toBe(8);
  expect(snapshot(9)).toMatchObject({ gap: false });
});

test("an empty batch at the cursor mends a gap too", () => {
  const gap = receiveBatch(snapshot(2), batch(5, 6)).replica;
  expect(receiveBatch(gap, batch(3, 2)).replica).toMatchObject({ gap: false, cursor: { seq: 2 } });
});

test("a batch of another epoch is a gap", () => {
  const { replica, resubscribe } = receiveBatch(snapshot(2), batch(3, 4, "other"));
  expect(resubscribe).toBe(true);
  expect(replica.cursor).toEqual({ epoch: "e", seq: 2 });
});

test("a snapshot replaces whatever there is", () => {
  expect(snapshot(1, "new").cursor).toEqual({ epoch: "new", seq: 1 });
});

test("a batch before any state is ignored", () => {
  expect(receiveBatch(EMPTY, batch(1, 2))).toEqual({ replica: EMPTY, resubscribe: false });
});

test("a heartbeat tells of lost frames and lost subscriptions", () => {
  const replica = snapshot(5);
  expect(receiveHeartbeat(replica, "b", { b: 5 })).toBe(false);
  expect(receiveHeartbeat(replica, "b", { b: 6 })).toBe(true);
  expect(receiveHeartbeat(replica, "b", { other: 9 })).toBe(true);
  expect(receiveHeartbeat(replica, "constructor", {})).toBe(true);
});
