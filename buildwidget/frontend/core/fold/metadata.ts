/** What status, meta, todos and usage events change: protocol/metadata.py in TypeScript. */
import {
  MAX_LABEL_BYTES,
  MAX_SUMMARY_BYTES,
  MAX_TAGS,
  MAX_TODOS,
  MAX_TRACEBACK_BYTES,
} from "../protocol/limits.gen";
import { keepEnd, keepStart } from "../protocol/text";
import type {
  Agent,
  Error as BuildError,
  MetaEvent,
  NotebookRef,
  State,
  Status,
  StatusEvent,
  Todo,
} from "../protocol/types.gen";
import type { Mutable } from "./sharing";

/** Fields of a state and their new values. */
export type Changes = Partial<Mutable<State>>;

const ENDS: ReadonlySet<Status> = new Set<Status>(["succeeded", "failed", "cancelled", "lost"]);

/** Whether a status ends a build: nothing changes its state any more. */
export function isEnd(status: Status): boolean {
  return ENDS.has(status);
}

/** A short text as a state keeps it. */
export function label(text: string): string {
  return keepStart(text, MAX_LABEL_BYTES);
}

/** What a status event changes; the caller sees to it that none follows an end. */
export function statusChanges(state: State, event: StatusEvent): Changes {
  const status = event.status === "queued" ? state.status : event.status;
  const ended = isEnd(status);
  const changes: Changes = outcomeChanges(event);
  changes.status = status;
  changes.cancelling = !ended && (state.cancelling || event.cancelling === true);
  if (status === "running" && state.started_at === undefined) changes.started_at = event.at;
  if (ended) changes.ended_at = event.at;
  if (status === "succeeded") changes.percent = 100;
  return changes;
}

function outcomeChanges(event: StatusEvent): Changes {
  const changes: Changes = {};
  if (event.exit_code !== undefined) changes.exit_code = event.exit_code;
  if (event.summary) changes.summary = keepStart(event.summary, MAX_SUMMARY_BYTES);
  if (event.error !== undefined) changes.error = boundedError(event.error);
  return changes;
}

function boundedError(error: BuildError): BuildError {
  const { kind, message, traceback, launcher, line } = error;
  return {
    kind: label(kind),
    message: keepStart(message, MAX_SUMMARY_BYTES),
    ...(traceback === undefined ? {} : { traceback: keepEnd(traceback, MAX_TRACEBACK_BYTES) }),
    ...(launcher === undefined ? {} : { launcher: keepStart(launcher, MAX_SUMMARY_BYTES) }),
    ...(line === undefined ? {} : { line }),
  };
}

/** What a meta event changes, tags apart: null and empty never erase. */
export function metaChanges(state: State, event: MetaEvent): Changes {
  const changes: Changes = {};
  for (const field of ["name", "project", "operation", "model"] as const) {
    const value = event[field];
    if (value) changes[field] = label(value);
  }
  const agent = event.agent && mergeTexts<Agent>(state.agent, event.agent, ["id", "version", "session"]);
  if (agent?.id) changes.agent = agent;
  const notebook =
    event.notebook && mergeTexts<NotebookRef>(state.notebook, event.notebook, ["path", "cell"]);
  if (notebook?.path) changes.notebook = notebook;
  return changes;
}

/** The new texts where there are any, else the old ones. */
function mergeTexts<T>(old: T | undefined, fresh: T, fields: readonly (keyof T)[]): T {
  const merged: Partial<T> = { ...old };
  for (const field of fields) {
    const value = fresh[field];
    if (value) merged[field] = label(value as string) as T[keyof T];
  }
  return merged as T;
}

/** The tags a state keeps (none: keep the old ones), and how many it leaves out. */
export function boundedTags(tags: readonly string[] | undefined): {
  kept: readonly string[];
  leftOut: number;
} {
  const given = (tags ?? []).filter((tag) => tag !== "").map(label);
  return { kept: given.slice(0, MAX_TAGS), leftOut: Math.max(0, given.length - MAX_TAGS) };
}

/** The todos a state keeps. */
export function boundedTodos(todos: readonly Todo[]): readonly Todo[] {
  return todos.slice(0, MAX_TODOS).map(({ id, content, status, active_form }) => ({
    id: label(id),
    content: label(content),
    status,
    ...(active_form && { active_form: label(active_form) }),
  }));
}

/** The id of the first todo in progress. */
export function activeTodo(todos: readonly Todo[]): string | undefined {
  return todos.find((todo) => todo.status === "in_progress")?.id;
}

/** How many of the todos that are not cancelled are completed; null where there are none. */
export function todoPercent(todos: readonly Todo[]): number | null {
  const counted = todos.filter((todo) => todo.status !== "cancelled");
  const done = counted.filter((todo) => todo.status === "completed");
  return counted.length === 0 ? null : floorPercent(done.length, counted.length);
}

/** 100 * part / whole, floored and clamped to 0..100. */
export function floorPercent(part: number, whole: number): number {
  const share = (100 * part) / whole;
  return share >= 100 ? 100 : share > 0 ? Math.floor(share) : 0;
}
