import { expect, test } from "vitest";
import { amountText, fraction, PaceKeeper, rateText } from "./rate";
import type { ProgressRow } from "./types";

const bar = (current: ProgressRow["current"], total?: ProgressRow["total"], id = "b"): ProgressRow => ({
  id,
  label: id,
  current,
  done: false,
  ...(total === undefined ? {} : { total }),
});

test("rate and eta come from the page's own observations", () => {
  const keeper = new PaceKeeper();
  keeper.observe([bar(0, 100)], 1_000);
  expect(keeper.pace(bar(0, 100), 1_000)).toBeNull();
  keeper.observe([bar(20, 100)], 3_000);
  expect(keeper.pace(bar(20, 100), 3_000)).toEqual({ rate: 10, eta: 8_000 });
});

test("a bar that stands still slows down, and never gets quicker by waiting", () => {
  const keeper = new PaceKeeper();
  keeper.observe([bar(0, 100)], 0);
  keeper.observe([bar(50, 100)], 5_000);
  const rates = [5_000, 6_000, 9_000, 20_000].map((now) => keeper.pace(bar(50, 100), now)?.rate ?? 0);
  expect(rates).toEqual([...rates].sort((a, b) => b - a));
  expect(rates[0]).toBe(10);
});

test("a bar that starts again is observed anew", () => {
  const keeper = new PaceKeeper();
  keeper.observe([bar(0, 10)], 0);
  keeper.observe([bar(10, 10)], 2_000);
  keeper.observe([bar(1, 10)], 3_000);
  expect(keeper.pace(bar(1, 10), 3_000)).toBeNull();
});

test("a new run of a bar that was not seen at its start does not use the pace of the one before", () => {
  const keeper = new PaceKeeper();
  keeper.observe([{ ...bar(0, 100), run: 1 }], 0);
  keeper.observe([{ ...bar(20, 100), run: 1 }], 2_000);
  const next = { ...bar(90, 100), run: 2 };
  keeper.observe([next], 3_000);
  expect(keeper.pace(next, 3_000)).toBeNull();
  keeper.observe([{ ...bar(92, 100), run: 2 }], 4_000);
  expect(keeper.pace({ ...bar(92, 100), run: 2 }, 4_000)).toEqual({ rate: 2, eta: 4_000 });
});

test("only the last half minute counts", () => {
  const keeper = new PaceKeeper();
  keeper.observe([bar(0)], 0);
  for (let second = 1; second <= 60; second += 1) keeper.observe([bar(100 + second)], second * 1_000);
  const pace = keeper.pace(bar(160), 60_000);
  expect(pace?.rate).toBeCloseTo(1, 1);
  expect(pace?.eta).toBeNull();
});

test("numbers that are none, and ids that are names of objects, do no harm", () => {
  const keeper = new PaceKeeper();
  keeper.observe([bar("NaN", "Infinity", "__proto__"), bar(1, 2, "constructor")], 0);
  keeper.observe([bar("NaN", "Infinity", "__proto__"), bar(2, 2, "constructor")], 2_000);
  expect(keeper.pace(bar("NaN", "Infinity", "__proto__"), 2_000)).toBeNull();
  expect(keeper.pace(bar(2, 2, "constructor"), 2_000)?.eta).toBe(0);
});

test("rates are told as the unit asks", () => {
  expect(rateText(3.21, undefined)).toBe("3.2 it/s");
  expect(rateText(0.25, undefined)).toBe("4.0 s/it");
  expect(rateText(1_250_000, "B")).toBe("1.3 MB/s");
  expect(rateText(12_345, "rows")).toBe("12.3k rows/s");
});

test("amounts and fractions", () => {
  expect(amountText(7, 20, undefined)).toBe("7 / 20");
  expect(amountText(7, 20, "files")).toBe("7 / 20 files");
  expect(amountText(100, 100, "%")).toBe("100 %");
  expect(amountText(45.2, 100, "%")).toBe("45.2 %");
  expect(amountText(3, 50, "%")).toBe("3 / 50 %");
  expect(amountText(8_100_000, undefined, "B")).toBe("8.1 MB");
  expect(amountText("NaN", "Infinity", undefined)).toBe("NaN / ∞");
  expect(fraction(bar(5, 20))).toBe(0.25);
  expect(fraction(bar(30, 20))).toBe(1);
  expect(fraction(bar("NaN", 20))).toBeNull();
  expect(fraction(bar(0, 0))).toBeNull();
  expect(fraction({ ...bar(3), done: true })).toBe(1);
});
