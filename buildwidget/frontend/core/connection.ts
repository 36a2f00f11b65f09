/**
 * How the connection moves: `step` takes what happened and tells the next value and what to do about it. No socket,
 * clock or timer is touched here.
 */
import { MAX_TRIES, retryDelay } from "./backoff";
import { codeOf, verdictOf } from "./close-codes";
import {
  BETTER_AFTER_MS,
  BETTER_CEILING_MS,
  BLOCKED_HANDSHAKES,
  type Connection,
  type Context,
  type Happening,
  HEALTHY_AFTER_MS,
  INITIAL,
  LINGER_MS,
  type Live,
  OPEN_WITHIN_MS,
  PATIENT_MS,
  PONG_WITHIN_MS,
  type Probe,
  pingAt,
  SHORTEST_CUT_MS,
  STREAM_QUIET_MS,
  STREAM_WITHIN_MS,
  type Stage,
  type Step,
  silentAt,
} from "./connection-state";
import type { Way } from "./model";
import { PROTOCOL_VERSION } from "./protocol/limits.gen";

export function step(connection: Connection, happening: Happening, context: Context): Step {
  switch (happening.type) {
    case "wanted":
      return onWanted(connection, happening.wanted, context);
    case "welcome":
      return onWelcome(connection, happening, context);
    case "heard":
      return onHeard(connection, context);
    case "pong":
      return onPong(connection, happening.n);
    case "closed":
      return onClosed(connection, happening.code, happening.reason, context);
    case "probed":
      return onProbed(connection, happening, context);
    case "better":
      return onBetter(connection, happening.opened, context);
    case "tick":
      return onTick(connection, context);
    case "woke":
      return onWoke(connection, context);
    case "offline":
      return onOffline(connection, context);
    case "retry":
      return onRetry(connection, context);
  }
}

function stay(connection: Connection): Step {
  return { connection, decisions: [] };
}

function onWanted(connection: Connection, wanted: boolean, context: Context): Step {
  if (wanted === connection.wanted) return stay(connection);
  const next = { ...connection, wanted };
  const { stage } = next;
  if (stage.mode === "live") {
    const lingerUntil = wanted ? null : context.now + LINGER_MS;
    return stay({ ...next, stage: { ...stage, lingerUntil } });
  }
  return wanted ? open(next, context) : close(next);
}

function open(connection: Connection, { now }: Context): Step {
  const within = connection.way === "stream" ? STREAM_WITHIN_MS : OPEN_WITHIN_MS;
  const stage: Stage = { mode: "opening", openBy: now + within };
  return { connection: { ...connection, stage }, decisions: [{ do: "open", way: connection.way }] };
}

/** Closes because nobody needs it; the next time starts as if it were the first. */
function close(connection: Connection): Step {
  const { way, blocked, streamHeldBack, pingEveryMs, lastPing } = connection;
  return {
    connection: { ...INITIAL, way, blocked, streamHeldBack, pingEveryMs, lastPing },
    decisions: [{ do: "close" }],
  };
}

const CONNECTION_LOST = "The connection to the Jupyter server was lost.";
const differs = verdictOf(codeOf("protocol_too_old"), "");
const PROTOCOL_DIFFERS = differs.comeBack ? "" : differs.message;

function onWelcome(
  connection: Connection,
  welcome: { protocol: number; heartbeatMs: number },
  { now }: Context,
): Step {
  if (connection.stage.mode !== "opening") return stay(connection);
  return becomeLive(connection, welcome, now);
}

function becomeLive(
  connection: Connection,
  welcome: { protocol: number; heartbeatMs: number },
  now: number,
): Step {
  if (welcome.protocol !== PROTOCOL_VERSION) return refuse(connection, PROTOCOL_DIFFERS);
  const stage: Live = {
    mode: "live",
    heartbeatMs: welcome.heartbeatMs,
    heardAt: now,
    pingedAt: now,
    healthyAt: now + HEALTHY_AFTER_MS,
    awaited: null,
    lingerUntil: connection.wanted ? null : now + LINGER_MS,
    betterAt: connection.way === "poll" ? now + connection.betterAfterMs : null,
  };
  const opened = connection.way === "websocket" ? { blocked: 0, betterAfterMs: BETTER_AFTER_MS } : {};
  return stay({ ...connection, ...opened, stage, wasLive: true, message: null });
}

/** Polling goes on while a WebSocket is tried beside it. */
function onBetter(
  connection: Connection,
  opened: { protocol: number; heartbeatMs: number } | null,
  { now }: Context,
): Step {
  if (connection.stage.mode !== "live" || connection.way !== "poll") return stay(connection);
  if (opened !== null) return becomeLive({ ...connection, way: "websocket" }, opened, now);
  const betterAfterMs = Math.min(2 * connection.betterAfterMs, BETTER_CEILING_MS);
  return stay({
    ...connection,
    betterAfterMs,
    stage: { ...connection.stage, betterAt: now + betterAfterMs },
  });
}

