/** Long lists: only the rows in sight are in the page. Rows flow; spacers stand for those that are not drawn. */
import { useLayoutEffect, useReducer, useState } from "preact/hooks";
import { type DrawnRow, ListWindow, type WindowOptions } from "./list-window";

export interface Virtual {
  readonly rows: readonly DrawnRow[];
  /** Height of the rows that are left out below the last one, px. */
  readonly rest: number;
  /** The `ref` of every row, which must carry its `data-index`. */
  readonly measure: (element: HTMLElement | null) => void;
  readonly scrollTo: (index: number, align: "auto" | "center") => void;
  /** Forgets all heights: the width has changed. */
  readonly reset: () => void;
}

export function useVirtual(options: WindowOptions): Virtual {
  const [, redraw] = useReducer((version: number) => version + 1, 0);
  const [list] = useState(() => new ListWindow(() => redraw(0)));
  list.update(options);
  const drawn = list.draw();
  useLayoutEffect(() => list.mount(), [list]);
  useLayoutEffect(() => list.settle());
  return {
    ...drawn,
    measure: list.measure,
    scrollTo: (index, align) => list.scrollTo(index, align),
    reset: list.reset,
  };
}
