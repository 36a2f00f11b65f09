/**
 * How quickly bars advance, as this page saw them. The wire tells only where a bar stands; the page's own monotonic
 * clock tells when it saw that, so a wrong wall clock or a slow server never bends a rate.
 */
import { finite, measure, short, span, bytes as wholeBytes } from "./format";
import type { ProgressRow, WireNumber } from "./types";

interface Sample {
  readonly at: number;
  readonly value: number;
}

export interface Pace {
  /** Units per second. */
  readonly rate: number;
  /** Milliseconds until the total is reached, or null where there is no total. */
  readonly eta: number | null;
}

const WINDOW_MS = 30_000;
const MIN_SPAN_MS = 800;
const MAX_SAMPLES = 60;

/** Remembers where each bar stood over the last half minute. */
export class PaceKeeper {
  private readonly samples = new Map<string, Sample[]>();
  private readonly runs = new Map<string, number | undefined>();

  /** Notes where the bars stand at `now` (a monotonic clock, ms). */
  observe(bars: readonly ProgressRow[], now: number): void {
    for (const bar of bars) this.note(bar, finite(bar.current), now);
    if (this.samples.size > bars.length) this.forget(new Set(bars.map((bar) => bar.id)));
  }

  /** The pace of one bar at `now`, or null before two observations lie far enough apart. */
  pace(bar: ProgressRow, now: number): Pace | null {
    const seen = this.samples.get(bar.id);
    const first = seen?.[0];
    const last = seen?.at(-1);
    if (!first || !last || last.at - first.at < MIN_SPAN_MS || last.value <= first.value) return null;
    // The time since the last observation counts too: a bar that stands still slows down in front of the reader.
    const rate = (last.value - first.value) / ((Math.max(now, last.at) - first.at) / 1000);
    const total = finite(bar.total);
    const eta = Number.isNaN(total) ? null : (Math.max(0, total - last.value) / rate) * 1000;
    return { rate, eta };
  }

  private note({ id, run }: ProgressRow, value: number, now: number): void {
    if (Number.isNaN(value)) return;
    const seen = this.samples.get(id) ?? [];
    const before = seen.at(-1);
    if (before && (value < before.value || this.runs.get(id) !== run)) seen.length = 0;
    this.runs.set(id, run);
    const last = seen.at(-1);
    if (!last || last.value !== value) seen.push({ at: now, value });
    while (seen.length > MAX_SAMPLES || (seen.length > 2 && now - (seen[0]?.at ?? now) > WINDOW_MS))
      seen.shift();
    this.samples.set(id, seen);
  }

  private forget(kept: Set<string>): void {
    for (const id of this.samples.keys()) {
      if (kept.has(id)) continue;
      this.samples.delete(id);
      this.runs.delete(id);
    }
  }
}

const isBytes = (unit: string | undefined): boolean => unit === "B" || unit === "bytes";

/** `3.2 it/s`, below one a second `4.1 s/it`, bytes as `1.2 MB/s`. */
export function rateText(rate: number, unit: string | undefined): string {
  if (isBytes(unit)) return `${wholeBytes(rate)}/s`;
  const word = unit ?? "it";
  if (rate >= 1) return `${rate < 100 ? rate.toFixed(1) : short(rate)} ${word}/s`;
  return `${span(1000 / rate)}/${word}`;
}

/** `7 / 20`, `7 / 20 files`, `1.2 MB / 8 MB`, without a total `7 files`; of a hundred percent only `7 %`. */
export function amountText(
  current: WireNumber,
  total: WireNumber | undefined,
  unit: string | undefined,
): string {
  const show = (value: WireNumber): string =>
    isBytes(unit) && typeof value === "number" ? wholeBytes(value) : measure(value);
  const amount =
    total === undefined || (unit === "%" && total === 100)
      ? show(current)
      : `${show(current)} / ${show(total)}`;
  return unit === undefined || unit === "it" || isBytes(unit) ? amount : `${amount} ${unit}`;
}

/** How much of the bar is filled, 0 to 1, or null where nobody can know. */
export function fraction(bar: ProgressRow): number | null {
  if (bar.done && bar.total === undefined) return 1;
  const part = finite(bar.current) / finite(bar.total);
  return Number.isNaN(part) ? null : Math.min(1, Math.max(0, part));
}
