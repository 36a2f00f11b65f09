import fc from "fast-check";
import { expect, test } from "vitest";
import { byteLength, cleanJson, cleanText, keepEnd, keepStart, weight } from "./text";

const texts = fc.string({ unit: "binary", maxLength: 20 });

test.each([
  ["", 0],
  ["a", 1],
  ["\u007f", 1],
  ["\u0080", 2],
  ["\u07ff", 2],
  ["\u0800", 3],
  ["€", 3],
  ["😀", 4],
  ["\ufeff", 3],
  ["é".repeat(3_000), 6_000],
])("%j is %i bytes", (text, bytes) => {
  expect(byteLength(text)).toBe(bytes);
});

test("sizes are those of UTF-8", () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(byteLength(text)).toBe(new TextEncoder().encode(text).length);
    }),
  );
});

test("a cut keeps the most that fits and no half of a character", () => {
  fc.assert(
    fc.property(texts, fc.nat(30), (text, limit) => {
      const characters = [...text];
      const start = keepStart(text, limit);
      const end = keepEnd(text, limit);
      expect(text.startsWith(start) && text.endsWith(end)).toBe(true);
      expect(Math.max(byteLength(start), byteLength(end))).toBeLessThanOrEqual(limit);
      const more = characters.slice(0, [...start].length + 1).join("");
      expect(start === text || byteLength(more) > limit).toBe(true);
      const longer = characters.slice(characters.length - [...end].length - 1).join("");
      expect(end === text || byteLength(longer) > limit).toBe(true);
    }),
  );
});

test("lone surrogates are replaced, pairs stay", () => {
  expect(cleanText("a\ud800b\udc00\ud83d\ude00")).toBe("a\ufffdb\ufffd😀");
  expect(cleanJson({ "\ud800": ["\udfff", Number.NaN, -Infinity] })).toEqual({
    "\ufffd": ["\ufffd", "NaN", "-Infinity"],
  });
});

test("a value weighs no more than its JSON", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(weight(value)).toBeLessThanOrEqual(byteLength(JSON.stringify(value)));
    }),
  );
  expect(weight({ ab: [1, "é"] })).toBe(9);
});
