/**
 * The bounds of a log's open rows. This is protocol/open_rows.py in TypeScript; the rules stand there, and the two
 * change together.
 */
import { MAX_LOG_LINE_BYTES, MAX_OPEN_BYTES, MAX_OPEN_ROWS } from "../protocol/limits.gen";
import { byteLength, keepStart } from "../protocol/text";
import type { Log } from "../protocol/types.gen";
import { shared, sharedList } from "./sharing";

/** Rows by stream; undefined: none. */
export type OpenRows = Log["open"];

/** The newest rows that the bounds allow; the very same as `old` where nothing changed. */
export function boundedOpen(old: OpenRows, rows: NonNullable<OpenRows>): OpenRows {
  const kept: Array<readonly [string, readonly string[]]> = [];
  let count = 0;
  let size = 0;
  for (const [stream, texts] of Object.entries(rows).reverse()) {
    const newest: string[] = [];
    for (let at = texts.length - 1; at >= 0; at--) {
      const row = keepStart(texts[at] as string, MAX_LOG_LINE_BYTES);
      count += 1;
      size += byteLength(row);
      if (count > MAX_OPEN_ROWS || size > MAX_OPEN_BYTES) break;
      newest.unshift(row);
    }
    if (newest.length > 0) kept.unshift([stream, sharedList(old?.[stream] ?? [], newest)]);
    if (newest.length < texts.length) break;
  }
  return kept.length === 0 ? undefined : shared(old, Object.fromEntries(kept));
}
