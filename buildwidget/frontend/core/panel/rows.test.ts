import { describe, expect, it } from "vitest";
import type { Summary } from "../protocol/types.gen";
import { summary } from "../testing/summary";
import { linesOf, matches, merge, NO_FILTER } from "./rows";

const shape = (builds: Summary[], closed: string[] = []) =>
  linesOf(builds, new Set(closed)).map((line) => (line.type === "group" ? `[${line.project}]` : line.key));

describe("merge", () => {
  const fetched = [summary("a", { created_at: 1 }), summary("b", { created_at: 2 })];

  it("takes the live row where there is one", () => {
    const live = [summary("b", { created_at: 2, status: "running" }), summary("c", { created_at: 3 })];
    const merged = merge(live, fetched, new Set(), NO_FILTER);
    expect(merged.map(({ id, status }) => [id, status])).toEqual([
      ["b", "running"],
      ["c", "succeeded"],
      ["a", "succeeded"],
    ]);
  });

  it("leaves out what was deleted", () => {
    expect(merge([], fetched, new Set(["b"]), NO_FILTER).map(({ id }) => id)).toEqual(["a"]);
  });
});

describe("matches", () => {
  it("looks at name, project, key and id", () => {
    const row = summary("x9", { name: "Train", project: "Vision", key: "nightly" });
    for (const q of ["train", "VIS", "night", "x9", ""])
      expect(matches(row, { q, status: "all" })).toBe(true);
    expect(matches(row, { q: "nothing", status: "all" })).toBe(false);
    expect(matches(row, { q: "", status: "active" })).toBe(false);
    expect(matches({ ...row, status: "queued" }, { q: "", status: "active" })).toBe(true);
  });
});

describe("linesOf", () => {
  it("needs no heading where there are no projects", () => {
    const builds = [summary("a", { created_at: 1 }), summary("b", { created_at: 2 })];
    expect(shape(merge(builds, [], new Set(), NO_FILTER))).toEqual(["b", "a"]);
  });

  it("groups by project, those with running builds first", () => {
    const builds = [
      summary("old", { created_at: 1, project: "vision", status: "running" }),
      summary("new", { created_at: 9, project: "speech" }),
      summary("none", { created_at: 5 }),
      summary("done", { created_at: 2, project: "vision" }),
    ];
    const merged = merge(builds, [], new Set(), NO_FILTER);
    expect(shape(merged)).toEqual(["[vision]", "old", "done", "[speech]", "new", "[null]", "none"]);
    expect(shape(merged, ["project vision"])).toEqual(["[vision]", "[speech]", "new", "[null]", "none"]);
  });

  it("has one line for each of many builds, under unique keys", () => {
    const many = Array.from({ length: 1000 }, (_, at) =>
      summary(`b${at}`, { created_at: at, project: `p${at % 7}` }),
    );
    const lines = linesOf(many, new Set());
    expect(new Set(lines.map(({ key }) => key)).size).toBe(lines.length);
    expect(lines.filter(({ type }) => type === "build")).toHaveLength(1000);
  });
});
