/** The bars of a state, and the percent they give: protocol/bars.py in TypeScript; the rules stand there. */
import { MAX_PROGRESS, MAX_SAFE_INTEGER } from "../protocol/limits.gen";
import type { ProgressEvent, ProgressRow, WireNumber } from "../protocol/types.gen";
import { floorPercent, label } from "./metadata";
import { Rows } from "./rows";
import type { Mutable } from "./sharing";

/** Upserts of bars by id, and the percent of the outermost one. */
export class BarSection {
  private readonly rows: Rows<ProgressRow>;

  constructor(rows: readonly ProgressRow[]) {
    this.rows = new Rows(rows, (row) => row.id, MAX_PROGRESS);
  }

  /** Takes one event; how many rows fell out. */
  apply(event: ProgressEvent): number {
    const key = label(event.id);
    const row = this.rows.get(key);
    const begins = row === undefined || (isOver(row) && event.done === false);
    return this.rows.put(key, begins ? begin(row, event, key, this.nextRun()) : goOn(row, event));
  }

  percent(): number | null {
    return outermostPercent(this.rows.now());
  }

  result(): readonly ProgressRow[] {
    return this.rows.result();
  }

  private nextRun(): number {
    const last = this.rows.now().reduce((most, row) => Math.max(most, row.run ?? 0), 0);
    return Math.min(last + 1, MAX_SAFE_INTEGER);
  }
}

function begin(old: ProgressRow | undefined, event: ProgressEvent, key: string, run: number): ProgressRow {
  const { total, unit } = old ?? {};
  const row: Mutable<ProgressRow> = {
    id: key,
    label: label(event.label),
    current: event.current,
    done: event.done === true,
    run,
  };
  if (total !== undefined) row.total = total;
  if (unit !== undefined) row.unit = unit;
  return withOthers(row, event);
}

function goOn(old: ProgressRow, event: ProgressEvent): ProgressRow {
  const { closed, ...kept } = old;
  const row: Mutable<ProgressRow> = {
    ...kept,
    label: label(event.label),
    current: event.current,
    done: event.done ?? old.done,
  };
  if (closed && event.closed !== false) row.closed = true;
  return withOthers(row, event);
}

function withOthers(row: Mutable<ProgressRow>, event: ProgressEvent): ProgressRow {
  if (event.total !== undefined) row.total = event.total;
  if (event.unit !== undefined) row.unit = label(event.unit);
  if (event.level !== undefined) row.level = event.level;
  if (event.closed) row.closed = true;
  return row;
}

/** Whether the bar's latest run has ended. */
export function isOver(row: ProgressRow): boolean {
  return row.done || row.closed === true;
}

/** The percent of the outermost open bar; null where there is none that stands for the whole. */
export function outermostPercent(rows: readonly ProgressRow[]): number | null {
  let outermost: ProgressRow | null = null;
  for (const row of rows) {
    if (isOver(row) || barPercent(row) === null) continue;
    if (outermost === null || isFurtherOut(row, outermost)) outermost = row;
  }
  if (outermost === null || (outermost.level ?? 0) > 0) return null;
  const { level } = outermost;
  const hasBesides =
    level !== undefined && rows.some((row) => row !== outermost && row.level === level && hasTotal(row));
  return hasBesides ? null : barPercent(outermost);
}

function isFurtherOut(row: ProgressRow, other: ProgressRow): boolean {
  const levels = (row.level ?? 0) - (other.level ?? 0);
  return levels < 0 || (levels === 0 && (row.run ?? 0) < (other.run ?? 0));
}

function hasTotal({ total }: ProgressRow): boolean {
  return isUsable(total) && total > 0;
}

/** The percent of a bar; null where it has no usable total or current. */
export function barPercent({ current, total }: ProgressRow): number | null {
  return isUsable(current) && isUsable(total) && total > 0 ? floorPercent(current, total) : null;
}

function isUsable(value: WireNumber | undefined): value is number {
  return Number.isFinite(value);
}
