/** The part of a long list that is in sight: which rows are drawn, and where the list is scrolled to. */
import { Heights, type Key, type Rows } from "./heights";

/** Lists up to this long are drawn whole: searching in the page finds everything, and it costs nothing. */
export const DRAW_WHOLE = 100;
/** Rows drawn above and below those in sight, for scrolling is drawn before it is told. */
const OVERSCAN = 8;
/** Taken for the height of the list until it is drawn, px. */
const FIRST_HEIGHT = 400;

export interface WindowOptions extends Rows {
  readonly scroller: { readonly current: HTMLElement | null };
  /** A row that is drawn wherever the reader is: the focused one. */
  readonly keep?: number;
  /** The end of the list is in sight, and stays so. */
  readonly atEnd?: boolean;
  /** Rows stay where the reader sees them when others come or go above. */
  readonly anchored?: boolean;
}

export interface DrawnRow {
  readonly index: number;
  /** Height of the rows that are left out above this one, px. */
  readonly gap: number;
}

/** The row that stays where the reader sees it. */
interface Anchor {
  readonly index: number;
  readonly key: Key;
  /** What of the row stays: its top (0), its middle or its end (1). */
  readonly part: number;
  /** How far that is from the top of the list as it is seen, px. */
  readonly offset: number;
}

export class ListWindow {
  private options: WindowOptions | null = null;
  private readonly heights = new Heights();
  private readonly elements = new Set<HTMLElement>();
  private readonly fresh = new Set<HTMLElement>();
  private observer: ResizeObserver | null = null;
  private height = FIRST_HEIGHT;
  private anchor: Anchor | null = null;
  /** Where the list was scrolled to when it was last looked at. */
  private scrollTop = 0;
  /** Whether the list has yet to be scrolled to its anchor. */
  private moved = false;
  private drawn = { first: 0, last: -1 };

  constructor(private readonly redraw: () => void) {}

  /** Takes up the rows; of every drawing. */
  update(options: WindowOptions): void {
    const before = this.options;
    this.options = options;
    this.heights.set(options);
    if (before?.keyOf === options.keyOf && before.count === options.count) return;
    this.anchor = options.anchored && !options.atEnd ? this.found(this.anchor) : null;
    if (this.anchor) this.moved = true;
    else this.hold();
  }

  /** What is drawn, and the height of what is left out below the last row. */
  draw(): { rows: DrawnRow[]; rest: number } {
    const { count, keep = -1 } = this.wanted;
    this.drawn = this.range();
    const { first, last } = this.drawn;
    const rows: DrawnRow[] = [];
    let end = 0;
    const push = (index: number) => {
      const top = this.heights.topOf(index);
      rows.push({ index, gap: top - end });
      end = this.heights.topOf(index + 1);
    };
    if (keep >= 0 && keep < first) push(keep);
    for (let index = first; index <= last; index += 1) push(index);
    if (keep > last && keep < count) push(keep);
    return { rows, rest: this.heights.total - end };
  }

  /** A row was drawn, or (null) taken away. */
  readonly measure = (element: HTMLElement | null): void => {
    if (!element) return;
    this.elements.add(element);
    this.fresh.add(element);
  };

  /** Follows the list's own element, until the returned function is called. */
  mount(): () => void {
    const element = this.wanted.scroller.current;
    if (!element || typeof ResizeObserver === "undefined") return () => {};
    this.observer = new ResizeObserver((entries) => {
      for (const { target } of entries) if (target !== element) this.fresh.add(target as HTMLElement);
      this.settle();
    });
    this.observer.observe(element);
    const onScroll = () => this.onScroll(element);
    // In the capture phase: whoever else listens on the element may draw the list at once.
    element.addEventListener("scroll", onScroll, { capture: true, passive: true });
    return () => {
      element.removeEventListener("scroll", onScroll, { capture: true });
      this.observer?.disconnect();
      this.observer = null;
    };
  }

  /** After every drawing: measures the rows that are new, and puts the list where it has to stand. */
  settle(): void {
    const element = this.wanted.scroller.current;
    this.sweep();
    const height = element?.clientHeight ?? 0;
    // Not laid out, as in a hidden tab: the observer tells when it is.
    if (!element || height === 0) return;
    this.height = height;
    // Scrolled since by somebody else, who was not told of yet.
    if (!this.moved && Math.abs(element.scrollTop - this.scrollTop) >= 1) this.holdAt(element.scrollTop);
    if (this.measureFresh()) this.moved = true;
    if (this.wanted.atEnd) this.holdAt(scrolled(element, element.scrollHeight - height));
    else if (this.moved) this.scrollTop = scrolled(element, this.top());
    if (this.covered()) {
      // The browser stops at both ends of the list: the anchor is then where it could go.
      if (this.moved && Math.abs(this.scrollTop - this.top()) > 1) this.hold();
      this.moved = false;
    }
    if (!this.covered()) this.redraw();
  }

