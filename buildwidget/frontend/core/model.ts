/**
 * The seam between the connection and the view: what a view reads, and what it may ask for.
 * Everything here is local to the page except `state`, which is the fold of the build's log at `cursor`.
 */
import type { MetricPoint, State, Summary, ToolRow } from "./protocol/types.gen";

export interface Cursor {
  readonly epoch: string;
  readonly seq: number;
}

/**
 * The ways to a server, best first. The stream (SSE) is for pages whose WebSocket cannot be opened; polling (REST) for
 * those where a proxy holds the stream back as well.
 */
export type Way = "websocket" | "stream" | "poll";

/** How the page is connected; never a statement about the build's health. */
export type ConnectionPhase =
  | "idle" /* nothing to follow: no build is active, or not opened yet */
  | "connecting" /* the first try */
  | "live"
  | "reconnecting" /* lost; trying again by itself */
  | "failed"; /* gave up: the user may press Retry */

export interface ConnectionStatus {
  readonly phase: ConnectionPhase;
  /** Which try is next or under way, from 1; 0 while live or idle. */
  readonly attempt: number;
  /** Milliseconds since the epoch at which the next try starts, or null. */
  readonly retryAt: number | null;
  /** By which way frames come. */
  readonly transport: Way | "kernel" | null;
  /** A sentence for a person about what is wrong, or null. */
  readonly message: string | null;
}

export interface Problem {
  readonly code: "not_found" | "deleted" | "forbidden" | "unavailable" | "other_database" | "limit";
  readonly message: string;
}

/** What a view of one build draws. A new object whenever anything in it changed. */
export interface BuildModel {
  readonly build: string;
  readonly cursor: Cursor | null;
  readonly state: State | null;
  readonly connection: ConnectionStatus;
  readonly problem: Problem | null;
  /** How many builds wait before this queued one, where the page knows it (lists of builds tell it). */
  readonly ahead?: number | null;
}

export interface LogPage {
  /** With a search `first` to `last` is what was searched, and `lines` are those of it that match. */
  readonly first: number;
  readonly last: number;
  /** Lines of the whole log. */
  readonly count: number;
  readonly lines: ReadonlyArray<readonly [number, string, string]>;
}

/** A metric as a drawing shows it: some of the `count` points that were reported up to (`epoch`, `seq`), by step. */
export interface MetricPicture extends Cursor {
  readonly name: string;
  readonly count: number;
  /** The least and the greatest step; null without a point. */
  readonly range: readonly [number, number] | null;
  readonly points: readonly MetricPoint[];
}

/** What an agent is asked for after its build has ended. */
export interface FollowUp {
  /** Absent only with the operation `autofix`: then the build's error is what it is told. */
  readonly prompt?: string;
  /** What that is: continuation (as without one), enhancement, focused_edit, autofix. */
  readonly operation?: string;
}

/** What the view may do with a build. Each promise rejects with an Error whose message is for a person. */
export interface BuildActions {
  cancel(): Promise<void>;
  /** Starts a new build of the same spec and tells its summary. */
  retry(): Promise<Summary>;
  remove(): Promise<void>;
  answer(requestId: string, decision: "allow" | "deny", message?: string): Promise<void>;
  /** Starts a new build that goes on where this one ended, and tells its summary. */
  followUp(asked: FollowUp): Promise<Summary>;
  /** The summary of this or another build; null where there is none. */
  summary(build: string): Promise<Summary | null>;
  tool(id: string): Promise<ToolRow>;
  log(query: { after?: number; before?: number; limit?: number; q?: string }): Promise<LogPage>;
  /** At most `points` points, as they are drawn on `width` pixels. */
  metric(query: { name: string; points?: number; width?: number }): Promise<MetricPicture>;
  /** Fetches the whole log as a file the browser saves. */
  downloadLog(): Promise<void>;
  display(id: string): Promise<Blob>;
  artifact(index: number): Promise<Blob>;
  /** Tries to connect at once (the Retry button of the connection indicator). */
  reconnect(): void;
}

/** One build as the page sees it. Several views may share one session; close() ends one use of it. */
export interface BuildSession {
  readonly actions: BuildActions;
  get(): BuildModel;
  /** Calls `listener` after changes, at most once a frame and when the build ends; returns what stops it. */
  subscribe(listener: () => void): () => void;
  close(): void;
}

/** The list of builds (side panel). */
export interface BuildList {
  get(): {
    readonly builds: ReadonlyArray<Summary>;
    readonly connection: ConnectionStatus;
    /** Whether the server has told the list; before that it is empty. */
    readonly loaded: boolean;
  };
  subscribe(listener: () => void): () => void;
  close(): void;
}

/** One per page: every session and list of it shares one socket. */
export interface Client {
  open(build: string): BuildSession;
  list(project?: string): BuildList;
}
