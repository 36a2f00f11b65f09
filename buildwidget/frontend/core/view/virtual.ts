/** Long lists: only the rows in sight are in the page. Rows flow; spacers stand for those that are not drawn. */
import {
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type Range,
  Virtualizer,
} from "@tanstack/virtual-core";
import { useLayoutEffect, useReducer, useState } from "preact/hooks";

/** Lists up to this long are drawn whole: searching in the page finds everything, and it costs nothing. */
export const DRAW_WHOLE = 100;

export interface VirtualOptions {
  readonly scroller: { readonly current: HTMLElement | null };
  readonly count: number;
  /** The identity of a row; a new function whenever the rows changed, the same one while they did not. */
  readonly keyOf: (index: number) => string | number;
  /** The height of a row that was not measured yet, px. */
  readonly estimate: (index: number) => number;
  /** Rows that are drawn wherever the reader is: the focused one. */
  readonly keep?: number;
  /** Draw the end of the list wherever the scroller stands: it is about to be put there. */
  readonly atEnd?: boolean;
  /** Rows stay where the reader sees them when others come or go above. */
  readonly anchored?: boolean;
}

export interface VirtualRow {
  readonly index: number;
  /** Height of the rows that are left out above this one, px. */
  readonly gap: number;
}

export interface Virtual {
  readonly rows: readonly VirtualRow[];
  /** Height of the rows that are left out below the last one, px. */
  readonly rest: number;
  readonly measure: (element: HTMLElement | null) => void;
  readonly scrollTo: (index: number, align: "auto" | "center") => void;
  /** Forgets all heights: the width has changed. */
  readonly reset: () => void;
}

const OVERSCAN = 8;

export function useVirtual(options: VirtualOptions): Virtual {
  const [, redraw] = useReducer((version: number) => version + 1, 0);
  const settings = {
    count: options.count,
    getItemKey: options.keyOf,
    estimateSize: options.estimate,
    overscan: OVERSCAN,
    anchorTo: options.anchored ? ("end" as const) : ("start" as const),
    rangeExtractor: (range: Range) => rangeOf(range, options),
    getScrollElement: () => options.scroller.current,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => redraw(0),
  };
  const [virtualizer] = useState(() => new Virtualizer<HTMLElement, HTMLElement>(settings));
  virtualizer.setOptions(settings);
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  return {
    ...rowsOf(virtualizer, options.count),
    measure: virtualizer.measureElement,
    scrollTo: (index, align) => virtualizer.scrollToIndex(index, { align }),
    reset: () => virtualizer.measure(),
  };
}

function rangeOf(range: Range, { atEnd, keep }: VirtualOptions): number[] {
  const shown = range.endIndex - range.startIndex;
  const from = atEnd
    ? { ...range, startIndex: Math.max(0, range.count - 1 - shown), endIndex: range.count - 1 }
    : range;
  const indexes = defaultRangeExtractor(from);
  if (keep === undefined || keep < 0 || keep >= range.count || indexes.includes(keep)) return indexes;
  return [...indexes, keep].sort((a, b) => a - b);
}

function rowsOf(
  virtualizer: Virtualizer<HTMLElement, HTMLElement>,
  count: number,
): Pick<Virtual, "rows" | "rest"> {
  if (count <= DRAW_WHOLE) {
    return { rows: Array.from({ length: count }, (_, index) => ({ index, gap: 0 })), rest: 0 };
  }
  let end = 0;
  const rows = virtualizer.getVirtualItems().map((item) => {
    const gap = Math.max(0, item.start - end);
    end = item.end;
    return { index: item.index, gap };
  });
  return { rows, rest: Math.max(0, virtualizer.getTotalSize() - end) };
}
