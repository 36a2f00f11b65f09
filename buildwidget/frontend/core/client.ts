/** The page's one client: every session and list shares its connection, its notifier and its replicas. */
import { FollowedBuild } from "./followed-build";
import { FollowedList } from "./followed-list";
import { type Clock, Link, type LinkEnvironment } from "./link";
import type { BuildActions, BuildList, BuildSession, Client, Cursor } from "./model";
import { Notifier, type Schedule } from "./notifier";
import type { PageEvent } from "./page-events";
import type { Builds, ServerFrame, Welcome } from "./protocol/types.gen";
import { type Hydration, RestError, type ServerStatus } from "./rest";
import type { Subscriptions } from "./transport";

/** A subscription waits this long for its hydration; then it starts without a cursor, from a snapshot. */
export const HYDRATE_WITHIN_MS = 1_000;
/** After the server said that it cannot read a build right now; twice as long after each time in a row. */
export const UNAVAILABLE_AGAIN_MS = 5_000;
const UNAVAILABLE_CEILING_MS = 60_000;
/** A page that is hidden for this long while nothing runs closes its connection, which keeps servers from idling. */
export const REST_AFTER_MS = 600_000;

export interface ClientEnvironment extends Omit<LinkEnvironment, "open" | "probe"> {
  readonly clock: Clock;
  readonly schedule: Schedule;
  readonly open: (
    ...opening: [...Parameters<LinkEnvironment["open"]>, () => Subscriptions]
  ) => ReturnType<LinkEnvironment["open"]>;
  hydrate(build: string, signal: AbortSignal): Promise<Hydration>;
  status(): Promise<ServerStatus>;
  actions(build: string, reconnect: () => void): BuildActions;
}

export interface OpenOptions {
  /** The id of the database the build is in; another one at the server is then told as such. */
  readonly database?: string;
}

interface Entry {
  readonly build: FollowedBuild;
  readonly stop: AbortController;
  users: number;
  database: string | undefined;
  /** Whether its subscription may start: its hydration came or takes too long. */
  ready: boolean;
  subscribed: boolean;
  /** How often in a row the server could not read it. */
  unavailable: number;
}

export class PageClient implements Client {
  private readonly entries = new Map<string, Entry>();
  private readonly lists = new Set<FollowedList>();
  private readonly notifier: Notifier;
  private readonly link: Link;
  /** What the server was last asked to watch, as JSON; null: nothing. */
  private watched: string | null = null;
  private serverDatabase: string | null = null;
  /** The history that what is shown belongs to, as the last `welcome` gave it. */
  private history: string | undefined;
  private resting = false;
  private stopRestTimer: (() => void) | null = null;

  constructor(private readonly environment: ClientEnvironment) {
    this.notifier = new Notifier(environment.schedule);
    this.link = new Link(
      {
        clock: environment.clock,
        random: environment.random,
        page: environment.page,
        open: (way, listener) => environment.open(way, listener, () => this.subscriptions()),
        probe: () => environment.status(),
      },
      { frame: (frame) => this.receive(frame), changed: () => this.connectionChanged() },
    );
    environment.page.subscribe((event) => this.pageChanged(event));
  }

  open(build: string, { database }: OpenOptions = {}): BuildSession {
    const entry = this.entries.get(build) ?? this.follow(build);
    entry.users += 1;
    entry.database ??= database;
    this.refresh();
    const actions = this.environment.actions(build, () => this.reconnect(entry));
    return entry.build.session(actions, () => this.release(entry));
  }

  list(project?: string): BuildList {
    const list = new FollowedList(project, () => this.link.status);
    this.lists.add(list);
    if (this.watched !== null && this.watched === this.wantedWatch()) this.watched = null; // it needs its reset
    this.refresh();
    return list.handle(() => {
      this.lists.delete(list);
      this.refresh();
    });
  }

  // Rest.