function onHeard(connection: Connection, { now }: Context): Step {
  const { stage } = connection;
  if (stage.mode !== "live") return stay(connection);
  const heard = { ...connection, stage: { ...stage, heardAt: now } };
  // Timers of a hidden page run once a minute; its messages still come. So frames keep the pings going.
  return now - stage.pingedAt >= stage.heartbeatMs / 2 ? ping(heard, heard.stage, now) : stay(heard);
}

function ping(connection: Connection, stage: Live, now: number, awaitWithin?: number): Step {
  if (connection.way !== "websocket") return stay({ ...connection, stage: { ...stage, pingedAt: now } });
  const n = connection.lastPing + 1;
  const awaited = awaitWithin === undefined ? stage.awaited : { n, by: now + awaitWithin };
  return {
    connection: { ...connection, lastPing: n, stage: { ...stage, pingedAt: now, awaited } },
    decisions: [{ do: "ping", n }],
  };
}

function onPong(connection: Connection, n: number): Step {
  const { stage } = connection;
  if (stage.mode !== "live" || stage.awaited === null || n < stage.awaited.n) return stay(connection);
  return stay({ ...connection, stage: { ...stage, awaited: null } });
}

function onClosed(connection: Connection, code: number, reason: string, context: Context): Step {
  const { mode } = connection.stage;
  if (mode !== "live" && mode !== "opening") return stay(connection);
  if (!connection.wanted) return close(connection);
  const verdict = verdictOf(code, reason);
  if (!verdict.comeBack) return refuse(connection, verdict.message);
  return mode === "live"
    ? lost(learnCut(connection, code, context), verdict.message ?? CONNECTION_LOST, context, verdict.retryMs)
    : notOpened(connection, verdict.retryMs, context);
}

const ABNORMAL = codeOf("abnormal");

/**
 * Proxies cut lines on which nothing is said for a while. Two cuts after about the same silence show such a limit;
 * from then on the page pings before it is reached.
 */
function learnCut(connection: Connection, code: number, { now }: Context): Connection {
  const { stage, cutAfterMs } = connection;
  if (stage.mode !== "live" || connection.way !== "websocket" || code !== ABNORMAL) return connection;
  const silence = now - Math.max(stage.heardAt, stage.pingedAt);
  if (silence < SHORTEST_CUT_MS) return { ...connection, cutAfterMs: null };
  const again = cutAfterMs !== null && Math.abs(silence - cutAfterMs) <= cutAfterMs / 4;
  const limit = Math.min(silence, cutAfterMs ?? silence);
  return { ...connection, cutAfterMs: silence, ...(again ? { pingEveryMs: limit / 2 } : {}) };
}

/** A close before any welcome tells nothing, unless the server itself said when to come back: ask `status`. */
function notOpened(connection: Connection, retryMs: number, context: Context): Step {
  if (retryMs > 0) return tryFailed(connection, "The Jupyter server is restarting.", context, retryMs);
  return { connection: { ...connection, stage: { mode: "probing" } }, decisions: [{ do: "probe" }] };
}

/** A live connection went away; one that was not healthy yet counts as a failed try. */
function lost(connection: Connection, message: string, context: Context, retryMs = 0): Step {
  if (!connection.wanted) return close(connection);
  const { stage } = connection;
  const unhealthy = stage.mode === "live" && stage.healthyAt !== null && stage.healthyAt > context.now;
  // After a lost stream a WebSocket is tried again: the proxy may have been the trouble of that hour only.
  const way = {
    way: "websocket" as const,
    blocked: connection.way === "websocket" ? 0 : BLOCKED_HANDSHAKES - 1,
  };
  const next = { ...connection, ...way, failedTries: unhealthy ? connection.failedTries : 0 };
  return unhealthy ? tryFailed(next, message, context, retryMs) : wait(next, message, context, retryMs);
}

function tryFailed(connection: Connection, message: string, context: Context, retryMs = 0): Step {
  const failedTries = connection.failedTries + 1;
  const next = { ...connection, failedTries };
  if (failedTries < MAX_TRIES) return wait(next, message, context, retryMs);
  return giveUp(next, message);
}

function giveUp(next: Connection, message: string): Step {
  return {
    connection: {
      ...next,
      stage: { mode: "failed", final: false },
      message: `${message} Tried ${MAX_TRIES} times.`,
    },
    decisions: [{ do: "close" }],
  };
}

function wait(connection: Connection, message: string, { now, random }: Context, retryMs: number): Step {
  const retryAt = now + retryMs + retryDelay(connection.failedTries, random);
  return {
    connection: { ...connection, stage: { mode: "waiting", retryAt }, message },
    decisions: [{ do: "close" }],
  };
}

/** No further try by itself: only Retry helps. */
function refuse(connection: Connection, message: string, final = true): Step {
  return {
    connection: { ...connection, stage: { mode: "failed", final }, message },
    decisions: [{ do: "close" }],
  };
}

const REFUSED = "The Jupyter server refused access. Log in again, then reload the page.";
const NOT_INSTALLED =
  "This Jupyter server does not have the buildwidget extension. Install buildwidget in the server's environment " +
  "(pip install buildwidget), then restart the server.";

