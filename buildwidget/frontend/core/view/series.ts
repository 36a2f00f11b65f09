/** Points of a metric as geometry. Pure; values that are not finite are gaps. */
import { finite } from "./format";
import type { MetricPoint, MetricRow } from "./types";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Extent {
  readonly min: number;
  readonly max: number;
}

/**
 * The points in the order of their steps; of equal steps the earlier first. `y` is NaN in a gap. A step that is absent
 * is the number of points before. `more`: further points of the series; those that are in both come once.
 */
export function pointsOf(metric: MetricRow, more: readonly MetricPoint[] = []): Point[] {
  const placed = metric.points.map(
    ([step, value, at], number): Placed => [Number.isNaN(finite(step)) ? number : finite(step), value, at],
  );
  for (const [step, value, at] of more) placed.push([finite(step), value, at]);
  placed.sort((left, right) => compare(left[0], right[0]) || left[2] - right[2]);
  const points: Point[] = [];
  placed.forEach(([step, value, at], place) => {
    const before = placed[place - 1];
    const again = before?.[0] === step && before[1] === value && before[2] === at;
    if (!again) points.push({ x: step, y: finite(value) });
  });
  return points;
}

type Placed = readonly [step: number, value: MetricPoint[1], at: number];

/** Not by a difference: that of two steps of the size of 1e308 is infinite. */
function compare(left: number, right: number): number {
  return left === right ? 0 : left < right ? -1 : 1;
}

/** Values nearer to each other than this, by their size, are as good as equal: no axis could tell them apart. */
const FLAT = 1e-9;

/** The least and greatest finite value, widened where they are the same; null without any. */
export function extentOf(values: readonly number[]): Extent | null {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (min > max) return null;
  if (max - min > FLAT * Math.max(Math.abs(min), Math.abs(max))) return { min, max };
  const around = Math.abs(min) * 0.1 || 1;
  return { min: min - around, max: max + around };
}

export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** An SVG path through the points; a gap lifts the pen, and a point between two gaps is a dot. */
export function pathOf(points: readonly Point[], x: Extent, y: Extent, frame: Frame): string {
  let path = "";
  let drawn = 0;
  for (const point of points) {
    if (Number.isNaN(point.y) || Number.isNaN(point.x)) {
      if (drawn === 1) path += "h0";
      drawn = 0;
      continue;
    }
    path += `${drawn > 0 ? "L" : "M"}${place(point.x, x, frame.left, frame.width)} ${place(point.y, y, frame.top + frame.height, -frame.height)}`;
    drawn += 1;
  }
  return drawn === 1 ? `${path}h0` : path;
}

/** Where a value lies on a side of a frame, to a tenth of a pixel. */
export function place(value: number, extent: Extent, from: number, length: number): number {
  return Math.round((from + ((value - extent.min) / (extent.max - extent.min)) * length) * 10) / 10;
}

/** Round numbers across an extent, about `wanted` of them. */
export function ticks({ min, max }: Extent, wanted: number): number[] {
  const rough = (max - min) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const found: number[] = [];
  for (let index = Math.ceil(min / step - 1e-9); index * step <= max + step * 1e-9; index += 1) {
    const value = Number((index * step).toPrecision(12));
    if (value >= min - step * 1e-6 && value <= max + step * 1e-6) found.push(value);
    if (found.length > 20) break;
  }
  return found;
}

/** The index of the drawn point nearest to `x`, or -1. */
export function nearest(points: readonly Point[], x: number): number {
  let found = -1;
  points.forEach((point, index) => {
    if (Number.isNaN(point.y)) return;
    const best = points[found];
    if (!best || Math.abs(point.x - x) < Math.abs(best.x - x)) found = index;
  });
  return found;
}