  private pageChanged(event: PageEvent): void {
    if (event === "hidden") {
      this.stopRestTimer ??= this.environment.clock.after(REST_AFTER_MS, () => this.restIfIdle());
    } else if (event === "woke") {
      this.stopRestTimer?.();
      this.stopRestTimer = null;
      if (!this.resting) return;
      this.resting = false;
      this.refresh();
    }
  }

  /** Hidden for long: only what runs is worth a connection. */
  private restIfIdle(): void {
    this.stopRestTimer = null;
    if (this.environment.page.visible()) return;
    if ([...this.lists].some((list) => list.anyActive)) {
      this.pageChanged("hidden"); // looked at again
      return;
    }
    this.resting = true;
    this.refresh();
  }

  // What is followed.

  private follow(id: string): Entry {
    const build = new FollowedBuild(id, {
      connection: () => this.link.status,
      subscribe: (_, cursor) => this.subscribe(id, cursor),
      notify: (listened, now) => this.notifier.notify(listened, now),
    });
    const stop = new AbortController();
    const entry = {
      build,
      stop,
      users: 0,
      database: undefined,
      ready: false,
      subscribed: false,
      unavailable: 0,
    };
    this.entries.set(id, entry);
    this.hydrate(entry);
    return entry;
  }

  private release(entry: Entry): void {
    entry.users -= 1;
    if (entry.users > 0) return;
    entry.stop.abort();
    if (entry.subscribed) this.link.send({ type: "unsubscribe", build: entry.build.id });
    this.entries.delete(entry.build.id);
    this.forgiveLimits();
    this.refresh();
  }

  /** The hydration and the connection run side by side; whichever comes first shows something. */
  private hydrate(entry: Entry): void {
    this.delay(entry, HYDRATE_WITHIN_MS);
    this.environment
      .hydrate(entry.build.id, entry.stop.signal)
      .then((hydration) => entry.build.hydrated(hydration))
      .catch((error: unknown) => this.hydrationFailed(entry, error))
      .finally(() => this.makeReady(entry));
  }

  /** Only that there is no such build is told here; that the server cannot be reached, or refuses, the connection tells. */
  private async hydrationFailed(entry: Entry, error: unknown): Promise<void> {
    if (!(error instanceof RestError) || error.code !== "not_found" || entry.build.cursor !== null) return;
    const { database } = entry.database === undefined ? { database: null } : await this.environment.status();
    if (!this.otherDatabase(entry, database)) {
      entry.build.problem = { code: "not_found", message: error.message };
    }
  }

  private delay(entry: Entry, ms: number): void {
    entry.ready = false;
    this.environment.clock.after(ms, () => this.makeReady(entry));
  }

  private makeReady(entry: Entry): void {
    entry.ready = true;
    this.refresh();
  }

  // What the connection is asked for.

  /** Brings the connection and its subscriptions in line with what is shown and still runs. */
  private refresh(): void {
    if (this.link.live) {
      for (const entry of this.entries.values()) this.refreshEntry(entry);
      this.refreshWatch();
    }
    const unfinished = [...this.entries.values()].some(({ build }) => build.unfinished);
    this.link.want(unfinished || (this.lists.size > 0 && !this.resting));
  }

  private refreshEntry(entry: Entry): void {
    const { build } = entry;
    if (this.mayFollow(entry) === entry.subscribed) return;
    if (entry.subscribed) this.link.send({ type: "unsubscribe", build: build.id });
    else this.subscribe(build.id, build.cursor);
    entry.subscribed = !entry.subscribed;
  }

  private mayFollow(entry: Entry): boolean {
    return entry.ready && entry.build.unfinished;
  }

  private subscribe(build: string, cursor: Cursor | null): void {
    this.link.send({ type: "subscribe", build, ...cursor });
  }

  private refreshWatch(): void {
    const wanted = this.wantedWatch();
    if (wanted === this.watched) return;
    this.watched = wanted;
    this.link.send(wanted === null ? { type: "unwatch" } : { type: "watch", ...JSON.parse(wanted) });
  }

