/**
 * A build as its kernel tells it over the widget's comm, for pages that reach no server extension. The kernel sends
 * the server's frames unasked, for while a cell runs it hears nothing; so nothing here waits for an answer to go on.
 */
import { IDLE } from "../core/connection-state";
import { FollowedBuild } from "../core/followed-build";
import { asFrame } from "../core/frames";
import type { Clock } from "../core/link";
import type { BuildActions, BuildSession, ConnectionStatus } from "../core/model";
import { Notifier, type Schedule } from "../core/notifier";
import { KernelActions } from "./kernel-actions";

/** The part of an anywidget model that is used. */
export interface KernelTransport {
  send(content: object): void;
  /** Calls back with every message of the kernel; returns the function that stops it. */
  onMessage(listener: (content: unknown) => void): () => void;
  /** The comm came or went: the kernel was restarted, or the page found it again. */
  onCommChange(listener: () => void): () => void;
}

export interface KernelEnvironment {
  readonly clock: Clock;
  readonly schedule: Schedule;
  save(content: Blob, name: string): void;
}

const DEFAULT_HEARTBEAT_MS = 30_000;
/** A kernel that is not busy answers a new subscription well within this. */
export const ANSWER_WITHIN_MS = 5_000;

const SILENT = "The kernel has not been heard from. It is busy, or was restarted; then run the cell again.";
const GONE = "The kernel was restarted or shut down. Run the cell again to see the build.";

export class KernelClient {
  private readonly build: FollowedBuild;
  private readonly actions: KernelActions;
  private readonly notifier: Notifier;
  private status: ConnectionStatus = { ...IDLE, phase: "connecting", attempt: 1 };
  private heartbeatMs = DEFAULT_HEARTBEAT_MS;
  /** When the next message is due; null while nothing is waited for. */
  private expectedBy: number | null = null;
  private timer: { readonly at: number; stop: () => void } | null = null;
  /** Whether anything shows it: a page with a server only keeps what comes. */
  private shown = false;
  /** Whether the comm changed since the last message: then silence means that the kernel is another one. */
  private changed = false;
  private readonly stops: Array<() => void>;

  constructor(
    build: string,
    private readonly transport: KernelTransport,
    private readonly environment: KernelEnvironment,
  ) {
    this.notifier = new Notifier(environment.schedule);
    this.build = new FollowedBuild(build, {
      connection: () => this.status,
      subscribe: () => this.ask(),
      notify: (listened, now) => this.notifier.notify(listened, now),
    });
    this.actions = new KernelActions(build, transport, environment);
    this.stops = [
      transport.onMessage((content) => this.message(content)),
      transport.onCommChange(() => {
        this.changed = true;
        if (this.shown && this.build.unfinished) this.ask();
      }),
    ];
  }

  /** One use of the build; asks the kernel for frames, unless it sends them already. */
  open(): BuildSession {
    this.shown = true;
    if (this.status.phase !== "live") this.ask();
    const reconnect = () => this.ask();
    const actions: BuildActions = this.actions.bound(reconnect);
    return this.build.session(actions, () => {});
  }

  close(): void {
    for (const stop of this.stops) stop();
    this.expect(null);
    this.actions.close();
  }

  private ask(): void {
    const { cursor } = this.build;
    this.transport.send({ type: "subscribe", build: this.build.id, ...cursor });
    const answerBy = this.environment.clock.now() + ANSWER_WITHIN_MS;
    this.expect(Math.min(this.expectedBy ?? answerBy, answerBy));
  }

  private message(content: unknown): void {
    const frame = asFrame(content);
    if (frame === null || this.actions.answered(frame)) return;
    this.changed = false;
    if (frame.type === "welcome") this.heartbeatMs = frame.heartbeat_ms;
    if (!("build" in frame) || frame.build === this.build.id) this.build.receive(frame);
    this.show({ ...IDLE, phase: "live", transport: "kernel" });
    this.expect(this.build.unfinished ? this.environment.clock.now() + 2 * this.heartbeatMs : null);
  }

  /** Every message moves the deadline; a timer that fires early looks again, so not every message makes a new one. */
  private expect(by: number | null): void {
    this.expectedBy = by;
    if (by !== null && this.timer && this.timer.at <= by) return;
    this.timer?.stop();
    this.timer = null;
    if (by === null) return;
    const { clock } = this.environment;
    this.timer = { at: by, stop: clock.after(by - clock.now(), () => this.due()) };
  }

  private due(): void {
    this.timer = null;
    if (this.expectedBy !== null && this.environment.clock.now() < this.expectedBy)
      this.expect(this.expectedBy);
    else if (this.changed) this.show({ ...IDLE, phase: "failed", message: GONE });
    else this.show({ ...IDLE, phase: "reconnecting", attempt: 1, message: SILENT });
  }

  private show(status: ConnectionStatus): void {
    if (status.phase === this.status.phase) return;
    this.status = status;
    this.build.changed();
  }
}
