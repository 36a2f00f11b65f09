/** The connection as a value: what it may be, when it next needs a tick, and what the page shows of it. */
import type { ConnectionStatus, Way } from "./model";

/**
 * What `GET status` said after a connection did not open. `unavailable`: the extension answered that it cannot serve
 * builds now; `unreachable`: nobody answered, or not the extension.
 */
export type Probe = "ok" | "forbidden" | "missing" | "unavailable" | "unreachable";

/** A connection that has said no welcome by then is given up. */
export const OPEN_WITHIN_MS = 10_000;
/** The same for a stream: where its first frame does not come at once, a proxy holds it back. */
export const STREAM_WITHIN_MS = 4_000;
/** How long after `woke` a `pong` may take. */
export const PONG_WITHIN_MS = 3_000;
/** A connection that lived this long counts as healthy: the tries start from 1 again. */
export const HEALTHY_AFTER_MS = 5_000;
/** How long an unwanted connection stays: a cell that is run again takes it over. */
export const LINGER_MS = 2_000;
/** On the stream a comment comes every 15 s; older than this at `woke`, it is opened anew. */
export const STREAM_QUIET_MS = 20_000;
/** A stream that says nothing for this long, not even a comment, is held back by a proxy. */
export const STREAM_SILENT_MS = 40_000;
/** While polling, how long until a WebSocket is tried beside it; twice as long after each that does not open. */
export const BETTER_AFTER_MS = 60_000;
export const BETTER_CEILING_MS = 300_000;
/** Between tries at a server that says it cannot serve builds now, once the usual tries are used up. */
export const PATIENT_MS = 90_000;
/** A line that was cut twice after about the same silence is kept busy; shorter silences are no sign of that. */
export const SHORTEST_CUT_MS = 3_000;
/** After this many WebSocket handshakes that failed though the server answers, the stream is taken. */
export const BLOCKED_HANDSHAKES = 2;

export interface Live {
  readonly mode: "live";
  readonly heartbeatMs: number;
  readonly heardAt: number;
  readonly pingedAt: number;
  /** When the connection counts as healthy; null when it does already. */
  readonly healthyAt: number | null;
  /** The pong that is waited for, or null. */
  readonly awaited: { readonly n: number; readonly by: number } | null;
  /** When it is closed because nobody wants it, or null. */
  readonly lingerUntil: number | null;
  /** When a better way is tried beside this one, or null. */
  readonly betterAt: number | null;
}

export type Stage =
  | { readonly mode: "closed" }
  | { readonly mode: "opening"; readonly openBy: number }
  | { readonly mode: "probing" }
  | { readonly mode: "waiting"; readonly retryAt: number }
  | { readonly mode: "failed"; readonly final: boolean }
  | Live;

export interface Connection {
  readonly stage: Stage;
  readonly wanted: boolean;
  readonly way: Way;
  /** Tries that failed since the last healthy connection. */
  readonly failedTries: number;
  /** WebSocket handshakes that failed though the server answers. */
  readonly blocked: number;
  /** Whether a stream was held back by a proxy: then polling takes its place. */
  readonly streamHeldBack: boolean;
  /** How long until a better way is tried beside polling. */
  readonly betterAfterMs: number;
  /** After which silence the WebSocket was last cut, or null. */
  readonly cutAfterMs: number | null;
  /** How often the WebSocket must be pinged so that nothing in between cuts it, or null: as the server asks. */
  readonly pingEveryMs: number | null;
  /** Whether there was a connection before: then it is lost, not new. */
  readonly wasLive: boolean;
  readonly lastPing: number;
  readonly message: string | null;
}

export const INITIAL: Connection = {
  stage: { mode: "closed" },
  wanted: false,
  way: "websocket",
  failedTries: 0,
  blocked: 0,
  streamHeldBack: false,
  betterAfterMs: BETTER_AFTER_MS,
  cutAfterMs: null,
  pingEveryMs: null,
  wasLive: false,
  lastPing: 0,
  message: null,
};

export type Happening =
  | { readonly type: "wanted"; readonly wanted: boolean }
  | { readonly type: "welcome"; readonly protocol: number; readonly heartbeatMs: number }
  /** Any frame or stream comment. */
  | { readonly type: "heard" }
  | { readonly type: "pong"; readonly n: number }
  | { readonly type: "closed"; readonly code: number; readonly reason: string }
  /** `message`: the server's own words about what is wrong with it. */
  | { readonly type: "probed"; readonly result: Probe; readonly message: string | null }
  /** A better way that was tried beside polling: it has opened and takes over, or it did not open. */
  | {
      readonly type: "better";
      readonly opened: { readonly protocol: number; readonly heartbeatMs: number } | null;
    }
  | { readonly type: "tick" }
  | { readonly type: "woke" }
  | { readonly type: "offline" }
  | { readonly type: "retry" };

export type Decision =
  | { readonly do: "open"; readonly way: Way }
  | { readonly do: "close" }
  | { readonly do: "probe" }
  /** Open a WebSocket beside the present connection, and tell with `better` what became of it. */
  | { readonly do: "tryBetter" }
  | { readonly do: "ping"; readonly n: number };

export interface Context {
  readonly now: number;
  readonly random: () => number;
}

export interface Step {
  readonly connection: Connection;
  readonly decisions: readonly Decision[];
}

/** No frame for two heartbeats; on a stream also no comment, of which one comes every 15 s. */
export function silentAt(stage: Live, way: Way): number {
  return stage.heardAt + (way === "stream" ? STREAM_SILENT_MS : 2 * stage.heartbeatMs);
}

/** The server closes a connection it has not heard from for two heartbeats. */
export function pingAt(stage: Live, pingEveryMs: number | null): number {
  if (pingEveryMs === null) return stage.pingedAt + stage.heartbeatMs;
  return Math.max(stage.pingedAt, stage.heardAt) + Math.min(pingEveryMs, stage.heartbeatMs);
}

/** When the next `tick` is due, in the context's milliseconds; null where nothing is waited for. */
export function deadlineOf({ stage, way, pingEveryMs }: Connection): number | null {
  if (stage.mode === "opening") return stage.openBy;
  if (stage.mode === "waiting") return stage.retryAt;
  if (stage.mode !== "live") return null;
  const deadlines = [
    silentAt(stage, way),
    pingAt(stage, pingEveryMs),
    stage.healthyAt,
    stage.awaited?.by,
    stage.lingerUntil,
    stage.betterAt,
  ];
  return Math.min(...deadlines.filter((deadline) => deadline != null));
}

export const IDLE: ConnectionStatus = {
  phase: "idle",
  attempt: 0,
  retryAt: null,
  transport: null,
  message: null,
};

/** What the page shows of it. */
export function statusOf(connection: Connection): ConnectionStatus {
  const { stage, message } = connection;
  if (stage.mode === "closed" || !connection.wanted) return IDLE;
  if (stage.mode === "live") {
    return { phase: "live", attempt: 0, retryAt: null, transport: connection.way, message: null };
  }
  const attempt = connection.failedTries + (stage.mode === "failed" ? 0 : 1);
  if (stage.mode === "failed") return { phase: "failed", attempt, retryAt: null, transport: null, message };
  const phase = connection.wasLive || connection.failedTries > 0 ? "reconnecting" : "connecting";
  return {
    phase,
    attempt,
    retryAt: stage.mode === "waiting" ? stage.retryAt : null,
    transport: null,
    message,
  };
}
