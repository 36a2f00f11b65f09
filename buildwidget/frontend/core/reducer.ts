/**
 * Events to state: `state = fold(initial, events)`, pure and total. The rules stand in protocol/reducer.py, whose
 * twin this is; tests/protocol proves the two equal, so they change together.
 *
 * Structural sharing on top: whatever did not change keeps its identity, down to single rows, and the state that
 * comes in is never touched.
 */

import { BarSection } from "./fold/bars";
import {
  activeTodo,
  boundedTags,
  boundedTodos,
  type Changes,
  isEnd,
  metaChanges,
  statusChanges,
  todoPercent,
} from "./fold/metadata";
import { MetricSection } from "./fold/metrics";
import { LogSection, TextSection, ToolSection } from "./fold/sections";
import { shared, sharedList } from "./fold/sharing";
import { mergeArtifact, mergeDisplay, mergePermission, Upserts } from "./fold/upserts";
import { decodeEvent } from "./protocol/decode";
import { MAX_ARTIFACTS, MAX_DISPLAYS, MAX_PERMISSIONS } from "./protocol/limits.gen";
import type {
  Event,
  MetaEvent,
  ProgressEvent,
  State,
  StatusEvent,
  TodosEvent,
  UsageEvent,
} from "./protocol/types.gen";

/** The state after one event, any JSON value: one that is malformed or of an unknown type changes nothing. */
export function reduce(state: State, event: unknown): State {
  return fold(state, [event]);
}

/** The state after many events; the same as reducing them one by one, but quicker. */
export function fold(state: State, events: Iterable<unknown>): State {
  const builder = new StateBuilder(state);
  for (const event of events) builder.apply(event);
  return builder.state();
}

class StateBuilder {
  private now: State;
  private activeTodo: string | undefined;
  private percentIsOld = false;
  private readonly tools: ToolSection;
  private readonly texts: TextSection;
  private readonly log: LogSection;
  private readonly metrics: MetricSection;
  private readonly progress;
  private readonly displays;
  private readonly artifacts;
  private readonly permissions;

  private readonly takers: { [Type in Event["type"]]: (event: Extract<Event, { type: Type }>) => void } = {
    status: (event) => this.takeStatus(event),
    meta: (event) => this.takeMeta(event),
    todos: (event) => this.takeTodos(event),
    tool: (event) => this.drop("tools", this.tools.apply(event, this.activeTodo)),
    text: (event) => this.drop("texts", this.texts.apply(event, this.activeTodo)),
    log: (event) => this.setDropped("log", this.log.apply(event)),
    progress: (event) => this.takeProgress(event),
    metric: (event) => this.drop("metrics", this.metrics.apply(event)),
    display: (event) => this.drop("displays", this.displays.apply(event)),
    artifact: (event) => this.drop("artifacts", this.artifacts.apply(event)),
    usage: (event) => this.takeUsage(event),
    permission: (event) => this.drop("permissions", this.permissions.apply(event)),
  };

  constructor(before: State) {
    this.now = before;
    this.activeTodo = activeTodo(before.todos);
    this.tools = new ToolSection(before.tools);
    this.texts = new TextSection(before.texts);
    this.log = new LogSection(before.log);
    this.metrics = new MetricSection(before.metrics);
    const byId = (row: { readonly id: string }) => row.id;
    const byPath = (row: { readonly path: string }) => row.path;
    const byRequest = (row: { readonly request_id: string }) => row.request_id;
    this.progress = new BarSection(before.progress);
    this.displays = new Upserts(before.displays, MAX_DISPLAYS, byId, byId, mergeDisplay);
    this.artifacts = new Upserts(before.artifacts, MAX_ARTIFACTS, byPath, byPath, mergeArtifact);
    this.permissions = new Upserts(
      before.permissions,
      MAX_PERMISSIONS,
      byRequest,
      byRequest,
      mergePermission,
    );
  }

  apply(value: unknown): void {
    if (isEnd(this.now.status)) return;
    const event = decodeEvent(value);
    if (event !== null) (this.takers[event.type] as (event: Event) => void)(event);
  }

  /** The state so far; the one this was made from while nothing changed. */
  state(): State {
    this.settlePercent();
    this.set({
      tools: this.tools.result(),
      texts: this.texts.result(),
      log: this.log.result(),
      metrics: this.metrics.result(),
      progress: this.progress.result(),
      displays: this.displays.result(),
      artifacts: this.artifacts.result(),
      permissions: this.permissions.result(),
    });
    return this.now;
  }

  private takeStatus(event: StatusEvent): void {
    this.settlePercent();
    this.set(statusChanges(this.now, event));
    if (isEnd(this.now.status)) this.log.end();
  }

  private takeMeta(event: MetaEvent): void {
    this.set(metaChanges(this.now, event));
    const { kept, leftOut } = boundedTags(event.tags);
    if (kept.length === 0) return;
    this.set({ tags: kept });
    this.setDropped("tags", leftOut);
  }

  private takeTodos(event: TodosEvent): void {
    const todos = sharedList(this.now.todos, boundedTodos(event.todos));
    this.activeTodo = activeTodo(todos);
    this.set({ todos });
    this.setDropped("todos", event.todos.length - todos.length);
    this.percentIsOld = true;
  }

  private takeProgress(event: ProgressEvent): void {
    this.drop("progress", this.progress.apply(event));
    this.percentIsOld = true;
  }

  private takeUsage({ type: _type, at: _at, seq: _seq, ...totals }: UsageEvent): void {
    this.set({ usage: { ...this.now.usage, ...totals } });
  }

  /** Works out the percent when it is asked for, and before an end, which keeps it. */
  private settlePercent(): void {
    if (!this.percentIsOld) return;
    this.percentIsOld = false;
    this.set({ percent: todoPercent(this.now.todos) ?? this.progress.percent() });
  }

  private drop(field: string, rows: number): void {
    if (rows > 0) this.setDropped(field, (this.now.dropped[field] ?? 0) + rows);
  }

  private setDropped(field: string, count: number): void {
    if ((this.now.dropped[field] ?? 0) === count) return;
    const { [field]: _, ...others } = this.now.dropped;
    this.set({ dropped: count === 0 ? others : { ...others, [field]: count } });
  }

  private set(changes: Changes): void {
    const fresh = Object.entries(changes)
      .map(([field, value]) => [field, shared(this.now[field as keyof State], value)] as const)
      .filter(([field, value]) => value !== this.now[field as keyof State]);
    if (fresh.length > 0) this.now = { ...this.now, ...Object.fromEntries(fresh) };
  }
}
