import fc from "fast-check";
import { expect, test } from "vitest";
import { CEILING_MS, FIRST_CEILING_MS, retryDelay } from "./backoff";

test("the ceiling doubles from 1 s to 30 s", () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 9].map((failed) => retryDelay(failed, () => 1));
  expect(ceilings).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test("a delay is anywhere from 0 to the ceiling, however many tries failed", () => {
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (failed, random) => {
      const delay = retryDelay(failed, () => random);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(Math.min(CEILING_MS, FIRST_CEILING_MS * 2 ** failed));
    }),
  );
});
