/** Points of a metric as geometry. Pure; non-finite values are gaps. */
import { finite } from "./format";
import type { MetricRow } from "./types";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Extent {
  readonly min: number;
  readonly max: number;
}

/** Points with x = the step where every point has one, else seconds since the first. `y` is NaN in a gap. */
export function pointsOf(metric: MetricRow): { points: Point[]; axis: "step" | "seconds" } {
  const stepped = metric.points.every((point) => !Number.isNaN(finite(point[0])));
  const start = metric.points[0]?.[2] ?? 0;
  const points = metric.points.map(([step, value, at]) => ({
    x: stepped ? finite(step) : (at - start) / 1000,
    y: finite(value),
  }));
  return { points, axis: stepped ? "step" : "seconds" };
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

/** An SVG path through the points; a gap lifts the pen. */
export function pathOf(points: readonly Point[], x: Extent, y: Extent, frame: Frame): string {
  let path = "";
  let down = false;
  for (const point of points) {
    if (Number.isNaN(point.y) || Number.isNaN(point.x)) {
      down = false;
      continue;
    }
    path += `${down ? "L" : "M"}${place(point.x, x, frame.left, frame.width)} ${place(point.y, y, frame.top + frame.height, -frame.height)}`;
    down = true;
  }
  return path;
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
