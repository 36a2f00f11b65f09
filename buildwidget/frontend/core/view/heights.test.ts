import { expect, test } from "vitest";
import { Heights, MAX_PX } from "./heights";

function heightsOf(keys: readonly number[], estimate = 10): Heights {
  const heights = new Heights();
  heights.set({ count: keys.length, keyOf: (index) => keys[index] as number, estimate: () => estimate });
  return heights;
}

test("rows lie below each other, as estimated until they are measured", () => {
  const heights = heightsOf([1, 2, 3]);
  expect(heights.total).toBe(30);
  expect(heights.measure(1, 25)).toBe(true);
  expect(heights.measure(1, 25)).toBe(false);
  expect([0, 1, 2, 3].map((index) => heights.topOf(index))).toEqual([0, 10, 35, 45]);
  expect([-5, 0, 9, 10, 34, 35, 44, 45, 99].map((top) => heights.indexAt(top))).toEqual([
    ...[0, 0, 0, 1, 1, 2, 2, 2, 2],
  ]);
});

test("a measured height goes with its row, and is forgotten with it", () => {
  const heights = heightsOf([1, 2, 3]);
  heights.measure(2, 50);
  const show = (keys: number[]) =>
    heights.set({ count: keys.length, keyOf: (index) => keys[index] as number, estimate: () => 10 });
  show([3, 4]);
  expect(heights.total).toBe(60);
  show([4]);
  show([3, 4]);
  expect(heights.total).toBe(20);
});

test("a list that no browser could lay out is estimated smaller; what was measured stays", () => {
  const heights = heightsOf(
    Array.from({ length: 200_000 }, (_, index) => index),
    8_500,
  );
  expect(heights.total).toBeCloseTo(MAX_PX, 0);
  expect(heights.indexAt(MAX_PX / 2)).toBe(100_000);
  heights.measure(0, 8_500);
  expect(heights.heightOf(0)).toBe(8_500);
  expect(heights.topOf(1)).toBe(8_500);
});

test("no rows at all", () => {
  const heights = heightsOf([]);
  expect([heights.total, heights.indexAt(0), heights.indexAt(100)]).toEqual([0, 0, 0]);
});
