import { expect, test } from "vitest";
import { untilNextSecond } from "./clock";
import {
  bytes,
  clock,
  finite,
  measure,
  plural,
  short,
  shortPath,
  span,
  spanSoFar,
  stoppedClock,
} from "./format";

test.each([
  [0, "0:00"],
  [7_900, "0:07"],
  [161_000, "2:41"],
  [3_761_000, "1:02:41"],
  [3 * 86_400_000 + 4 * 3_600_000 + 306_000, "3 d 4:05:06"],
  [-5_000, "0:00"],
  [Number.NaN, "0:00"],
])("a clock at %d ms reads %s", (ms, text) => expect(clock(ms)).toBe(text));

test.each([
  [400, "0.4 s"],
  [999, "1.0 s"],
  [3, "<0.1 s"],
  [1_000, "0:01"],
  [161_000, "2:41"],
])("what ended after %d ms reads %s", (ms, text) => expect(stoppedClock(ms)).toBe(text));

test.each([
  [0, "<0.1 s"],
  [49, "<0.1 s"],
  [50, "0.1 s"],
  [300, "0.3 s"],
  [9_960, "10 s"],
  [48_000, "48 s"],
  [59_700, "1 min 00 s"],
  [125_000, "2 min 05 s"],
  [3_780_000, "1 h 03 min"],
])("%d ms took %s", (ms, text) => expect(span(ms)).toBe(text));

test("what still runs is told in whole seconds", () => {
  expect(spanSoFar(2_950)).toBe("2 s");
  expect(spanSoFar(61_200)).toBe("1 min 01 s");
});

test.each([
  [512, "512 B"],
  [4_130, "4.1 kB"],
  [12_400_000, "12 MB"],
  [999_600, "1 MB"],
  [123_456, "123 kB"],
])("%d bytes are %s", (size, text) => expect(bytes(size)).toBe(text));

test("counts and plurals", () => {
  expect(plural(1, "tool")).toBe("1 tool");
  expect(plural(12_345, "line")).toBe("12,345 lines");
  expect(short(950)).toBe("950");
  expect(short(12_345)).toBe("12.3k");
  expect(short(4_100_000)).toBe("4.1M");
});

test("measured values keep four digits, and words of infinity are no numbers", () => {
  expect(measure(0.312_73)).toBe("0.3127");
  expect(measure(-12.345)).toBe("−12.35");
  expect(measure(1.2e-7)).toBe("1.20e−7");
  expect(measure("NaN")).toBe("NaN");
  expect(measure("-Infinity")).toBe("−∞");
  expect(finite("NaN")).toBeNaN();
  expect(finite(null)).toBeNaN();
  expect(finite(2)).toBe(2);
});

test("a long path keeps its end", () => {
  expect(shortPath("src/main.js")).toBe("src/main.js");
  expect(shortPath(`/home/${"a".repeat(60)}/b/c/d.py`)).toBe("…/b/c/d.py");
});

test("a clock ticks just after its own seconds change, also when it starts in the future", () => {
  expect(untilNextSecond(1_000, 1_250)).toBe(754);
  expect(untilNextSecond(1_000, 3_000)).toBe(1_004);
  expect(untilNextSecond(1_300, 1_000)).toBe(304);
});
