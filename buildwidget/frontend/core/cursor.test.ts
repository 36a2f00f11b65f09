import { describe, expect, test } from "vitest";
import { applyBatch, type Folded } from "./cursor";
import { START } from "./testing/states";

const LOG = [{ type: "meta", at: 1, name: "one" }, { type: "later" }, { type: "meta", at: 1, name: "three" }];
const start: Folded = { cursor: { epoch: "e", seq: 0 }, state: START };

function batch(from: number, to: number, epoch = "e") {
  return { epoch, from, events: LOG.slice(from - 1, to) };
}

describe("applyBatch", () => {
  test.each([
    [1, 1, 1, "one"],
    [1, 2, 2, "one"],
    [1, 3, 3, "three"],
    [1, 0, 0, ""],
  ])("%i to %i moves the cursor to %i", (from, to, seq, name) => {
    const applied = applyBatch(start, batch(from, to));
    expect(applied?.cursor).toEqual({ epoch: "e", seq });
    expect(applied?.state.name).toBe(name);
  });

  test("skips what it has", () => {
    const at = applyBatch(start, batch(1, 2)) as Folded;
    expect(applyBatch(at, batch(1, 1))).toBe(at);
    expect(applyBatch(at, batch(3, 2))).toBe(at);
    const again = { epoch: "e", from: 1, events: [{ type: "meta", at: 1, name: "again" }, null, LOG[2]] };
    expect(applyBatch(at, again)?.state.name).toBe("three");
  });

  test("is null past the next event and for another history", () => {
    expect(applyBatch(start, batch(2, 3))).toBeNull();
    expect(applyBatch(start, batch(2, 1))).toBeNull();
    expect(applyBatch(start, batch(1, 3, "other"))).toBeNull();
  });
});
