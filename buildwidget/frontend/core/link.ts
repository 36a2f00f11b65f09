/** The thin shell around `connection.ts`: one timer, one transport, and the decisions carried out. */

import { step } from "./connection";
import {
  type Connection,
  type Decision,
  deadlineOf,
  type Happening,
  INITIAL,
  OPEN_WITHIN_MS,
  type Probe,
  statusOf,
} from "./connection-state";
import type { ConnectionStatus, Way } from "./model";
import type { PageEvents } from "./page-events";
import type { ClientFrame, ServerFrame, Welcome } from "./protocol/types.gen";
import type { Transport, TransportListener } from "./transport";

export interface Clock {
  /** Milliseconds that never go back; for deadlines. */
  now(): number;
  /** Milliseconds since the epoch; for what a person is shown. */
  wall(): number;
  /** Returns the function that stops it. */
  after(ms: number, callback: () => void): () => void;
}

export interface LinkEnvironment {
  readonly clock: Clock;
  readonly random: () => number;
  readonly page: PageEvents;
  open(way: Way, listener: TransportListener): Transport;
  /** Asks `GET status`; never rejects. */
  probe(): Promise<{ readonly probe: Probe; readonly message: string | null }>;
}

export interface LinkListener {
  frame(frame: ServerFrame): void;
  /** The status changed. */
  changed(): void;
}

export class Link {
  private connection: Connection = INITIAL;
  private transport: Transport | null = null;
  /** A WebSocket that is tried beside polling. */
  private candidate: Transport | null = null;
  private probing: object | null = null;
  private timer: { readonly at: number; readonly stop: () => void } | null = null;
  private shown: ConnectionStatus = statusOf(INITIAL);
  private stopPageEvents: (() => void) | null = null;

  constructor(
    private readonly environment: LinkEnvironment,
    private readonly listener: LinkListener,
  ) {}

  /** The same object until something in it changes. */
  get status(): ConnectionStatus {
    return this.shown;
  }

  /** Whether frames can be sent: the server has said welcome. */
  get live(): boolean {
    return this.connection.stage.mode === "live";
  }

  /** Opens where it is closed, or closes after a while. */
  want(wanted: boolean): void {
    if (wanted && !this.stopPageEvents) {
      this.stopPageEvents = this.environment.page.subscribe((type) => {
        if (type !== "hidden") this.happened({ type });
      });
    } else if (!wanted && this.stopPageEvents) {
      this.stopPageEvents();
      this.stopPageEvents = null;
    }
    this.happened({ type: "wanted", wanted });
  }

  retry(): void {
    this.happened({ type: "retry" });
  }

  send(frame: ClientFrame): void {
    if (this.live) this.transport?.send(frame);
  }

  private happened(happening: Happening): void {
    const { clock, random } = this.environment;
    const { connection, decisions } = step(this.connection, happening, { now: clock.now(), random });
    this.connection = connection;
    if (connection.stage.mode !== "probing") this.probing = null;
    for (const decision of decisions) this.carryOut(decision);
    this.setTimer();
    this.show();
  }

  private carryOut(decision: Decision): void {
    switch (decision.do) {
      case "open":
        this.closeTransport();
        this.transport = this.environment.open(decision.way, this.transportListener());
        break;
      case "close":
        this.closeTransport();
        break;
      case "ping":
        this.transport?.send({ type: "ping", n: decision.n });
        break;
      case "tryBetter":
        this.tryBetter();
        break;
      case "probe":
        this.probe();
    }
  }

  /** Opens a WebSocket beside the present transport, which goes on until the new one has said welcome. */
  private tryBetter(): void {
    let decided = false;
    const decide = (welcome: Welcome | null) => {
      if (decided) return;
      decided = true;
      stopTimer();
      const transport = this.candidate;
      this.candidate = null;
      if (welcome === null) {
        transport?.close();
        this.happened({ type: "better", opened: null });
        return;
      }
      this.closeTransport();
      this.transport = transport;
      const { protocol, heartbeat_ms: heartbeatMs } = welcome;
      this.happened({ type: "better", opened: { protocol, heartbeatMs } });
      if (this.live) this.listener.frame(welcome);
    };
    const own = this.transportListener();
    const stopTimer = this.environment.clock.after(OPEN_WITHIN_MS, () => decide(null));
    this.candidate = this.environment.open("websocket", {
      heard: () => decided && own.heard(),
      closed: (code, reason) => (decided ? own.closed(code, reason) : decide(null)),
      frame: (frame) => {
        if (decided) own.frame(frame);
        else if (frame.type === "welcome") decide(frame);
      },
    });
    this.dropCandidate = () => {
      decided = true;
      stopTimer();
      this.candidate?.close();
      this.candidate = null;
    };
  }

  private dropCandidate: () => void = () => {};

  private closeTransport(): void {
    const transport = this.transport;
    this.transport = null;
    if (this.candidate !== null) this.dropCandidate();
    transport?.close();
  }

  private transportListener(): TransportListener {
    return {
      heard: () => this.happened({ type: "heard" }),
      closed: (code, reason) => {
        this.transport = null;
        this.happened({ type: "closed", code, reason });
      },
      frame: (frame) => this.frame(frame),
    };
  }

  private frame(frame: ServerFrame): void {
    if (frame.type === "welcome") {
      this.happened({ type: "welcome", protocol: frame.protocol, heartbeatMs: frame.heartbeat_ms });
    } else if (frame.type === "pong") {
      this.happened({ type: "pong", n: frame.n });
    }
    if (this.live) this.listener.frame(frame);
  }

  private probe(): void {
    const asked = {};
    this.probing = asked;
    void this.environment.probe().then(({ probe, message }) => {
      if (this.probing === asked) this.happened({ type: "probed", result: probe, message });
    });
  }

  /** Frames move a deadline back all the time; an early tick is cheaper than a new timer for each. */
  private setTimer(): void {
    const at = deadlineOf(this.connection);
    if (this.timer && at !== null && this.timer.at <= at) return;
    this.timer?.stop();
    this.timer = null;
    if (at === null) return;
    const wait = Math.max(0, at - this.environment.clock.now());
    const stop = this.environment.clock.after(wait, () => {
      this.timer = null;
      this.happened({ type: "tick" });
    });
    this.timer = { at, stop };
  }

  private show(): void {
    const status = statusOf(this.connection);
    const { clock } = this.environment;
    const retryAt = status.retryAt === null ? null : Math.round(clock.wall() + status.retryAt - clock.now());
    const old = this.shown;
    const same =
      status.phase === old.phase &&
      status.attempt === old.attempt &&
      status.transport === old.transport &&
      status.message === old.message &&
      (retryAt === null) === (old.retryAt === null);
    if (same) return;
    this.shown = { ...status, retryAt };
    this.listener.changed();
  }
}
