/** A virtual list of log lines that can follow its end. */
import { Fragment, type JSX } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { LogRow, UnfinishedRow } from "./log-buffer";
import { LogLine } from "./log-line";
import { useVirtual } from "./virtual";

interface Props {
  readonly rows: readonly LogRow[];
  /** What is no whole line yet, drawn after the last. */
  readonly unfinished: readonly UnfinishedRow[];
  readonly following: boolean;
  /** A line to bring into sight and to light up. */
  readonly target: number | null;
  readonly query?: string;
  readonly label: string;
  readonly onFollow?: (following: boolean) => void;
  /** The reader is near the first or the last of the lines held. */
  readonly onEdge?: (edge: "top" | "bottom") => void;
  readonly onWhole?: (number: number) => void;
  readonly onPick?: (number: number) => void;
}

const LINE_HEIGHT = 17;
const PADDING = 24;
const NEAR_PX = 8;
const EDGE_PX = 300;

export function LogList(props: Props): JSX.Element {
  const { rows, following, target } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const columns = useColumns(scroller);
  const estimate = (index: number): number => {
    const length = rows[index]?.text.length ?? 0;
    return LINE_HEIGHT * Math.max(1, Math.ceil(Math.min(length, 20_000) / columns.current));
  };
  const keyOf = useCallback((index: number) => rows[index]?.number ?? -index, [rows]);
  const virtual = useVirtual({
    scroller,
    count: rows.length,
    keyOf,
    estimate,
    atEnd: following,
    anchored: true,
  });
  columns.onChange.current = virtual.reset;

  const first = rows[0]?.number ?? 0;
  useEffect(() => {
    if (target !== null) virtual.scrollTo(target - first, "center");
  }, [target, first]);

  const onScroll = useFollowing(props);
  return (
    <div
      ref={scroller}
      class="bw-log"
      role="log"
      aria-live="off"
      aria-label={props.label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
      tabIndex={0}
      data-testid="log"
      data-first={first}
      data-last={rows.at(-1)?.number ?? 0}
      data-following={following}
      onScroll={onScroll}
    >
      {virtual.rows.map(({ index, gap }) => {
        const row = rows[index];
        if (!row) return null;
        return (
          <Fragment key={row.number}>
            {gap > 0 && <div style={{ height: `${gap}px` }} />}
            <div ref={virtual.measure} data-index={index}>
              <LogLine
                number={row.number}
                stream={row.stream}
                text={row.text}
                lit={row.number === target}
                {...(props.query ? { query: props.query, numbered: true } : {})}
                {...(props.onWhole ? { onWhole: props.onWhole } : {})}
                {...(props.onPick ? { onPick: props.onPick } : {})}
              />
            </div>
          </Fragment>
        );
      })}
      {virtual.rest > 0 && <div style={{ height: `${virtual.rest}px` }} />}
      {props.unfinished.map(({ key, stream, text, kind }) => (
        <LogLine
          key={key}
          number={0}
          stream={stream}
          text={text}
          unfinished={kind}
          {...(props.query ? { query: props.query } : {})}
        />
      ))}
    </div>
  );
}

/** Tells from scrolling whether the reader wants to follow, and when they come near an edge. */
function useFollowing({ following, onFollow, onEdge }: Props): (event: Event) => void {
  const last = useRef(0);
  return (event) => {
    const element = event.currentTarget as HTMLElement;
    const { scrollTop, scrollHeight, clientHeight } = element;
    const left = scrollHeight - scrollTop - clientHeight;
    // The list itself only ever scrolls down while it follows; upwards is the reader.
    const up = scrollTop < last.current - 1;
    last.current = scrollTop;
    if (following && up && left > NEAR_PX) onFollow?.(false);
    if (!following && left <= NEAR_PX) onFollow?.(true);
    if (following && !up) return;
    if (scrollTop < EDGE_PX) onEdge?.("top");
    else if (left < EDGE_PX) onEdge?.("bottom");
  };
}

interface Columns {
  /** How many characters fit on a line. */
  current: number;
  readonly onChange: { current: () => void };
}

/** Keeps the number of columns; the heights of all lines are estimated anew when the width changes. */
function useColumns(scroller: { current: HTMLElement | null }): Columns {
  const columns = useRef<Columns>({ current: 100, onChange: { current: () => {} } });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || typeof ResizeObserver === "undefined") return;
    const update = () => {
      const now = Math.max(10, Math.floor((element.clientWidth - PADDING) / characterWidth(element)));
      if (now === columns.current.current || element.clientWidth === 0) return;
      columns.current.current = now;
      columns.current.onChange.current();
    };
    update();
    const observer = new ResizeObserver(update);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return columns.current;
}

function characterWidth(element: HTMLElement): number {
  const probe = document.createElement("span");
  probe.textContent = "0".repeat(50);
  probe.className = "bw-probe";
  element.append(probe);
  const width = probe.getBoundingClientRect().width / 50;
  probe.remove();
  return width || 7;
}
