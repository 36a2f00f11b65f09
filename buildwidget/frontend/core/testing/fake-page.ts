/** A page with a client of its own on a fake clock and a fake server. */
import { PageClient } from "../client";
import { HEALTHY_AFTER_MS } from "../connection-state";
import type { BuildActions, BuildSession } from "../model";
import type { PageEvent, PageEvents } from "../page-events";
import { type PollSource, PollTransport } from "../poll";
import { openWebSocket, type Subscriptions } from "../transport";
import { FakeClock, settled } from "./fake-clock";
import { FakeServer } from "./fake-server";

export class FakePageEvents implements PageEvents {
  readonly listeners = new Set<(event: PageEvent) => void>();

  shown = true;

  online(): boolean {
    return true;
  }

  visible(): boolean {
    return this.shown;
  }

  subscribe(listener: (event: PageEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(event: PageEvent): void {
    if (event !== "offline") this.shown = event !== "hidden";
    for (const listener of [...this.listeners]) listener(event);
  }
}

const MAX_ROUNDS = 1_000;

export class FakePage {
  readonly clock = new FakeClock();
  readonly server = new FakeServer();
  readonly events = new FakePageEvents();
  readonly client: PageClient;
  /** What a stream that is opened now would ask for. */
  subscriptions: () => Subscriptions = () => ({ builds: [], watch: null });
  /** Drawings that were asked for and not made. */
  readonly frames: Array<() => void> = [];
  /** Whether it asks over REST where nothing else opens; else that is one more socket. */
  polls = false;

  constructor(random: () => number = () => 0.5) {
    const { clock, server } = this;
    this.client = new PageClient({
      clock,
      random,
      page: this.events,
      schedule: (callback) => this.frames.push(callback),
      hydrate: server.hydrate,
      status: server.status,
      actions: (_, reconnect) => ({ reconnect }) as BuildActions,
      open: (way, listener, subscriptions) => {
        this.subscriptions = subscriptions;
        return way === "poll" && this.polls
          ? new PollTransport(this.pollSource(), listener)
          : openWebSocket("ws://server/buildwidget/ws", server.connect, listener);
      },
    });
  }

  private pollSource(): PollSource {
    const { status, hydrate, events } = this.server;
    return {
      status,
      hydrate,
      events,
      list: async () => this.server.summaries,
      visible: () => this.events.visible(),
      after: (ms, callback) => this.clock.after(ms, callback),
    };
  }

  draw(): void {
    for (const frame of this.frames.splice(0)) frame();
  }

  /** Opens a session whose hydration came and whose connection is live, healthy and subscribed. */
  async openLive(build: string): Promise<BuildSession> {
    const session = this.client.open(build);
    await this.arriveAll();
    await this.clock.advance(HEALTHY_AFTER_MS);
    return session;
  }

  /** Everything that is under way arrives, until nothing is. */
  async arriveAll(): Promise<void> {
    let rounds = 0;
    for (let quiet = 0; quiet < 2; quiet += 1) {
      rounds += 1;
      if (rounds > MAX_ROUNDS) throw new Error("Page and server answer each other without end.");
      for (const hydration of this.server.hydrations.splice(0)) hydration.succeed();
      await settled();
      this.server.answerHandshakes();
      for (const socket of this.server.open) {
        socket.pump();
        if (socket.deliver() > 0) quiet = 0;
      }
      await settled();
    }
  }
}
