import fc from "fast-check";
import { expect, test } from "vitest";
import { POLL_MS } from "./poll";
import { settled } from "./testing/fake-clock";
import { FakePage } from "./testing/fake-page";
import { HEARTBEAT_MS } from "./testing/fake-server";

const BUILD = "b";

/** What may happen to a page, as the network, the server and the user please. */
const happenings = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("append"), count: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constant("deliver"), count: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant("advance"), ms: fc.integer({ min: 1, max: 40_000 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constantFrom(
        "handshake",
        "handshake",
        "pump",
        "pump",
        "drop",
        "double",
        "heartbeat",
        "break",
        "late",
        "hydrated",
        "hydration failed",
        "down",
        "up",
        "blocked",
        "woke",
        "offline",
        "retry",
        "reopen",
        "rewrite",
      ),
    }),
  },
);

type Happening = { readonly type: string; readonly count?: number; readonly ms?: number };

class World {
  readonly page = new FakePage();
  /** Every history the log had: a page may still show an older one. */
  readonly histories = new Map([["e1", this.page.server.log(BUILD)]]);
  session = this.page.client.open(BUILD);

  constructor() {
    this.page.polls = true;
  }

  /** Behind a proxy that lets neither a WebSocket nor a stream through. */
  async startPolling(): Promise<void> {
    this.page.server.webSockets = false;
    while (this.session.get().connection.transport !== "poll") {
      this.page.server.answerHandshakes();
      await this.page.clock.advance(1_000);
    }
  }

  async happen({ type, count = 1, ms = 0 }: Happening): Promise<void> {
    const { server, events, clock } = this.page;
    const log = server.log(BUILD);
    const sockets = server.open;
    if (type === "append") for (let n = 0; n < count; n += 1) log.appendText();
    else if (type === "deliver") for (const socket of sockets) socket.deliver(count);
    else if (type === "advance") await clock.advance(ms);
    else if (type === "handshake") server.answerHandshakes();
    else if (type === "pump") for (const socket of sockets) socket.pump();
    else if (type === "drop") for (const socket of sockets) socket.drop();
    else if (type === "double") for (const socket of sockets) socket.double();
    else if (type === "heartbeat") for (const socket of sockets) socket.heartbeat();
    else if (type === "break") for (const socket of sockets) socket.break(1006);
    else if (type === "late") this.deliverOnClosed();
    else if (type === "hydrated") server.hydrations.shift()?.succeed();
    else if (type === "hydration failed") server.hydrations.shift()?.fail();
    else if (type === "down") this.goDown();
    else if (type === "up") Object.assign(server, { up: true, webSockets: true });
    else if (type === "blocked") server.webSockets = false;
    else if (type === "woke" || type === "offline") events.tell(type);
    else if (type === "retry") this.session.actions.reconnect();
    else if (type === "reopen") this.reopen();
    else if (type === "rewrite") this.rewrite();
    await settled();
  }

  private goDown(): void {
    this.page.server.up = false;
    for (const socket of this.page.server.open) socket.break(1006);
  }

  private reopen(): void {
    this.session.close();
    this.session = this.page.client.open(BUILD);
  }

  private rewrite(): void {
    const log = this.page.server.rewrite(BUILD);
    this.histories.set(log.epoch, log);
  }

  /** What a socket had read before the page closed it. */
  private deliverOnClosed(): void {
    const log = this.page.server.log(BUILD);
    for (const socket of this.page.server.sockets.filter(({ readyState }) => readyState === 3)) {
      const frame = {
        type: "batch",
        build: BUILD,
        epoch: log.epoch,
        from: 1,
        to: log.head,
        events: log.events,
      };
      socket.arrive(JSON.stringify(frame));
      socket.onclose?.({ code: 1006, reason: "" });
    }
  }

  /** Whatever is shown is the fold of the log at its cursor: nothing twice, nothing past a gap. */
  check(): void {
    const { cursor, state } = this.session.get();
    if (cursor === null) expect(state).toBeNull();
    else expect(state).toEqual(this.histories.get(cursor.epoch)?.stateAt(cursor.seq));
    expect(this.page.server.open.length).toBeLessThanOrEqual(1);
  }

  /** All is well again for a while; nobody presses anything. */
  async heal(): Promise<void> {
    const { server, events, clock } = this.page;
    Object.assign(server, { up: true, webSockets: true });
    await this.page.arriveAll();
    events.tell("woke");
    for (let time = 0; time < 2 * HEARTBEAT_MS; time += 1_000) {
      if (time % HEARTBEAT_MS === 0) for (const socket of server.open) socket.heartbeat();
      await clock.advance(1_000);
      await this.page.arriveAll();
    }
  }
}

test("whatever the network does, the page shows a fold of the log, and all of it in the end", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(happenings, { maxLength: 80, size: "max" }),
      fc.boolean(),
      async (story, polls) => {
        const world = new World();
        if (polls) await world.startPolling();
        for (const happening of story) {
          await world.happen(happening);
          world.check();
        }
        await world.heal();
        const log = world.page.server.log(BUILD);
        const model = world.session.get();
        expect(model.cursor).toEqual({ epoch: log.epoch, seq: log.head });
        expect(model.state).toEqual(log.state);
        expect(model.connection.phase).toBe("live");
        log.end();
        await world.page.arriveAll();
        await world.page.clock.advance(2 * POLL_MS);
        expect(world.session.get().state?.status).toBe("succeeded");
        await world.page.clock.advance(10_000);
        expect(world.page.server.open.length).toBe(0);
        expect(world.page.clock.pending).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
}, 60_000);
