/** What holds for every log; tests/protocol/test_properties.py proves the same in Python. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyBatch, type Folded } from "./cursor";
import type { State } from "./protocol/types.gen";
import { fold, reduce } from "./reducer";
import { events, sequences } from "./testing/sequences";
import { deepFreeze, START } from "./testing/states";

function steps(log: readonly unknown[]): State[] {
  const states = [START];
  for (const event of log) states.push(deepFreeze(reduce(states.at(-1) as State, event)));
  return states;
}

function forEachStep(check: (before: State, after: State) => void): void {
  fc.assert(
    fc.property(sequences, (log) => {
      const states = steps(log);
      states.slice(1).forEach((after, at) => {
        check(states[at] as State, after);
      });
    }),
  );
}

describe("every log", () => {
  test("folds alike in any split of batches, and no state that came in is touched", () => {
    fc.assert(
      fc.property(sequences, fc.array(fc.nat(30), { maxLength: 3 }), (log, cuts) => {
        const ends = [0, ...cuts.sort((a, b) => a - b), log.length];
        let state = START;
        ends.slice(1).forEach((end, at) => {
          state = deepFreeze(fold(state, log.slice(ends[at], end)));
        });
        // Cuts beyond the end make empty slices; cuts before the last make the rest come once.
        expect(state).toEqual(fold(START, log));
      }),
    );
  });

  test("is applied once, however often its batches come", () => {
    fc.assert(
      fc.property(sequences, fc.infiniteStream(fc.nat()), (log, numbers) => {
        let at: Folded = { cursor: { epoch: "e", seq: 0 }, state: START };
        for (const number of numbers) {
          if (at.cursor.seq >= log.length) break;
          const from = 1 + (number % (at.cursor.seq + 1));
          const batch = { epoch: "e", from, events: log.slice(from - 1, at.cursor.seq + 1 + (number % 5)) };
          const applied = applyBatch(at, batch);
          expect(applied && applyBatch(applied, batch)).toBe(applied);
          at = applied as Folded;
        }
        expect(at.state).toEqual(fold(START, log));
      }),
    );
  });

  test("never empties metadata that was set", () => {
    forEachStep((before, after) => {
      for (const field of ["name", "project", "operation", "model"] as const) {
        if (before[field]) expect(after[field]).toBeTruthy();
      }
      if (before.tags.length > 0) expect(after.tags.length).toBeGreaterThan(0);
      for (const field of ["id", "version", "session"] as const) {
        if (before.agent?.[field]) expect(after.agent?.[field]).toBeTruthy();
      }
    });
  });

  test("has one row per tool, whose end never goes back", () => {
    forEachStep((before, after) => {
      const rows = new Map(after.tools.map((row) => [row.id, row]));
      expect(rows.size).toBe(after.tools.length);
      for (const old of before.tools) {
        const row = rows.get(old.id);
        expect(row).toBeDefined();
        if (["succeeded", "failed", "denied"].includes(old.state)) {
          expect([row?.state, row?.ended_at]).toEqual([old.state, old.ended_at]);
        }
      }
    });
  });

  test("changes only what an event touches", () => {
    forEachStep((before, after) => {
      if (JSON.stringify(before) === JSON.stringify(after)) expect(after).toBe(before);
      for (const field of Object.keys(before) as (keyof State)[]) {
        if (JSON.stringify(before[field]) === JSON.stringify(after[field])) {
          expect(after[field]).toBe(before[field]);
        }
      }
    });
  });

  test("survives any JSON value as an event", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.dictionary(fc.string(), fc.jsonValue()),
        events,
        (value, extra, event) => {
          expect(reduce(START, value)).toBe(START);
          const fields = typeof event === "object" ? event : {};
          expect(() => reduce(START, { ...fields, ...extra })).not.toThrow();
          expect(() => reduce(START, { ...extra, ...fields })).not.toThrow();
        },
      ),
    );
  });
});
