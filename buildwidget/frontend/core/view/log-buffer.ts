/**
 * The lines of a log that this page holds: one stretch without holes. The state carries only the newest lines; older
 * ones are fetched, and those that left the state stay here while somebody may be reading them. Pure: each function
 * returns a new buffer, or the same one where nothing changed.
 */
import type { LogPage } from "../model";
import type { LogState } from "./types";

export interface LogRow {
  readonly number: number;
  readonly stream: string;
  readonly text: string;
}

export interface LogBuffer {
  /** The number of the first line held; lines count from 1. */
  readonly first: number;
  readonly rows: readonly LogRow[];
}

/** What stays in the page while the reader follows the end. */
export const FOLLOWED_LINES = 5_000;
/** What stays while the reader looks at older lines. */
export const HELD_LINES = 20_000;

export const EMPTY: LogBuffer = { first: 1, rows: [] };

/** The number that the next line would have. */
export const endOf = (buffer: LogBuffer): number => buffer.first + buffer.rows.length;

function windowOf(log: LogState): LogBuffer {
  return { first: log.first, rows: rowsFrom(log, log.first) };
}

function rowsFrom(log: LogState, number: number): LogRow[] {
  return log.lines
    .slice(number - log.first)
    .map(([stream, text], index) => ({ number: number + index, stream, text }));
}

/** Takes up what is new in the state. A reader who looks at older lines keeps them, also when the state ran ahead. */
export function advance(
  buffer: LogBuffer,
  log: LogState,
  following: boolean,
  followed = FOLLOWED_LINES,
): LogBuffer {
  const end = endOf(buffer);
  const logEnd = log.first + log.lines.length;
  if (buffer.rows.length === 0 || logEnd < end) return windowOf(log);
  if (logEnd === end) return buffer;
  if (log.first > end) return following ? windowOf(log) : buffer;
  const rows = [...buffer.rows, ...rowsFrom(log, end)];
  if (!following) return rows.length > HELD_LINES ? buffer : { first: buffer.first, rows };
  const over = Math.max(0, rows.length - followed);
  return { first: buffer.first + over, rows: over > 0 ? rows.slice(over) : rows };
}

export const rowsOf = (page: LogPage): LogRow[] =>
  page.lines.map(([number, stream, text]) => ({ number, stream, text }));

/** Puts older lines before the others; beyond what is held the newest go (they can be fetched again). */
export function prepend(buffer: LogBuffer, page: LogPage): LogBuffer {
  const older = rowsOf(page).filter((row) => row.number < buffer.first);
  const first = older[0];
  if (!first || first.number + older.length !== buffer.first) return buffer;
  return { first: first.number, rows: [...older, ...buffer.rows].slice(0, HELD_LINES) };
}

/** Puts newer lines after the others; beyond what is held the oldest go. */
export function append(buffer: LogBuffer, page: LogPage): LogBuffer {
  const newer = rowsOf(page).filter((row) => row.number >= endOf(buffer));
  if (newer[0]?.number !== endOf(buffer)) return buffer;
  const rows = [...buffer.rows, ...newer];
  const over = Math.max(0, rows.length - HELD_LINES);
  return { first: buffer.first + over, rows: rows.slice(over) };
}

/** A stretch somewhere else in the log. */
export function replace(page: LogPage): LogBuffer {
  const rows = rowsOf(page);
  return { first: rows[0]?.number ?? 1, rows };
}

/** Puts a line that was fetched whole in the place of the one that was cut on the wire. */
export function mend(buffer: LogBuffer, page: LogPage): LogBuffer {
  const line = rowsOf(page)[0];
  const index = line ? line.number - buffer.first : -1;
  if (!line || !buffer.rows[index]) return buffer;
  const rows = [...buffer.rows];
  rows[index] = line;
  return { first: buffer.first, rows };
}

/** Whether the buffer reaches up to the state's newest line. */
export function isAttached(buffer: LogBuffer, log: LogState): boolean {
  return endOf(buffer) >= log.first + log.lines.length;
}

/** What follows the last line and is none yet. */
export interface UnfinishedRow {
  /** The same for what stands at the same place, whatever it says. */
  readonly key: string;
  readonly stream: string;
  readonly text: string;
  /** `open`: a row that a program still draws over; `partial`: an unfinished line. */
  readonly kind: "open" | "partial";
}

/** The open rows of each stream, then the unfinished lines. */
export function unfinishedRows(log: LogState): UnfinishedRow[] {
  const open = Object.entries(log.open ?? {}).flatMap(([stream, rows]) =>
    rows.map((text, at): UnfinishedRow => ({ key: `${stream} ${at}`, stream, text, kind: "open" })),
  );
  const partial = Object.entries(log.partial).flatMap(([stream, text]): UnfinishedRow[] =>
    text ? [{ key: stream, stream, text, kind: "partial" }] : [],
  );
  return [...open, ...partial];
}
