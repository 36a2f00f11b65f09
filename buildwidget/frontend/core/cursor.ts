/** Applying batches to a state at a cursor: protocol/cursor.py in TypeScript. */
import type { Cursor } from "./model";
import type { Batch, State } from "./protocol/types.gen";
import { fold } from "./reducer";

/** A state and the place in the log it is the fold of. */
export interface Folded {
  readonly cursor: Cursor;
  readonly state: State;
}

/**
 * What a batch makes of it, skipping the events it has; null on a gap: a batch of another epoch, or one that
 * starts past the next event, changes nothing, and one subscribes again. Pure. Applying a batch twice is
 * applying it once. An event that is malformed or of an unknown type counts as its seq and no more.
 */
export function applyBatch(at: Folded, batch: Pick<Batch, "epoch" | "from" | "events">): Folded | null {
  const { epoch, seq } = at.cursor;
  if (batch.epoch !== epoch || batch.from > seq + 1) return null;
  const fresh = batch.events.slice(seq + 1 - batch.from);
  if (fresh.length === 0) return at;
  return { cursor: { epoch, seq: seq + fresh.length }, state: fold(at.state, fresh) };
}
