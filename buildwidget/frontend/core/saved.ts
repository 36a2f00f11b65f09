/**
 * The last state of a build as a notebook keeps it in its output's metadata: bounded, and shown where the database no
 * longer has the build. Pure, but for `withSaved`, which puts it under a session.
 */
import type { BuildModel, BuildSession, Problem } from "./model";
import { isRecord } from "./protocol/text";
import type { State } from "./protocol/types.gen";
import { initialState } from "./state";

/** Bytes of JSON that a saved state may have. */
export const SAVED_BYTES = 65_536;

const LOG_LINES = 100;
const LOG_CHARACTERS = 12_000;
const TEXTS = 10;
const TEXT_CHARACTERS = 4_000;
const TRACEBACK_CHARACTERS = 6_000;
const POINTS = 50;

type Cut = (state: State) => State;

/** From the first on all are made; the later ones only while the state is too big. */
const ALWAYS: readonly Cut[] = [cutLog, cutTools, cutTexts, cutMetrics, cutError, cutQuestions];
const WHILE_TOO_BIG: readonly Cut[] = [
  (state) => ({ ...state, tools: [], dropped: plus(state, "tools", state.tools.length) }),
  (state) => ({ ...state, artifacts: [], displays: [], metrics: [], texts: [] }),
  (state) => ({ ...state, log: { ...state.log, first: state.log.count + 1, lines: [], partial: {} } }),
  (state) => ({ ...state, progress: [], todos: [], permissions: [] }),
  ({ error: _error, summary: _summary, ...state }) => ({ ...state, tags: [], usage: {}, dropped: {} }),
];

/** The state cut to `SAVED_BYTES`: the end of the log, the calls of tools without what went in and came out. */
export function savedState(state: State): State {
  let saved = ALWAYS.reduce((cut, step) => step(cut), state);
  for (const step of WHILE_TOO_BIG) {
    if (sizeOf(saved) <= SAVED_BYTES) break;
    saved = step(saved);
  }
  return saved;
}

function sizeOf(state: State): number {
  return new TextEncoder().encode(JSON.stringify(state)).length;
}

function plus(state: State, field: string, more: number): State["dropped"] {
  return more === 0 ? state.dropped : { ...state.dropped, [field]: (state.dropped[field] ?? 0) + more };
}

function cutLog(state: State): State {
  // Rows that are still drawn over are worth nothing once nobody draws them.
  const { open: _open, ...log } = state.log;
  let first = Math.max(0, log.lines.length - LOG_LINES);
  let characters = 0;
  for (let at = log.lines.length - 1; at >= first; at--) {
    characters += log.lines[at]?.[1].length ?? 0;
    if (characters > LOG_CHARACTERS) first = at + 1;
  }
  return { ...state, log: { ...log, first: log.first + first, lines: log.lines.slice(first) } };
}

function cutTools(state: State): State {
  const tools = state.tools.map(({ input: _input, output: _output, ...row }) => ({ ...row, truncated: [] }));
  return { ...state, tools };
}

function cutTexts(state: State): State {
  const texts = state.texts.slice(-TEXTS).map((row) => ({ ...row, text: row.text.slice(-TEXT_CHARACTERS) }));
  return { ...state, texts };
}

function cutMetrics(state: State): State {
  const metrics = state.metrics.map((row) => {
    const step = Math.ceil(row.points.length / POINTS) || 1;
    const last = row.points.length - 1;
    return { ...row, points: row.points.filter((_, at) => (last - at) % step === 0) };
  });
  return { ...state, metrics };
}

function cutError(state: State): State {
  const traceback = state.error?.traceback;
  if (!state.error || traceback === undefined) return state;
  return { ...state, error: { ...state.error, traceback: traceback.slice(-TRACEBACK_CHARACTERS) } };
}

function cutQuestions(state: State): State {
  return { ...state, permissions: [] };
}

const LISTS = [
  "todos",
  "tools",
  "texts",
  "progress",
  "metrics",
  "displays",
  "artifacts",
  "permissions",
] as const;
const STATUSES: ReadonlySet<unknown> = new Set([
  "queued",
  "running",
  "succeeded",
  "failed",
  "cancelled",
  "lost",
]);

/** What a notebook says it saved of the build; null where that is no state. A notebook may say anything. */
export function readSaved(value: unknown, build: string): State | null {
  if (!isRecord(value) || value.id !== build || !STATUSES.has(value.status)) return null;
  if (typeof value.name !== "string" || !isRecord(value.log) || !Array.isArray(value.log.lines)) return null;
  const lists = LISTS.map((name) => [name, rowsOf(value[name])] as const);
  const { owner, kind, created_at } = value as unknown as State;
  const { open: _open, ...log } = value.log;
  return {
    ...initialState({ id: build, owner, kind, created_at }),
    ...(value as unknown as State),
    ...Object.fromEntries(lists),
    log: { ...log, partial: isRecord(log.partial) ? log.partial : {} } as unknown as State["log"],
    tags: Array.isArray(value.tags) ? value.tags : [],
    usage: isRecord(value.usage) ? value.usage : {},
    dropped: isRecord(value.dropped) ? (value.dropped as State["dropped"]) : {},
  };
}

function rowsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

const GONE: ReadonlySet<Problem["code"]> = new Set(["not_found", "deleted", "other_database"]);

/** The session, which shows `saved` where nothing of the build can be had from anywhere else. */
export function withSaved(session: BuildSession, saved: State | null): BuildSession {
  if (saved === null) return session;
  let shown: { readonly from: BuildModel; readonly model: BuildModel } | null = null;
  return {
    ...session,
    get() {
      const from = session.get();
      if (from.state !== null || !isOutOfReach(from)) return from;
      if (shown?.from !== from) shown = { from, model: { ...from, state: saved } };
      return shown.model;
    },
  };
}

function isOutOfReach({ problem, connection }: BuildModel): boolean {
  return problem === null ? connection.phase === "failed" : GONE.has(problem.code);
}
