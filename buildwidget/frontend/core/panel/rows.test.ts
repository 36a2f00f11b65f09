import { describe, expect, it } from "vitest";
import type { Summary } from "../protocol/types.gen";
import { linesOf, matches, merge, NO_FILTER } from "./rows";

function build(id: string, created_at: number, more: Partial<Summary> = {}): Summary {
  return {
    id,
    owner: "me",
    kind: "command",
    name: id,
    project: null,
    tags: [],
    status: "succeeded",
    cancelling: false,
    percent: null,
    created_at,
    head: 1,
    ...more,
  };
}

const shape = (builds: Summary[], closed: string[] = []) =>
  linesOf(builds, new Set(closed)).map((line) => (line.type === "group" ? `[${line.project}]` : line.key));

describe("merge", () => {
  const fetched = [build("a", 1), build("b", 2)];

  it("takes the live row where there is one", () => {
    const live = [build("b", 2, { status: "running" }), build("c", 3)];
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
    const row = build("x9", 1, { name: "Train", project: "Vision", key: "nightly" });
    for (const q of ["train", "VIS", "night", "x9", ""])
      expect(matches(row, { q, status: "all" })).toBe(true);
    expect(matches(row, { q: "nothing", status: "all" })).toBe(false);
    expect(matches(row, { q: "", status: "active" })).toBe(false);
    expect(matches({ ...row, status: "queued" }, { q: "", status: "active" })).toBe(true);
  });
});

describe("linesOf", () => {
  it("needs no heading where there are no projects", () => {
    expect(shape(merge([build("a", 1), build("b", 2)], [], new Set(), NO_FILTER))).toEqual(["b", "a"]);
  });

  it("groups by project, those with running builds first", () => {
    const builds = [
      build("old", 1, { project: "vision", status: "running" }),
      build("new", 9, { project: "speech" }),
      build("none", 5),
      build("done", 2, { project: "vision" }),
    ];
    const merged = merge(builds, [], new Set(), NO_FILTER);
    expect(shape(merged)).toEqual(["[vision]", "old", "done", "[speech]", "new", "[null]", "none"]);
    expect(shape(merged, ["project vision"])).toEqual(["[vision]", "[speech]", "new", "[null]", "none"]);
  });

  it("has one line for each of many builds, under unique keys", () => {
    const many = Array.from({ length: 1000 }, (_, at) => build(`b${at}`, at, { project: `p${at % 7}` }));
    const lines = linesOf(many, new Set());
    expect(new Set(lines.map(({ key }) => key)).size).toBe(lines.length);
    expect(lines.filter(({ type }) => type === "build")).toHaveLength(1000);
  });
});
