import fc from "fast-check";
import { expect, test } from "vitest";
import { DRAW_WHOLE, type DrawnRow, ListWindow } from "./list-window";

const VIEW = 300;

/** A list of rows of whatever heights, laid out the way a browser does. */
class Page {
  rows: number[] = [];
  atEnd = false;
  width = 1;
  drawn: DrawnRow[] = [];
  drawings = 0;
  private rest = 0;
  private top = 0;
  private due = false;
  private elements = new Map<number, { isConnected: boolean }>();
  readonly list = new ListWindow(() => {
    this.due = true;
  });
  private keyOf = (index: number) => this.rows[index] as number;

  private readonly element = Object.defineProperties({} as HTMLElement, {
    clientHeight: { get: () => VIEW },
    scrollHeight: { get: () => Math.max(VIEW, this.heightOfAll()) },
    scrollTop: {
      get: () => this.top,
      set: (wanted: number) => {
        this.top = Math.max(0, Math.min(wanted, this.heightOfAll() - VIEW));
      },
    },
  });

  heightOf(key: number): number {
    return (17 + ((key * 7919) % 5) * 17) * this.width;
  }

  show(rows: number[]): void {
    if (rows !== this.rows) this.keyOf = (index) => rows[index] as number;
    this.rows = rows;
    this.draw();
  }

  /** Draws until nothing is due. */
  draw(): void {
    this.drawings = 0;
    do {
      this.due = false;
      this.drawings += 1;
      this.drawOnce();
    } while (this.due && this.drawings < 50);
  }

  scroll(top: number): void {
    this.element.scrollTop = top;
    this.list.settle();
    if (this.due) this.draw();
  }

  get scrollTop(): number {
    return this.top;
  }

  get bottom(): number {
    return Math.max(0, this.heightOfAll() - VIEW);
  }

  /** Where rows are drawn: their tops as the reader sees them. */
  tops(): Map<number, number> {
    const tops = new Map<number, number>();
    let y = -this.top;
    for (const { index, gap } of this.drawn) {
      const key = this.rows[index] as number;
      tops.set(key, y + gap);
      y += gap + this.heightOf(key);
    }
    return tops;
  }

  /** The first row in sight. */
  inSight(): [number, number] | undefined {
    return [...this.tops()].find(([key, top]) => top + this.heightOf(key) > 0);
  }

  private heightOfAll(): number {
    const drawn = this.drawn.reduce(
      (sum, { index, gap }) => sum + gap + this.heightOf(this.rows[index] ?? 0),
      0,
    );
    return drawn + this.rest;
  }

  private drawOnce(): void {
    this.list.update({
      scroller: { current: this.element },
      count: this.rows.length,
      keyOf: this.keyOf,
      estimate: () => 30,
      atEnd: this.atEnd,
      anchored: true,
    });
    const { rows, rest } = this.list.draw();
    [this.drawn, this.rest] = [rows, rest];
    this.place();
    this.element.scrollTop = this.top;
    this.list.settle();
  }

  private place(): void {
    const before = this.elements;
    this.elements = new Map();
    for (const { index } of this.drawn) {
      const key = this.rows[index] as number;
      const dataset = { index: String(index) };
      const element = Object.assign(before.get(key) ?? { isConnected: true }, { dataset });
      this.elements.set(key, element);
      if (before.delete(key)) continue;
      const height = () => ({ height: this.heightOf(key) });
      this.list.measure(Object.assign(element, { getBoundingClientRect: height }) as unknown as HTMLElement);
    }
    for (const gone of before.values()) gone.isConnected = false;
  }
}

const numbers = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => from + index);

function expectCovered(page: Page): void {
  expect(page.drawings).toBeLessThan(50);
  const tops = [...page.tops()];
  const [first, last] = [tops[0], tops.at(-1)];
  if (!first || !last) return;
  if (first[0] !== page.rows[0]) expect(first[1]).toBeLessThanOrEqual(0);
  if (last[0] !== page.rows.at(-1)) expect(last[1] + page.heightOf(last[0])).toBeGreaterThanOrEqual(VIEW);
}

