import { expect, test } from "vitest";
import { caseFold, occurrences } from "./case-fold";

const found = (text: string, query: string) =>
  occurrences(text, query).map(([start, end]) => text.slice(start, end));

test.each([
  ["STRASSE", "straße", "STRAẞE"],
  ["Σίσυφος", "ΣΊΣΥΦΟΣ", "σίσυφοσ"],
  ["İ", "i̇"],
  ["K", "k"],
  ["ſ", "S"],
  ["ﬁ", "FI"],
  ["ŉ", "ʼN"],
  ["µ", "Μ"],
  ["ᾼ", "αι"],
  ["Ꭰ", "ꭰ"],
  ["ǅ", "Ǆ", "ǆ"],
])("%s is folded as Python's casefold does", (...texts) => {
  expect(new Set(texts.map(caseFold)).size).toBe(1);
});

test.each([
  ["ı", "i"],
  ["İ", "i"],
  ["é", "e"],
  ["ä", "ae"],
  ["a", "A "],
])("%s and %s stay different", (one, other) => {
  expect(caseFold(one)).not.toBe(caseFold(other));
});

test("every occurrence is found, and none overlaps another", () => {
  expect(occurrences("Error: ERROR", "error")).toEqual([
    [0, 5],
    [7, 12],
  ]);
  expect(occurrences("aaaa", "aa")).toHaveLength(2);
  expect(occurrences("abc", "")).toEqual([]);
  expect(occurrences("", "a")).toEqual([]);
  expect(occurrences("a  b ", " ")).toHaveLength(3);
});

test("positions are right where folding changes lengths", () => {
  expect(found("Straße STRASSE", "strasse")).toEqual(["Straße", "STRASSE"]);
  expect(found("ßßx", "s")).toEqual(["ß", "ß"]);
  expect(found("ßx", "sx")).toEqual(["ßx"]);
  expect(found("İİzmir 😀İzmir", "i̇zmir")).toEqual(["İzmir", "İzmir"]);
  expect(found("😀 é 😀", "é")).toEqual(["é"]);
  expect(found("ΣΊΣΥΦΟΣ", "ος")).toEqual(["ΟΣ"]);
});
