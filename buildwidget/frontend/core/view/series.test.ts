import fc from "fast-check";
import { expect, test } from "vitest";
import { extentOf, nearest, pathOf, place, pointsOf, ticks } from "./series";
import type { MetricPoint, MetricRow } from "./types";

const FRAME = { left: 0, top: 0, width: 10, height: 10 };

const row = (...points: MetricPoint[]): MetricRow => ({ name: "m", count: points.length, points });

test("points stand at their steps, in their order; an absent step is the number of points before", () => {
  expect(pointsOf(row([3, 1, 1_000], [null, "NaN", 2_000], [2, 5, 3_000], [3, 9, 500]))).toEqual([
    { x: 1, y: Number.NaN },
    { x: 2, y: 5 },
    { x: 3, y: 9 },
    { x: 3, y: 1 },
  ]);
});

test("points of the whole series go between, and those that are in both come once", () => {
  const more: MetricPoint[] = [
    [1, 1, 1],
    [2, "Infinity", 2],
    [3, 3, 3],
  ];
  expect(pointsOf(row([1, 1, 1], [4, 4, 4]), more)).toEqual([
    { x: 1, y: 1 },
    { x: 2, y: Number.NaN },
    { x: 3, y: 3 },
    { x: 4, y: 4 },
  ]);
  const far = pointsOf(row([1e308, 0, 1], [-1e308, 1, 2], [Number.NaN as number, 2, 3]));
  expect(far.map((point) => point.x)).toEqual([-1e308, 2, 1e308]);
});

test("a gap lifts the pen, and a point between gaps is a dot", () => {
  const points = [
    { x: 0, y: 0 },
    { x: 1, y: Number.NaN },
    { x: 2, y: 1 },
  ];
  expect(pathOf(points, { min: 0, max: 2 }, { min: 0, max: 1 }, FRAME)).toBe("M0 10h0M10 0h0");
});

test("an extent is never flat, and nothing finite has none", () => {
  expect(extentOf([2, 2])).toEqual({ min: 1.8, max: 2.2 });
  expect(extentOf([0])).toEqual({ min: -1, max: 1 });
  expect(extentOf([Number.NaN, Number.POSITIVE_INFINITY])).toBeNull();
});

test("ticks are round, in order, within the extent", () => {
  expect(ticks({ min: 0, max: 2.3 }, 4)).toEqual([0, 1, 2]);
  fc.assert(
    fc.property(
      fc.double({ min: -1e9, max: 1e9, noNaN: true }),
      fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
      (min, size) => {
        const extent = { min, max: min + size };
        fc.pre(size > 1e-9 * Math.max(Math.abs(extent.min), Math.abs(extent.max)));
        const found = ticks(extent, 4);
        expect(found.length).toBeLessThan(22);
        expect(found).toEqual([...found].sort((a, b) => a - b));
        for (const value of found)
          expect(place(value, extent, 0, 100)).toSatisfy((at: number) => at >= -0.1 && at <= 100.1);
      },
    ),
  );
});

test("the nearest point is one that is drawn", () => {
  const points = [
    { x: 0, y: 1 },
    { x: 5, y: Number.NaN },
    { x: 9, y: 2 },
  ];
  expect(nearest(points, 5)).toBe(2);
  expect(nearest(points, 1)).toBe(0);
  expect(nearest([], 1)).toBe(-1);
});