  /** Brings a row into sight: into the middle, or just so far as it takes. */
  scrollTo(index: number, align: "auto" | "center"): void {
    const { count, keyOf } = this.wanted;
    if (index < 0 || index >= count) return;
    const offset = this.heights.topOf(index) - this.top();
    const room = this.height - this.heights.heightOf(index);
    if (align === "auto" && offset >= 0 && offset <= room) return;
    const part = align === "center" ? 0.5 : offset < 0 ? 0 : 1;
    this.anchor = { index, key: keyOf(index), part, offset: part * this.height };
    this.moved = true;
    this.redraw();
  }

  /** Forgets all heights: the width has changed. */
  readonly reset = (): void => {
    this.heights.forget();
    for (const element of this.elements) this.fresh.add(element);
    this.moved = this.anchor !== null;
    this.redraw();
  };

  private get wanted(): WindowOptions {
    if (!this.options) throw new Error("The list was not drawn yet.");
    return this.options;
  }

  /** Where the list is, or is about to be, scrolled to. */
  private top(): number {
    const { heights, anchor } = this;
    if (this.wanted.atEnd) return Math.max(0, heights.total - this.height);
    if (!anchor) return this.scrollTop;
    const { index, part, offset } = anchor;
    // Of a row higher than the list the top is shown.
    const inside = part > 0 ? Math.min(part * heights.heightOf(index), offset) : 0;
    return heights.topOf(index) + inside - offset;
  }

  private range(): { first: number; last: number } {
    const { count } = this.wanted;
    if (count <= DRAW_WHOLE) return { first: 0, last: count - 1 };
    const top = this.top();
    return {
      first: Math.max(0, this.heights.indexAt(top) - OVERSCAN),
      last: Math.min(count - 1, this.heights.indexAt(top + this.height) + OVERSCAN),
    };
  }

  private onScroll(element: HTMLElement): void {
    const { scrollTop } = element;
    // What is less was our own doing, rounded by the browser.
    if (Math.abs(scrollTop - this.scrollTop) < 1) return;
    this.moved = false;
    this.holdAt(scrollTop);
    const { first, last } = this.range();
    if (first !== this.drawn.first || last !== this.drawn.last) this.redraw();
  }

  /** Whether all that is in sight is drawn. */
  private covered(): boolean {
    const { first, last } = this.range();
    return first >= this.drawn.first && last <= this.drawn.last;
  }

  private holdAt(scrollTop: number): void {
    this.scrollTop = scrollTop;
    this.hold();
  }

  /** Holds on to the first row in sight. */
  private hold(): void {
    const { count, keyOf } = this.wanted;
    const index = this.heights.indexAt(this.scrollTop);
    const offset = this.heights.topOf(index) - this.scrollTop;
    this.anchor = count > 0 ? { index, key: keyOf(index), part: 0, offset } : null;
  }

  /** The anchor among changed rows: most often it is where it was, or not far. */
  private found(anchor: Anchor | null): Anchor | null {
    const { count, keyOf } = this.wanted;
    if (!anchor) return null;
    for (let step = 0; step <= Math.max(anchor.index, count); step += 1)
      for (const index of [anchor.index - step, anchor.index + step])
        if (index >= 0 && index < count && keyOf(index) === anchor.key) return { ...anchor, index };
    return null;
  }

  private measureFresh(): boolean {
    let news = false;
    for (const element of this.fresh) {
      const { height } = element.getBoundingClientRect();
      if (this.heights.measure(Number(element.dataset.index), height)) news = true;
    }
    this.fresh.clear();
    return news;
  }

  private sweep(): void {
    for (const element of this.elements) {
      if (element.isConnected) {
        if (this.fresh.has(element)) this.observer?.observe(element);
        continue;
      }
      this.observer?.unobserve(element);
      this.elements.delete(element);
      this.fresh.delete(element);
    }
  }
}

/** Scrolls the element, and tells how far it went. */
function scrolled(element: HTMLElement, top: number): number {
  if (Math.abs(element.scrollTop - top) >= 1) element.scrollTop = top;
  return element.scrollTop;
}
