/**
 * The frames by asking for them over REST, for pages where a proxy lets neither a WebSocket nor a stream through.
 * Costs one small request a running build every two seconds while the page is visible, and every thirty while it is
 * hidden. To its listener it looks like the other transports: a welcome, then snapshots and batches.
 */
import type { Cursor } from "./model";
import type { ClientFrame, ServerFrame, State, Summary } from "./protocol/types.gen";
import { type EventPage, type Hydration, RestError, type ServerStatus } from "./rest";
import { ABNORMAL_CLOSE, type Subscriptions, type Transport, type TransportListener } from "./transport";

export const POLL_MS = 2_000;
export const HIDDEN_POLL_MS = 30_000;
/** The list of builds is read this often, in rounds: it is shown, but nothing in it is waited for. */
export const LIST_EVERY_ROUNDS = 3;
/** The server's status is read this often, in rounds: a restored database shows in builds that have ended, too. */
export const STATUS_EVERY_ROUNDS = 15;
/** After this many failed rounds in a row the connection counts as lost. */
export const FAILED_ROUNDS = 3;
/** Builds asked about in one round; with more of them each has its turn. */
export const BUILDS_A_ROUND = 20;
/** Pages of events read for one build in a round; who is further behind gets a snapshot. */
const PAGES_A_ROUND = 3;
const PAGE_EVENTS = 1_000;
/** Longer than the pause of a hidden page: silence is told by failed requests here. */
const HEARTBEAT_MS = 2 * HIDDEN_POLL_MS;

export interface PollSource {
  status(): Promise<ServerStatus>;
  hydrate(build: string, signal: AbortSignal): Promise<Hydration>;
  events(build: string, after: number, limit: number, signal: AbortSignal): Promise<EventPage>;
  list(project: string | undefined, signal: AbortSignal): Promise<readonly Summary[]>;
  visible(): boolean;
  /** Calls back after a while; returns the function that stops it. */
  after(ms: number, callback: () => void): () => void;
}

export class PollTransport implements Transport {
  private readonly stop = new AbortController();
  private readonly builds = new Map<string, { cursor: Cursor | null; answered: boolean }>();
  private watch: Subscriptions["watch"] = null;
  private shownList = "";
  private round = 0;
  private failed = 0;
  private history: string | null = null;
  /** Since when (in pauses of a visible page) nothing was asked because the page is hidden. */
  private skipped = 0;
  private stopTimer: (() => void) | null = null;

  constructor(
    private readonly source: PollSource,
    private readonly listener: TransportListener,
  ) {
    void this.greet();
  }

  send(frame: ClientFrame): void {
    switch (frame.type) {
      case "subscribe": {
        const { build, epoch, seq } = frame;
        const cursor = epoch != null && seq != null ? { epoch, seq } : null;
        this.builds.set(build, { cursor, answered: false });
        break;
      }
      case "unsubscribe":
        this.builds.delete(frame.build);
        break;
      case "watch":
        this.watch = frame.project == null ? {} : { project: frame.project };
        this.shownList = "";
        this.round = 0;
        break;
      case "unwatch":
        this.watch = null;
    }
  }

  close(): void {
    this.stop.abort();
    this.stopTimer?.();
  }

  private get over(): boolean {
    return this.stop.signal.aborted;
  }

  private async greet(): Promise<void> {
    const status = await this.source.status();
    if (this.over) return;
    if (status.probe !== "ok") {
      this.lose();
      return;
    }
    this.welcome(status);
    this.next(0);
  }

  /** After failed rounds, and from time to time: the server may be another one by now, or have another database. */
  private async greetAgain(): Promise<void> {
    const status = await this.source.status();
    if (status.probe !== "ok") throw new RestError("The Jupyter server does not serve builds.");
    if (!this.over && status.history !== null && status.history !== this.history) this.welcome(status);
  }

