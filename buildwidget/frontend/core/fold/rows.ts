/** Rows in order of first sight, found by key, at most so many: protocol/rows.py in TypeScript. */
import { shared } from "./sharing";

/**
 * A bounded list of rows while it is being folded; the list it was made from is never changed.
 * Rows are counted from the first that ever stood here, so that a place stays right when the oldest fall out.
 */
export class Rows<Row> {
  private rows: Row[];
  private copied = false;
  private gone = 0;
  private places: Map<string, number> | null = null;

  constructor(
    rows: readonly Row[],
    private readonly keyOf: (row: Row) => string,
    private readonly limit: number,
  ) {
    this.rows = rows as Row[];
  }

  get length(): number {
    return this.rows.length;
  }

  /** How far from the first row the row of `key` stands now. */
  place(key: string): number | undefined {
    const at = this.index().get(key);
    return at === undefined ? undefined : at - this.gone;
  }

  get(key: string): Row | undefined {
    const at = this.place(key);
    return at === undefined ? undefined : this.rows[at];
  }

  at(place: number): Row {
    return this.rows[place] as Row;
  }

  /** Sets the row of `key`, at the end where it is new; how many rows fell out for it (0 or 1). */
  put(key: string, row: Row): number {
    const at = this.place(key);
    if (at !== undefined) {
      this.replaceAt(at, row);
      return 0;
    }
    this.own();
    this.index().set(key, this.gone + this.rows.length);
    this.rows.push(row);
    if (this.rows.length <= this.limit) return 0;
    this.index().delete(this.keyOf(this.rows.shift() as Row));
    this.gone++;
    return 1;
  }

  /** Sets the row at `place` to another of the same key; one that equals it keeps its identity. */
  replaceAt(place: number, row: Row): void {
    const old = this.at(place);
    const next = shared(old, row);
    if (next === old) return;
    this.own();
    this.rows[place] = next;
  }

  /** The rows so far; not to be changed or kept. */
  now(): readonly Row[] {
    return this.rows;
  }

  /** The rows; the very list this was made from where nothing changed. */
  result(): readonly Row[] {
    this.copied = false;
    return this.rows;
  }

  private own(): void {
    if (this.copied) return;
    this.rows = this.rows.slice();
    this.copied = true;
  }

  private index(): Map<string, number> {
    this.places ??= new Map(this.rows.map((row, place) => [this.keyOf(row), this.gone + place]));
    return this.places;
  }
}
