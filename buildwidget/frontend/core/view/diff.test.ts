import fc from "fast-check";
import { expect, test } from "vitest";
import { diffLines, readUnified } from "./diff";

const show = (before: string, after: string) =>
  diffLines(before, after).map(
    ({ kind, text }) => `${{ same: " ", added: "+", removed: "-", gap: "~" }[kind]}${text}`,
  );

test("what changed, with a little of what did not", () => {
  expect(show("a\nb\nc", "a\nx\nc\nd")).toEqual([" a", "-b", "+x", " c", "+d"]);
  expect(show("", "a\nb")).toEqual(["+a", "+b"]);
  expect(show("a", "")).toEqual(["-a"]);
  const long = Array.from({ length: 20 }, (_, index) => String(index));
  expect(show(long.join("\n"), [...long.slice(0, -1), "x"].join("\n"))).toEqual([
    "~⋯",
    " 16",
    " 17",
    " 18",
    "-19",
    "+x",
  ]);
});

test("both texts can be read off a diff", () => {
  const text = fc
    .array(fc.constantFrom("a", "b", "c"), { maxLength: 4, minLength: 1 })
    .map((lines) => lines.join("\n"));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = diffLines(before, after);
      const left = lines.filter(({ kind }) => kind === "same" || kind === "removed").map((line) => line.text);
      const right = lines.filter(({ kind }) => kind === "same" || kind === "added").map((line) => line.text);
      // Short texts that are the same fall into one gap.
      if (before === after) return lines.every(({ kind }) => kind === "gap");
      return (
        !lines.some(({ kind }) => kind === "gap") && left.join("\n") === before && right.join("\n") === after
      );
    }),
  );
});

test("texts too large to compare are shown one after the other", () => {
  const lines = (letter: string) =>
    Array.from({ length: 1_000 }, (_, index) => `${letter}${index}`).join("\n");
  const kinds = diffLines(lines("a"), lines("b")).map(({ kind }) => kind);
  expect(kinds.slice(0, 1_000).every((kind) => kind === "removed")).toBe(true);
  expect(kinds).toHaveLength(2_000);
});

test("a unified diff is read as it stands", () => {
  expect(readUnified("@@ -1 +1 @@\n-a\n+b\n c").map(({ kind }) => kind)).toEqual([
    "gap",
    "removed",
    "added",
    "same",
  ]);
});