  private welcome({ database, history }: ServerStatus): void {
    this.history = history;
    this.deliver({
      type: "welcome",
      protocol: 1,
      server: "",
      database: database ?? "",
      heartbeat_ms: HEARTBEAT_MS,
      batch_ms: POLL_MS,
      ...(history === null ? {} : { history }),
    });
  }

  private next(ms: number): void {
    if (!this.over) this.stopTimer = this.source.after(ms, () => void this.ask());
  }

  private async ask(): Promise<void> {
    this.skipped += 1;
    if (!this.source.visible() && this.skipped < HIDDEN_POLL_MS / POLL_MS) {
      this.next(POLL_MS);
      return;
    }
    this.skipped = 0;
    try {
      if (this.failed > 0 || this.round % STATUS_EVERY_ROUNDS === STATUS_EVERY_ROUNDS - 1)
        await this.greetAgain();
      await this.readAll();
      this.failed = 0;
    } catch {
      if (this.over) return;
      this.failed += 1;
      if (this.failed >= FAILED_ROUNDS) {
        this.lose();
        return;
      }
    }
    this.next(POLL_MS * 2 ** this.failed);
  }

  private async readAll(): Promise<void> {
    for (const build of [...this.builds.keys()].slice(0, BUILDS_A_ROUND)) {
      await this.readBuild(build);
      if (this.over) return;
    }
    if (this.watch && this.round % LIST_EVERY_ROUNDS === 0) await this.readList(this.watch);
    this.round += 1;
  }

  private async readBuild(build: string): Promise<void> {
    const entry = this.builds.get(build);
    if (!entry) return;
    try {
      await this.readEvents(build, entry);
    } catch (error) {
      if (!(error instanceof RestError) || error.code !== "not_found") throw error;
      if (this.builds.get(build) !== entry) return;
      this.builds.delete(build);
      this.deliver(
        entry.answered
          ? { type: "deleted", build }
          : { type: "error", code: "not_found", message: error.message, build },
      );
      return;
    }
    // It goes to the end of the line, so that all have their turn.
    if (this.builds.get(build) === entry) {
      this.builds.delete(build);
      this.builds.set(build, entry);
    }
  }

  private async readEvents(
    build: string,
    entry: { cursor: Cursor | null; answered: boolean },
  ): Promise<void> {
    const { signal } = this.stop;
    for (let page = 0; page < PAGES_A_ROUND; page += 1) {
      const { cursor } = entry;
      if (cursor === null) break;
      const found = await this.source.events(build, cursor.seq, PAGE_EVENTS, signal);
      if (this.over || this.builds.get(build) !== entry) return;
      this.listener.heard();
      if (found.epoch !== cursor.epoch || found.head < cursor.seq || found.from !== cursor.seq + 1) break;
      if (found.events.length > 0 || !entry.answered)
        this.deliver({ type: "batch", build, ...found } as never);
      entry.answered = true;
      entry.cursor = { epoch: found.epoch, seq: found.to };
      if (found.to >= found.head) return;
    }
    const { epoch, seq, state } = await this.source.hydrate(build, signal);
    if (this.over || this.builds.get(build) !== entry) return;
    this.listener.heard();
    entry.cursor = { epoch, seq };
    entry.answered = true;
    this.deliver({ type: "snapshot", build, epoch, seq, state: state as State });
  }

  private async readList(watch: { readonly project?: string }): Promise<void> {
    const builds = await this.source.list(watch.project, this.stop.signal);
    if (this.over || this.watch !== watch) return;
    this.listener.heard();
    const list = JSON.stringify(builds);
    if (list === this.shownList) return;
    this.shownList = list;
    this.deliver({ type: "builds", builds: [...builds], removed: [], reset: true });
  }

  private deliver(frame: ServerFrame): void {
    if (!this.over) this.listener.frame(frame);
  }

  private lose(): void {
    this.close();
    this.listener.closed(ABNORMAL_CLOSE, "");
  }
}
