import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_METRIC_POINTS } from "../protocol/limits.gen";
import type { MetricPoint, MetricRow, State } from "../protocol/types.gen";
import { fold, reduce } from "../reducer";
import { deepFreeze, START } from "../testing/states";

const event = (points: readonly MetricPoint[]) => ({ type: "metric", at: 1, name: "m", points });
const rowOf = (state: State) => state.metrics[0] as MetricRow;

const steps = fc.oneof(
  fc.constant((n: number) => n),
  fc.constant(() => null),
  fc.constant((n: number) => n % 97),
  fc.constant((n: number) => [1e300, -1e250, 5e-324, -0, "NaN", n][n % 6] as MetricPoint[0]),
);
const value = fc.oneof(
  { weight: 20, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 20, arbitrary: fc.nat(3) },
  { weight: 1, arbitrary: fc.constantFrom("NaN" as const, "Infinity" as const, "-Infinity" as const) },
);
const series = fc
  .tuple(steps, fc.array(value, { minLength: 450, maxLength: 900, size: "max" }))
  .map(([step, values]) => values.map((y, n): MetricPoint => [step(n), y, n >> 2]));

test("a picture is the same however the series was cut", () => {
  fc.assert(
    fc.property(series, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (points, sizes) => {
      const whole = fold(START, [event(points)]);
      let state = START;
      for (let start = 0, turn = 0; start < points.length; turn++) {
        const end = start + (sizes[turn % sizes.length] as number);
        state = deepFreeze(reduce(state, event(points.slice(start, end))));
        start = end;
      }
      expect(state).toEqual(whole);
      expect(rowOf(whole).points.length).toBeLessThanOrEqual(MAX_METRIC_POINTS);
    }),
    { numRuns: 40 },
  );
});

test("a long series keeps its extremes, its newest point, and no gap longer than a sixtieth of its range", () => {
  const points = Array.from({ length: 5_000 }, (_, n): MetricPoint => [n, 2 * Math.exp(-n / 300), n]);
  points[1_234] = [1_234, 9, 1_234];
  points[3_210] = [3_210, "NaN", 3_210];
  const row = rowOf(fold(START, [event(points)]));
  expect(row).toMatchObject({ count: 5_000, width: 32 });
  expect(row.points.at(-1)).toEqual(points.at(-1));
  expect(row.points).toContainEqual(points[1_234]);
  expect(row.points).toContainEqual(points[3_210]);
  const places = row.points.map(([step]) => step as number);
  const gaps = places.slice(1).map((place, at) => place - (places[at] as number));
  expect(Math.min(...gaps)).toBeGreaterThan(0);
  expect(Math.max(...gaps)).toBeLessThan(4_999 / 60);
});

test("a row whose points did not change keeps its identity", () => {
  const state = fold(START, [event([[1, 1, 1]])]);
  expect(reduce(state, event([]))).toBe(state);
});
