import { beforeEach, expect, test } from "vitest";
import type { ServerFrame } from "./protocol/types.gen";
import { StreamTransport } from "./stream";
import { FakeClock, settled } from "./testing/fake-clock";
import type { Subscriptions } from "./transport";

interface Request {
  readonly subscriptions: Subscriptions;
  readonly signal: AbortSignal;
  readonly body: ReadableStreamDefaultController<Uint8Array>;
}

let clock: FakeClock;
let requests: Request[];
let frames: ServerFrame[];
let heard: number;
let closed: number[];
let subscriptions: Subscriptions;
let refused: boolean;

beforeEach(() => {
  clock = new FakeClock();
  [requests, frames, closed, heard, refused] = [[], [], [], 0, false];
  subscriptions = { builds: [{ build: "a", cursor: { epoch: "e", seq: 1 } }], watch: null };
});

const open = async () => {
  const transport = new StreamTransport(
    {
      async request(asked, signal) {
        if (refused) throw new Error("502");
        return new ReadableStream<Uint8Array>({
          start(body) {
            requests.push({ subscriptions: asked, signal, body });
            signal.addEventListener("abort", () => body.error(signal.reason));
          },
        });
      },
      subscriptions: () => subscriptions,
      soon: (callback) => clock.after(50, callback),
    },
    {
      frame: (frame) => frames.push(frame),
      heard: () => {
        heard += 1;
      },
      closed: (code) => closed.push(code),
    },
  );
  await settled();
  return transport;
};
const send = async (text: string) => {
  requests.at(-1)?.body.enqueue(new TextEncoder().encode(text));
  await settled();
};
const welcome = 'data: {"type":"welcome"}\n\n';

test("frames come out of the response, comments only prove it alive", async () => {
  await open();
  await send(welcome);
  await send(": still there\n\n");
  await send('id: e:2\ndata: {"type":"batch","build":"a"}\n\n');
  expect(frames.map(({ type }) => type)).toEqual(["welcome", "batch"]);
  expect(heard).toBe(3);
});

test("after the welcome the page subscribes: what was asked for already is not asked again", async () => {
  const transport = await open();
  await send(welcome);
  transport.send({ type: "subscribe", build: "a", epoch: "e", seq: 1 });
  transport.send({ type: "ping", n: 1 });
  await clock.advance(1_000);
  expect(requests).toHaveLength(1);
});

test("many changes make one new request, with everybody's cursor", async () => {
  const transport = await open();
  await send(welcome);
  transport.send({ type: "subscribe", build: "a" });
  subscriptions = { builds: [{ build: "a", cursor: { epoch: "e", seq: 9 } }], watch: {} };
  transport.send({ type: "subscribe", build: "b" });
  transport.send({ type: "watch" });
  await clock.advance(50);
  expect(requests).toHaveLength(2);
  expect(requests[0]?.signal.aborted).toBe(true);
  expect(requests[1]?.subscriptions).toBe(subscriptions);
  expect(closed).toEqual([]);
});

test("to the page it stays one connection: only the first response is greeted", async () => {
  const transport = await open();
  await send(welcome);
  transport.send({ type: "unsubscribe", build: "a" });
  await clock.advance(50);
  await send(welcome);
  expect(frames).toHaveLength(1);
});

test("a later response of another history is greeted too: the server was restarted between the two", async () => {
  const greeting = (history: string) => `data: {"type":"welcome","history":"${history}"}\n\n`;
  const transport = await open();
  await send(greeting("h1"));
  for (const history of ["h1", "h2", "h2"]) {
    transport.send({ type: "unsubscribe", build: "a" });
    await clock.advance(50);
    await send(greeting(history));
  }
  expect(frames).toMatchObject([{ history: "h1" }, { history: "h2" }]);
});

test("when nothing is followed any more, nothing is asked for", async () => {
  const transport = await open();
  await send(welcome);
  subscriptions = { builds: [], watch: null };
  transport.send({ type: "unsubscribe", build: "a" });
  await clock.advance(50);
  expect([requests.length, closed.length]).toEqual([1, 0]);
  subscriptions = { builds: [{ build: "b", cursor: null }], watch: null };
  transport.send({ type: "subscribe", build: "b" });
  await clock.advance(50);
  expect(requests).toHaveLength(2);
});

test("a gap asks again", async () => {
  const transport = await open();
  await send(welcome);
  transport.send({ type: "subscribe", build: "a", epoch: "e", seq: 1 });
  transport.send({ type: "subscribe", build: "a", epoch: "e", seq: 1 });
  await clock.advance(50);
  expect(requests).toHaveLength(2);
});

test("its end is a closed connection", async () => {
  await open();
  requests[0]?.body.close();
  await settled();
  expect(closed).toEqual([1006]);
});

test("so is a refusal", async () => {
  refused = true;
  await open();
  expect(closed).toEqual([1006]);
});

test("closed by the page it says nothing more", async () => {
  const transport = await open();
  transport.send({ type: "subscribe", build: "b" });
  transport.close();
  await clock.advance(1_000);
  expect([requests.length, closed.length, clock.pending]).toEqual([1, 0, 0]);
});
