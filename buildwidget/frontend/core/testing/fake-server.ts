/**
 * A server as a page sees it, in memory: it keeps logs, answers subscriptions as protocol.md says, and its network
 * delivers, drops, doubles and breaks only as the test says. Sockets are the browser's interface, nothing of ours.
 */

import type { ClientFrame, ServerFrame, State, Summary } from "../protocol/types.gen";
import { reduce } from "../reducer";
import { type EventPage, type Hydration, RestError } from "../rest";
import { initialState } from "../state";

export const HEARTBEAT_MS = 30_000;
/** A subscriber that is more events behind gets a snapshot. */
export const LAG_LIMIT = 8;

/** One history of a build's log, with the state after each event. */
export class FakeLog {
  readonly events: object[] = [];
  readonly states: State[];

  constructor(
    readonly build: string,
    readonly epoch: string,
  ) {
    this.states = [initialState({ id: build, owner: "me", kind: "command", created_at: 1 })];
  }

  get head(): number {
    return this.events.length;
  }

  get state(): State {
    return this.stateAt(this.head);
  }

  stateAt(seq: number): State {
    const state = this.states[seq];
    if (!state) throw new Error(`The log of ${this.build} has no seq ${seq}.`);
    return state;
  }

  append(event: object): void {
    const whole = { seq: this.head + 1, at: this.head + 1, ...event };
    this.states.push(reduce(this.state, whole));
    this.events.push(whole);
  }

  /** An event whose loss, doubling or reordering changes the state. */
  appendText(): void {
    this.append({ type: "text", id: "t", kind: "answer", delta: `${this.epoch}.${this.head + 1} ` });
  }

  end(status: "succeeded" | "failed" = "succeeded"): void {
    this.append({ type: "status", status });
  }
}

export class FakeServer {
  up = true;
  webSockets = true;
  database = "db";
  history = "h1";
  readonly logs = new Map<string, FakeLog>();
  readonly sockets: FakeSocket[] = [];
  readonly hydrations: PendingHydration[] = [];
  summaries: Summary[] = [];
  probe: "ok" | "forbidden" | "missing" = "ok";

  log(build: string): FakeLog {
    const log = this.logs.get(build) ?? new FakeLog(build, "e1");
    this.logs.set(build, log);
    return log;
  }

  /** The log begins again, as after a database was restored from a copy: another epoch. */
  rewrite(build: string): FakeLog {
    const log = new FakeLog(build, `e${Number(this.log(build).epoch.slice(1)) + 1}`);
    this.logs.set(build, log);
    for (const socket of this.sockets) socket.subscriptions.delete(build);
    return log;
  }

  connect = (url: string): WebSocket => {
    const socket = new FakeSocket(this, url);
    this.sockets.push(socket);
    return socket as unknown as WebSocket;
  };

  get open(): FakeSocket[] {
    return this.sockets.filter((socket) => socket.readyState === 1);
  }

  /** The one socket of the page; fails where there is none or more. */
  get socket(): FakeSocket {
    const [socket, ...more] = this.open;
    if (!socket || more.length > 0) throw new Error(`${this.open.length} sockets are open.`);
    return socket;
  }

  /** Lets handshakes succeed or fail, as the server is. */
  answerHandshakes(): void {
    for (const socket of this.sockets) socket.answerHandshake();
  }

  /** Reads the log now; the answer comes when the test says so. */
  hydrate = (build: string): Promise<Hydration> => {
    const log = this.logs.get(build);
    const answer = log && { build, epoch: log.epoch, seq: log.head, state: log.state };
    return new Promise((resolve, reject) => {
      const fail = () => reject(new RestError("The Jupyter server cannot be reached."));
      const missing = () => reject(new RestError("There is no such build.", "not_found", 404));
      const succeed = () => (answer ? resolve(structuredClone(answer)) : missing());
      this.hydrations.push({ succeed, fail });
    });
  };

  events = async (build: string, after: number): Promise<EventPage> => {
    const log = this.logs.get(build);
    if (!this.up) throw new RestError("The Jupyter server cannot be reached.");
    if (!log) throw new RestError("There is no such build.", "not_found", 404);
    const events = log.events.slice(after);
    return { epoch: log.epoch, from: after + 1, to: after + events.length, head: log.head, events };
  };