test("few of many rows are drawn, and short lists whole", () => {
  const page = new Page();
  page.show(numbers(1, 200_000));
  expect(page.drawn.length).toBeLessThan(40);
  expectCovered(page);
  page.show(numbers(1, DRAW_WHOLE));
  expect(page.drawn).toHaveLength(DRAW_WHOLE);
});

test("the end stays in sight while rows come and go", () => {
  const page = new Page();
  page.atEnd = true;
  for (const from of [1, 500, 900, 7_000]) {
    page.show(numbers(from, 5_000));
    expect(page.drawn.at(-1)?.index).toBe(4_999);
    expect(page.scrollTop).toBe(page.bottom);
    expectCovered(page);
  }
});

test("a row far away is brought to the middle, whatever the heights between turn out to be", () => {
  const page = new Page();
  page.show(numbers(1, 20_000));
  for (const index of [12_345, 19_999, 0, 77]) {
    page.list.scrollTo(index, "center");
    page.draw();
    const [key, top] = [page.rows[index] as number, page.tops().get(page.rows[index] as number)];
    const middle = (VIEW - page.heightOf(key)) / 2;
    if (page.scrollTop > 0 && page.scrollTop < page.bottom) expect(top).toBeCloseTo(middle, 0);
    else expect(top).toBeLessThanOrEqual(VIEW - page.heightOf(key));
    expectCovered(page);
  }
});

test("a row in sight is left where it is; one out of it comes just so far as it takes", () => {
  const page = new Page();
  page.show(numbers(1, 1_000));
  page.list.scrollTo(2, "auto");
  page.draw();
  expect(page.scrollTop).toBe(0);
  page.list.scrollTo(500, "auto");
  page.draw();
  expectCovered(page);
  page.list.scrollTo(400, "auto");
  page.draw();
  expect(page.tops().get(401)).toBeCloseTo(0, 0);
});

test("after any changes what is in sight is drawn, and the reader's first row stays where it was", () => {
  const change = fc.oneof(
    fc.record({ type: fc.constant("append"), size: fc.integer({ min: 1, max: 2_000 }) }),
    fc.record({ type: fc.constant("prepend"), size: fc.integer({ min: 1, max: 2_000 }) }),
    fc.record({ type: fc.constant("drop"), size: fc.integer({ min: 1, max: 500 }) }),
    fc.record({ type: fc.constant("scroll"), size: fc.integer({ min: 0, max: 60_000 }) }),
    fc.record({ type: fc.constant("go"), size: fc.integer({ min: 0, max: 3_000 }) }),
    fc.record({ type: fc.constant("widen"), size: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ type: fc.constant("follow"), size: fc.integer({ min: 0, max: 1 }) }),
  );
  const run = (changes: Array<{ type: string; size: number }>) => {
    const page = new Page();
    page.show(numbers(1_000_000, 1_500));
    for (const { type, size } of changes) {
      const [before, wasFollowing] = [page.inSight(), page.atEnd];
      const [first, last] = [page.rows[0] ?? 0, page.rows.at(-1) ?? 0];
      if (type === "append") page.show([...page.rows, ...numbers(last + 1, size)]);
      if (type === "prepend") page.show([...numbers(first - size, size), ...page.rows]);
      if (type === "drop" && page.rows.length > size) page.show(page.rows.slice(size));
      if (type === "scroll" && !page.atEnd) page.scroll(size);
      if (type === "go" && !page.atEnd) {
        page.list.scrollTo(size % page.rows.length, "center");
        page.draw();
      }
      if (type === "follow") {
        page.atEnd = size === 1;
        page.draw();
      }
      if (type === "widen") {
        page.width = size;
        page.list.reset();
        page.draw();
      }
      expectCovered(page);
      if (page.atEnd) expect(page.scrollTop).toBe(page.bottom);
      const stays = ["append", "prepend"].includes(type) && !wasFollowing && before;
      if (stays) expect(page.tops().get(before[0])).toBeCloseTo(before[1], 0);
    }
  };
  fc.assert(fc.property(fc.array(change, { maxLength: 25 }), run), { numRuns: 60 });
});