function onProbed(
  connection: Connection,
  { result, message }: { result: Probe; message: string | null },
  context: Context,
): Step {
  if (connection.stage.mode !== "probing") return stay(connection);
  switch (result) {
    case "forbidden":
      return refuse(connection, REFUSED, false);
    case "missing":
      // A server that starts may not have its routes yet; only on a first visit does 404 mean "not installed".
      return connection.wasLive
        ? tryFailed(connection, message ?? NOT_INSTALLED, context)
        : refuse(connection, NOT_INSTALLED, false);
    case "unavailable":
      return notServing(connection, message ?? "The Jupyter server cannot serve builds now.", context);
    case "unreachable":
      return tryFailed(connection, message ?? "The Jupyter server cannot be reached.", context);
    case "ok":
      return blockedWay(connection, context);
  }
}

/** The extension lives and says what is wrong, so it is asked on, seldom, until it can serve builds again. */
function notServing(connection: Connection, message: string, context: Context): Step {
  const failedTries = Math.min(connection.failedTries + 1, MAX_TRIES);
  const pause = failedTries < MAX_TRIES ? 0 : PATIENT_MS - retryDelay(failedTries, () => 1);
  return wait({ ...connection, failedTries }, message, context, pause);
}

/** The server answers, but this way to it did not open. */
function blockedWay(connection: Connection, context: Context): Step {
  switch (connection.way) {
    case "websocket":
      return handshakeFailed(connection, context);
    case "stream":
      return open({ ...connection, streamHeldBack: true, way: "poll" }, context);
    case "poll":
      return tryFailed(
        { ...connection, way: "websocket", blocked: BLOCKED_HANDSHAKES - 1 },
        "The Jupyter server answers, but builds cannot be read from it.",
        context,
      );
  }
}

function handshakeFailed(connection: Connection, context: Context): Step {
  const blocked = connection.blocked + 1;
  const way: Way = connection.streamHeldBack ? "poll" : "stream";
  if (blocked >= BLOCKED_HANDSHAKES) return open({ ...connection, blocked, way }, context);
  return tryFailed({ ...connection, blocked }, "The Jupyter server does not open a WebSocket.", context);
}

function onTick(connection: Connection, context: Context): Step {
  const { stage } = connection;
  if (stage.mode === "opening" && context.now >= stage.openBy) {
    const probing = notOpened(connection, 0, context);
    return { ...probing, decisions: [{ do: "close" }, ...probing.decisions] };
  }
  if (stage.mode === "waiting" && context.now >= stage.retryAt) return open(connection, context);
  return stage.mode === "live" ? onLiveTick(connection, stage, context) : stay(connection);
}

function onLiveTick(connection: Connection, stage: Live, context: Context): Step {
  const { now } = context;
  if (stage.lingerUntil !== null && now >= stage.lingerUntil) return close(connection);
  const unanswered = stage.awaited !== null && now >= stage.awaited.by;
  if (unanswered || now >= silentAt(stage, connection.way)) {
    const streamHeldBack = connection.streamHeldBack || connection.way === "stream";
    return lost({ ...connection, streamHeldBack }, "The Jupyter server has not been heard from.", context);
  }
  const healthy = stage.healthyAt !== null && now >= stage.healthyAt;
  const next = healthy
    ? { ...connection, failedTries: 0, stage: { ...stage, healthyAt: null } }
    : { ...connection, stage };
  if (stage.betterAt !== null && now >= stage.betterAt) {
    return {
      connection: { ...next, stage: { ...next.stage, betterAt: null } },
      decisions: [{ do: "tryBetter" }],
    };
  }
  return now >= pingAt(stage, connection.pingEveryMs) ? ping(next, next.stage, now) : stay(next);
}

function onWoke(connection: Connection, context: Context): Step {
  const { stage } = connection;
  if (!connection.wanted) return stay(connection);
  if (stage.mode === "live") return checkAlive(connection, stage, context);
  const startsOver = stage.mode === "waiting" || (stage.mode === "failed" && !stage.final);
  return startsOver ? open({ ...connection, failedTries: 0 }, context) : stay(connection);
}

function checkAlive(connection: Connection, stage: Live, context: Context): Step {
  if (connection.way === "websocket") {
    return stage.awaited === null ? ping(connection, stage, context.now, PONG_WITHIN_MS) : stay(connection);
  }
  if (connection.way === "poll" || context.now - stage.heardAt < STREAM_QUIET_MS) return stay(connection);
  const closed = lost(connection, CONNECTION_LOST, context);
  return { ...closed, ...open(closed.connection, context) };
}

/** Frames may still seem to come for a while; what the page shows must not wait for them to stop. */
function onOffline(connection: Connection, context: Context): Step {
  if (connection.stage.mode !== "live") return stay(connection);
  return lost(connection, "This computer is offline.", context);
}

function onRetry(connection: Connection, context: Context): Step {
  const { mode } = connection.stage;
  if (!connection.wanted || (mode !== "failed" && mode !== "waiting")) return stay(connection);
  const fresh = { failedTries: 0, blocked: 0, streamHeldBack: false, way: "websocket" as const };
  return open({ ...connection, ...fresh }, context);
}