  status = async () => ({
    probe: this.up ? this.probe : ("unreachable" as const),
    database: this.up ? this.database : null,
    history: this.up ? this.history : null,
    message: null,
  });
}

export interface PendingHydration {
  succeed(): void;
  fail(): void;
}

/** The browser's side is a WebSocket; the rest is the server's side. */
export class FakeSocket {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readyState = 0;
  readonly received: ClientFrame[] = [];
  /** Per build, the last seq sent, and in which epoch. */
  readonly subscriptions = new Map<string, number>();
  private readonly outgoing: string[] = [];
  watching: { project?: string } | null = null;

  constructor(
    private readonly server: FakeServer,
    readonly url: string,
  ) {}

  // What the browser calls.

  send(data: string): void {
    const frame = JSON.parse(data) as ClientFrame;
    this.received.push(frame);
    this.take(frame);
  }

  close(): void {
    this.readyState = 3;
  }

  // What the server does.

  answerHandshake(): void {
    if (this.readyState !== 0) return;
    if (!this.server.up || !this.server.webSockets || this.server.probe !== "ok") this.break(1006);
    else {
      this.readyState = 1;
      const { database, history } = this.server;
      this.push({
        type: "welcome",
        protocol: 1,
        server: "s",
        database,
        heartbeat_ms: HEARTBEAT_MS,
        batch_ms: 200,
        history,
      });
    }
  }

  /** The connection ends: undelivered frames are lost. */
  break(code: number, reason = ""): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  push(frame: ServerFrame): void {
    this.outgoing.push(JSON.stringify(frame));
  }

  heartbeat(): void {
    this.push({ type: "heartbeat", heads: Object.fromEntries(this.subscriptions) });
  }

  /** Puts what the logs have new behind what is already under way. */
  pump(): void {
    for (const [build, sent] of this.subscriptions) {
      const log = this.server.log(build);
      if (log.head > sent) this.sendAfter(log, sent);
    }
  }

  /** Delivers up to `count` frames; says how many. */
  deliver(count = Number.POSITIVE_INFINITY): number {
    let delivered = 0;
    while (delivered < count && this.outgoing.length > 0 && this.readyState === 1) {
      this.arrive(this.outgoing.shift());
      delivered += 1;
    }
    return delivered;
  }

  drop(): void {
    this.outgoing.shift();
  }

  double(): void {
    const [frame] = this.outgoing;
    if (frame !== undefined) this.outgoing.unshift(frame);
  }

  /** A frame arrives, even if the page has closed the socket: browsers deliver what they had read. */
  arrive(data: unknown): void {
    this.onmessage?.({ data });
  }

  private take(frame: ClientFrame): void {
    if (frame.type === "ping") this.push({ type: "pong", n: frame.n });
    else if (frame.type === "subscribe") this.subscribe(frame);
    else if (frame.type === "unsubscribe") this.subscriptions.delete(frame.build);
    else if (frame.type === "unwatch") this.watching = null;
    else {
      this.watching = frame;
      this.push({ type: "builds", builds: this.server.summaries, removed: [], reset: true });
    }
  }

  private subscribe({ build, epoch, seq }: { build: string; epoch?: string; seq?: number }): void {
    const log = this.server.logs.get(build);
    if (!log) {
      this.push({ type: "error", code: "not_found", message: "There is no such build.", build });
      return;
    }
    const served = seq !== undefined && epoch === log.epoch && seq <= log.head && log.head - seq <= LAG_LIMIT;
    if (served) this.sendAfter(log, seq);
    else this.snapshot(log);
  }

  private sendAfter(log: FakeLog, seq: number): void {
    const { build, epoch } = log;
    const events = log.events.slice(seq);
    this.push({ type: "batch", build, epoch, from: seq + 1, to: seq + events.length, events });
    this.subscriptions.set(build, log.head);
  }

  private snapshot({ build, epoch, head, state }: FakeLog): void {
    this.push({ type: "snapshot", build, epoch, seq: head, state });
    this.subscriptions.set(build, head);
  }
}
