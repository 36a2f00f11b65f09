/** Todos with their tools as one flat list of rows, in the order in which they are drawn. Pure. */
import type { Todo, ToolRow } from "./types";

export interface Work {
  readonly tools: number;
  readonly failed: number;
  /** When the first of its tools started and the last one ended; null where none did, or one still runs. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

export type TreeRow =
  | {
      readonly kind: "todo";
      readonly key: string;
      readonly todo: Todo;
      readonly active: boolean;
      readonly open: boolean;
      readonly work: Work;
    }
  | { readonly kind: "other"; readonly key: string; readonly open: boolean; readonly work: Work }
  | {
      readonly kind: "more";
      readonly key: string;
      readonly level: number;
      readonly owner: string;
      readonly hidden: number;
    }
  | {
      readonly kind: "tool";
      readonly key: string;
      readonly level: number;
      readonly tool: ToolRow;
      readonly open: boolean;
      /** How many calls a subagent made below it, and the newest of them. */
      readonly children: number;
      readonly newest: ToolRow | undefined;
    }
  | { readonly kind: "detail"; readonly key: string; readonly level: number; readonly tool: ToolRow };

/** What the reader opened (true) or closed (false), by row key; anything else is as the build would have it. */
export type Choices = ReadonlyMap<string, boolean>;

/** A todo that is open only because it is active shows no more than its newest tools. */
export const SHOWN_BY_ITSELF = 8;

const OTHER = "other";

export const isRunning = (tool: ToolRow): boolean =>
  tool.state === "running" || tool.state === "input_streaming";

interface Grouped {
  readonly byTodo: Map<string, ToolRow[]>;
  readonly other: ToolRow[];
  readonly byParent: Map<string, ToolRow[]>;
}

/** Tools of a subagent stand under its call; others under their todo; the rest by themselves. */
export function groupTools(todos: readonly Todo[], tools: readonly ToolRow[]): Grouped {
  const known = new Set(todos.map((todo) => todo.id));
  const ids = new Set(tools.map((tool) => tool.id));
  const grouped: Grouped = { byTodo: new Map(), other: [], byParent: new Map() };
  for (const tool of tools) {
    if (tool.parent !== undefined && tool.parent !== tool.id && ids.has(tool.parent))
      put(grouped.byParent, tool.parent, tool);
    else if (tool.todo !== undefined && known.has(tool.todo)) put(grouped.byTodo, tool.todo, tool);
    else grouped.other.push(tool);
  }
  return grouped;
}

function put(groups: Map<string, ToolRow[]>, key: string, tool: ToolRow): void {
  const group = groups.get(key);
  if (group) group.push(tool);
  else groups.set(key, [tool]);
}

export function treeRows(
  todos: readonly Todo[],
  tools: readonly ToolRow[],
  choices: Choices,
  ended: boolean,
): TreeRow[] {
  const grouped = groupTools(todos, tools);
  const active = ended ? undefined : todos.find((todo) => todo.status === "in_progress");
  const rows: TreeRow[] = [];
  const otherFirst = startsFirst(grouped);
  const other = () => pushOther(rows, grouped, todos.length > 0, choices);
  if (otherFirst) other();
  for (const todo of todos) {
    const key = `todo:${todo.id}`;
    const group = grouped.byTodo.get(todo.id) ?? [];
    const chosen = choices.get(key);
    const open = group.length > 0 && (chosen ?? todo === active);
    rows.push({ kind: "todo", key, todo, active: todo === active, open, work: workOf(group) });
    if (open) pushTools(rows, group, grouped, choices, 2, { owner: key, whole: chosen === true });
  }
  if (!otherFirst) other();
  return rows;
}

/** Tools before the first todo was made stand above the plan, as they happened. */
function startsFirst(grouped: Grouped): boolean {
  const first = grouped.other[0]?.started_at ?? 0;
  for (const group of grouped.byTodo.values()) if ((group[0]?.started_at ?? first) < first) return false;
  return true;
}

function pushOther(rows: TreeRow[], grouped: Grouped, underPlan: boolean, choices: Choices): void {
  if (grouped.other.length === 0) return;
  if (!underPlan) {
    pushTools(rows, grouped.other, grouped, choices, 1, { owner: OTHER, whole: true });
    return;
  }
  const chosen = choices.get(OTHER);
  const open = chosen ?? grouped.other.some(isRunning);
  rows.push({ kind: "other", key: OTHER, open, work: workOf(grouped.other) });
  if (open) pushTools(rows, grouped.other, grouped, choices, 2, { owner: OTHER, whole: chosen === true });
}

interface Owner {
  readonly owner: string;
  /** All its tools, and not only the newest. */
  readonly whole: boolean;
}

function pushTools(
  rows: TreeRow[],
  tools: ToolRow[],
  grouped: Grouped,
  choices: Choices,
  level: number,
  { owner, whole }: Owner,
): void {
  const hidden = whole ? 0 : Math.max(0, tools.length - SHOWN_BY_ITSELF);
  if (hidden > 0) rows.push({ kind: "more", key: `more:${owner}`, level, owner, hidden });
  for (let index = hidden; index < tools.length; index += 1) {
    const tool = tools[index] as ToolRow;
    const key = `tool:${tool.id}`;
    const children = grouped.byParent.get(tool.id) ?? [];
    const open = choices.get(key) ?? false;
    const newest = children.at(-1);
    rows.push({ kind: "tool", key, level, tool, open, children: children.length, newest });
    if (!open) continue;
    rows.push({ kind: "detail", key: `detail:${tool.id}`, level: level + 1, tool });
    // A chain of parents that bites its own tail would never end.
    if (children.length > 0 && level < 12)
      pushTools(rows, children, grouped, choices, level + 1, { owner: key, whole: true });
  }
}

export function workOf(tools: readonly ToolRow[]): Work {
  let failed = 0;
  let startedAt: number | null = null;
  let endedAt: number | null = null;
  let running = false;
  for (const tool of tools) {
    if (tool.state === "failed") failed += 1;
    if (isRunning(tool)) running = true;
    startedAt = startedAt === null ? tool.started_at : Math.min(startedAt, tool.started_at);
    if (tool.ended_at !== undefined) endedAt = Math.max(endedAt ?? 0, tool.ended_at);
  }
  return { tools: tools.length, failed, startedAt, endedAt: running ? null : endedAt };
}

/** Whether the arrow keys stop at a row. */
export const isStop = (row: TreeRow | undefined): boolean => row !== undefined && row.kind !== "detail";

export const levelOf = (row: TreeRow): number =>
  row.kind === "todo" || row.kind === "other" ? 1 : row.level;

/** The next row the arrow keys reach from `from`, in direction `step`; `from` itself where there is none. */
export function nextStop(rows: readonly TreeRow[], from: number, step: 1 | -1): number {
  for (let index = from + step; index >= 0 && index < rows.length; index += step)
    if (isStop(rows[index])) return index;
  return from;
}

/** The row under which `index` stands, or itself at the top. */
export function parentStop(rows: readonly TreeRow[], index: number): number {
  const row = rows[index];
  if (!row) return index;
  for (let above = index - 1; above >= 0; above -= 1) {
    const candidate = rows[above];
    if (candidate && isStop(candidate) && levelOf(candidate) < levelOf(row)) return above;
  }
  return index;
}
