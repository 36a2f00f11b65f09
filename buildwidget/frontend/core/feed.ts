/**
 * The builds of a page that nobody may be looking at: is one running, and which have ended. While something runs, or
 * somebody holds it, the page's connection tells; else it is asked now and then, so that an idle page has no socket.
 */
import type { Clock } from "./link";
import type { BuildList, ConnectionStatus } from "./model";
import type { Summary } from "./protocol/types.gen";

/** How often an idle page asks whether something runs. */
export const ASK_EVERY_MS = 10_000;
/** The longest pause after failures; each one doubles it. */
export const ASK_CEILING_MS = 300_000;
/** How long the list stays open after the last build ended: the next one of a notebook follows soon. */
export const LINGER_MS = 3_000;

export interface FeedEnvironment {
  readonly clock: Clock;
  list(): BuildList;
  /** Whether any build is queued or running; rejects where nobody answers. */
  anyActive(): Promise<boolean>;
  /** Whether the page can be seen; a hidden one asks nothing. */
  visible(): boolean;
}

export interface FeedModel {
  readonly builds: readonly Summary[];
  /** Null while it is not live. */
  readonly connection: ConnectionStatus | null;
  /** Whether the server has told the list since the page was opened. */
  readonly loaded: boolean;
}

const NONE: FeedModel = { builds: [], connection: null, loaded: false };

export function isActive({ status }: Pick<Summary, "status">): boolean {
  return status === "queued" || status === "running";
}

export class Feed {
  private list: BuildList | null = null;
  private holders = 0;
  private failures = 0;
  private asking = false;
  private stopTimer: (() => void) | null = null;
  private stopLinger: (() => void) | null = null;
  private model: FeedModel = NONE;
  private readonly listeners = new Set<() => void>();
  private readonly endListeners = new Set<(build: Summary) => void>();

  constructor(private readonly environment: FeedEnvironment) {}

  get(): FeedModel {
    return this.model;
  }

  /** Calls `listener` after every change; returns the function that stops it. */
  subscribe(listener: () => void): () => void {
    const own = () => listener();
    this.listeners.add(own);
    return () => this.listeners.delete(own);
  }

  /** Calls `listener` with every build that was active here and has ended. */
  onEnd(listener: (build: Summary) => void): () => void {
    this.endListeners.add(listener);
    return () => this.endListeners.delete(listener);
  }

  /** Keeps the list live until the function returned is called. */
  hold(): () => void {
    this.holders += 1;
    this.open();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.holders -= 1;
      this.closeSoonIfIdle();
    };
  }

  /** Something may have begun: asks now, and from now on at times. */
  look(): void {
    this.stopTimer?.();
    this.stopTimer = null;
    if (this.list !== null || this.asking) return;
    if (!this.environment.visible()) {
      this.askLater();
      return;
    }
    this.asking = true;
    this.environment
      .anyActive()
      .then(
        (active) => {
          this.failures = 0;
          return active;
        },
        () => {
          this.failures += 1; // nobody answers: a later time will tell
          return false;
        },
      )
      .then((active) => {
        this.asking = false;
        if (active) this.open();
        else if (this.list === null) this.askLater();
      });
  }

  /** The same as something that happens by itself: after failures it waits for its time. */
  refresh(): void {
    if (this.failures === 0) this.look();
  }

  private askLater(): void {
    this.stopTimer?.();
    const pause = Math.min(ASK_EVERY_MS * 2 ** this.failures, ASK_CEILING_MS);
    this.stopTimer = this.environment.clock.after(pause, () => this.look());
  }

  private open(): void {
    if (this.list !== null) return;
    this.stopTimer?.();
    this.stopTimer = null;
    const list = this.environment.list();
    this.list = list;
    list.subscribe(() => this.receive(list));
    this.receive(list);
  }

  private receive(list: BuildList): void {
    if (list !== this.list) return;
    const before = new Map(this.model.builds.map((build) => [build.id, build]));
    const told = list.get();
    // What was known before stays until the reset comes.
    this.model = told.loaded ? told : { ...this.model, connection: told.connection };
    for (const build of this.model.builds) {
      const old = before.get(build.id);
      if (old && isActive(old) && !isActive(build)) for (const listener of this.endListeners) listener(build);
    }
    for (const listener of [...this.listeners]) listener();
    if (told.loaded) this.closeSoonIfIdle();
  }

  private closeSoonIfIdle(): void {
    this.stopLinger?.();
    this.stopLinger = null;
    if (!this.isIdle()) return;
    this.stopLinger = this.environment.clock.after(LINGER_MS, () => {
      if (!this.isIdle()) return;
      this.list?.close();
      this.list = null;
      this.model = { ...this.model, connection: null };
      this.askLater();
    });
  }

  private isIdle(): boolean {
    return this.holders === 0 && !this.model.builds.some(isActive);
  }
}
