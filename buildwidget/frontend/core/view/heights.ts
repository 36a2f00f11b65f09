/** Where the rows of a long list lie: their heights as measured, and estimates of those that never were. */

export type Key = string | number;

export interface Rows {
  readonly count: number;
  /** The identity of a row; a new function whenever the rows changed, the same one while they did not. */
  readonly keyOf: (index: number) => Key;
  /** The height of a row that was not measured yet, px. */
  readonly estimate: (index: number) => number;
}

/** Browsers draw nothing below some 17 million px: estimates that come to more are taken smaller, all alike. */
export const MAX_PX = 10_000_000;

const NO_ROWS: Rows = { count: 0, keyOf: (index) => index, estimate: () => 0 };

export class Heights {
  private rows = NO_ROWS;
  /** The heights that are not as estimated. */
  private measured = new Map<Key, number>();
  /** The top of each row, and of what comes after the last. Right up to `known`. */
  private tops = new Float64Array(1);
  private known = 0;
  private scale = 1;

  /** Takes up other rows. What was measured of rows that are no longer there is forgotten. */
  set(rows: Rows): void {
    const changed = rows.keyOf !== this.rows.keyOf || rows.count !== this.rows.count;
    this.rows = rows;
    if (changed) this.lay();
  }

  /** Forgets what was measured. */
  forget(): void {
    this.measured.clear();
    this.lay();
  }

  /** Takes up a measured height; tells whether it is news. */
  measure(index: number, height: number): boolean {
    if (index >= this.rows.count || Math.abs(height - this.heightOf(index)) < 0.1) return false;
    const key = this.rows.keyOf(index);
    if (height === this.estimated(index)) this.measured.delete(key);
    else this.measured.set(key, height);
    this.known = Math.min(this.known, index);
    return true;
  }

  heightOf(index: number): number {
    return this.measured.get(this.rows.keyOf(index)) ?? this.estimated(index);
  }

  /** The top of a row; of `count`: the height of all. */
  topOf(index: number): number {
    const { tops } = this;
    for (; this.known < index; this.known += 1)
      tops[this.known + 1] = (tops[this.known] as number) + this.heightOf(this.known);
    return tops[index] as number;
  }

  get total(): number {
    return this.topOf(this.rows.count);
  }

  /** The row that lies `top` px below the first one's top; the first or last where none does. */
  indexAt(top: number): number {
    const { count } = this.rows;
    let [low, high] = [0, count - 1];
    if (top >= this.total) return Math.max(0, high);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.topOf(middle) <= top) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private estimated(index: number): number {
    return this.rows.estimate(index) * this.scale;
  }

  private lay(): void {
    const { count, keyOf, estimate } = this.rows;
    if (this.tops.length <= count) this.tops = new Float64Array(2 * count + 1);
    const { tops, measured } = this;
    const kept = new Map<Key, number>();
    let total = 0;
    for (let index = 0; index < count; index += 1) {
      tops[index] = total;
      const key = keyOf(index);
      const height = measured.get(key);
      if (height !== undefined) kept.set(key, height);
      total += height ?? estimate(index);
    }
    tops[count] = total;
    this.measured = kept;
    this.scale = Math.min(1, MAX_PX / Math.max(1, total));
    this.known = this.scale < 1 ? 0 : count;
  }
}
