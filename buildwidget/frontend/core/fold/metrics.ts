/** The metrics of a state: protocol/metrics.py in TypeScript; the two change together. */
import { MAX_METRIC_POINTS, MAX_METRICS } from "../protocol/limits.gen";
import type { MetricEvent, MetricPoint, MetricRow } from "../protocol/types.gen";
import { label } from "./metadata";
import { numbered, settle } from "./picture";
import { Rows } from "./rows";

/** Points that wait for a look at them together: many at once cost a fraction. */
const MAX_PENDING = 1024;

/** Metrics, one row per name. Points are only collected at first, and taken in when the state is asked for. */
export class MetricSection {
  private readonly rows: Rows<MetricRow>;
  private readonly pending = new Map<string, MetricPoint[]>();

  constructor(rows: readonly MetricRow[]) {
    this.rows = new Rows(rows, (row) => row.name, MAX_METRICS);
  }

  /** Takes one event; how many rows fell out. */
  apply(event: MetricEvent): number {
    const key = label(event.name);
    let pending = this.pending.get(key);
    let fellOut = 0;
    if (pending === undefined) {
      if (this.rows.get(key) === undefined) fellOut = this.begin(key);
      pending = [];
      this.pending.set(key, pending);
    }
    for (const point of event.points) pending.push(point);
    if (pending.length >= MAX_PENDING) this.take(key, pending);
    return fellOut;
  }

  private begin(name: string): number {
    const oldest = this.rows.length > 0 ? this.rows.at(0).name : null;
    const fellOut = this.rows.put(name, { name, count: 0, points: [] });
    if (fellOut > 0 && oldest !== null) this.pending.delete(oldest);
    return fellOut;
  }

  result(): readonly MetricRow[] {
    for (const [key, points] of this.pending) this.take(key, points);
    return this.rows.result();
  }

  private take(key: string, points: readonly MetricPoint[]): void {
    this.pending.delete(key);
    if (points.length > 0) this.rows.put(key, grown(this.rows.get(key) as MetricRow, points));
  }
}

function grown(row: MetricRow, pending: readonly MetricPoint[]): MetricRow {
  const { name, points, width } = row;
  const count = row.count + pending.length;
  if (width === undefined && points.length + pending.length <= MAX_METRIC_POINTS) {
    return { name, count, points: [...points, ...pending] };
  }
  const known = width === undefined ? numbered(points, row.count - points.length) : points;
  const fresh = [...known.slice(-1), ...numbered(pending, row.count)];
  const newest = fresh.pop() as MetricPoint;
  const settled = settle(known.slice(0, -1), fresh, width);
  return { name, count, points: [...settled.points, newest], width: settled.width };
}