  /** The server watches one project or all; lists of several projects, and queued builds, share the watch of all. */
  private wantedWatch(): string | null {
    const projects = new Set([...this.lists].map(({ project }) => project));
    // Only lists tell a queued build's place in the queue.
    if ([...this.entries.values()].some(({ build }) => build.queued && build.unfinished))
      projects.add(undefined);
    if (projects.size === 0) return null;
    const [project] = projects;
    return JSON.stringify(projects.size === 1 ? { project } : {});
  }

  /** For a stream, which must ask for something: builds whose hydration is under way are told of from a snapshot. */
  private subscriptions(): Subscriptions {
    const followed = [...this.entries.values()].filter(({ build }) => build.unfinished);
    const watch = this.wantedWatch();
    return {
      builds: followed.map(({ build }) => ({ build: build.id, cursor: build.cursor })),
      watch: watch === null ? null : JSON.parse(watch),
    };
  }

  // What the connection brings.

  private receive(frame: ServerFrame): void {
    if (frame.type === "welcome") this.welcomed(frame);
    else if (frame.type === "builds") this.receiveList(frame);
    else if (frame.type === "heartbeat") this.beat(frame);
    else if ("build" in frame && frame.build !== undefined) this.receiveBuild(frame, frame.build);
  }

  private welcomed({ database, history }: Welcome): void {
    const known = this.history;
    const isOtherHistory = known !== undefined && history !== undefined && history !== known;
    this.serverDatabase = database;
    this.history = history ?? known;
    this.watched = null;
    if (isOtherHistory) this.readAnew();
    this.forgiveLimits();
    for (const entry of this.entries.values()) {
      entry.subscribed = false;
      this.otherDatabase(entry, this.serverDatabase);
    }
    this.refresh();
  }

  /** The database may have been replaced or restored: nothing that is here may be taken for its content. */
  private readAnew(): void {
    for (const entry of this.entries.values()) {
      entry.build.distrust();
      this.hydrate(entry);
    }
  }

  private receiveList(change: Builds): void {
    for (const row of change.builds) {
      const entry = this.entries.get(row.id);
      if (entry) entry.build.ahead = row.ahead ?? null;
    }
    for (const list of this.lists) {
      list.receive(change);
      this.notifier.notify(list, false);
    }
  }

  private beat(frame: ServerFrame): void {
    for (const entry of this.entries.values()) {
      if (entry.subscribed) entry.build.receive(frame);
    }
  }

  private receiveBuild(frame: ServerFrame, build: string): void {
    const entry = this.entries.get(build);
    if (!entry) return;
    if (frame.type === "error" || frame.type === "deleted") entry.subscribed = false;
    if (frame.type === "error" && frame.code === "unavailable") {
      this.delay(entry, Math.min(UNAVAILABLE_AGAIN_MS * 2 ** entry.unavailable, UNAVAILABLE_CEILING_MS));
      entry.unavailable += 1;
    } else {
      entry.unavailable = 0;
    }
    entry.build.receive(frame);
    this.refresh();
  }

  /** Whether the server reads another database than the build's; then the build says so. */
  private otherDatabase(entry: Entry, database: string | null): boolean {
    const isOther = entry.database !== undefined && database !== null && database !== entry.database;
    if (isOther && entry.build.cursor === null) entry.build.problem = OTHER_DATABASE;
    return isOther;
  }

  private forgiveLimits(): void {
    for (const { build } of this.entries.values()) {
      if (build.problem?.code === "limit") build.problem = null;
    }
  }

  private reconnect(entry: Entry): void {
    entry.build.problem = null;
    if (entry.build.cursor === null) this.hydrate(entry);
    this.link.retry();
    this.refresh();
  }

  private connectionChanged(): void {
    for (const { build } of this.entries.values()) build.changed();
    for (const list of this.lists) {
      list.changed();
      this.notifier.notify(list, false);
    }
  }
}

const OTHER_DATABASE = {
  code: "other_database",
  message:
    "This build is in another database than the one this Jupyter server reads. " +
    "Start the server and the kernel with the same BUILDWIDGET_DATABASE_URL.",
} as const;
