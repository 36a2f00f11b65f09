/**
 * One build as the page has it: the fold of its log at a cursor. Frames and hydrations in, the next replica out;
 * nothing is ever applied twice, and nothing past a gap.
 */
import { applyBatch } from "./cursor";
import type { Cursor } from "./model";
import type { Batch, Heartbeat, Snapshot, State } from "./protocol/types.gen";

export interface Hydrated extends Cursor {
  readonly state: State;
}

export interface Replica {
  readonly cursor: Cursor | null;
  readonly state: State | null;
  /** Whether a frame of the live connection has set it: then a hydration of another epoch is old. */
  readonly live: boolean;
  /** Whether a gap was told and the answer to the new subscription is awaited. */
  readonly gap: boolean;
}

export const EMPTY: Replica = { cursor: null, state: null, live: false, gap: false };

/** The same picture without a place in the log: whatever is read next replaces it. */
export function distrusted({ state }: Replica): Replica {
  return { ...EMPTY, state };
}

export interface Received {
  readonly replica: Replica;
  /** Whether to subscribe again with the replica's cursor. */
  readonly resubscribe: boolean;
}

/** A hydration fills an empty replica or moves it forward; it never takes back what the connection brought. */
export function hydrate(replica: Replica, { epoch, seq, state }: Hydrated): Replica {
  const { cursor } = replica;
  const isNewer = cursor === null || (epoch === cursor.epoch ? seq > cursor.seq : !replica.live);
  return isNewer ? { ...replica, cursor: { epoch, seq }, state } : replica;
}

export function receiveSnapshot({ epoch, seq, state }: Snapshot): Replica {
  return { cursor: { epoch, seq }, state, live: true, gap: false };
}

/** After a gap everything is ignored until a batch fits again; the subscription is asked for once only. */
export function receiveBatch(replica: Replica, batch: Batch): Received {
  const { cursor, state } = replica;
  if (cursor === null || state === null) return { replica, resubscribe: false };
  const applied = applyBatch({ cursor, state }, batch);
  if (applied === null) return { replica: { ...replica, gap: true }, resubscribe: !replica.gap };
  return { replica: { ...applied, live: true, gap: false }, resubscribe: false };
}

/** A head beyond the cursor, or no head at all, is a frame that got lost: every heartbeat heals it. */
export function receiveHeartbeat(replica: Replica, build: string, heads: Heartbeat["heads"]): boolean {
  const head = Object.hasOwn(heads, build) ? heads[build] : undefined;
  return head === undefined || head > (replica.cursor?.seq ?? 0);
}
