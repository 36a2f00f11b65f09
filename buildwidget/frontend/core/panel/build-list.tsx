/** The lines of the panel: headings and builds, of which only those in sight are drawn. */
import type { JSX } from "preact";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { FeedModel } from "../feed";
import { Icon } from "../view/icons";
import { nextFrame } from "../view/session";
import { useVirtual } from "../view/virtual";
import { BuildRow } from "./build-row";
import type { PanelHost } from "./host";
import { OlderBuilds } from "./older";
import { type Filter, type Line, linesOf, merge } from "./rows";

const GROUP_PX = 28;
const BUILD_PX = 46;
/** How many lines before the end the next page is fetched. */
const AHEAD = 20;

interface Props {
  readonly host: PanelHost;
  readonly filter: Filter;
  onOpen(build: string): void;
}

export function BuildList({ host, filter, onOpen }: Props): JSX.Element {
  const feed = useFeed(host);
  const olderBuilds = useOlder(host, filter);
  const older = olderBuilds.model;
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const lines = useMemo(
    () => linesOf(merge(feed.builds, older.builds, gone, filter), closed),
    [feed.builds, older.builds, gone, filter, closed],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState<string | null>(null);
  const currentIndex = lines.findIndex(({ key }) => key === current);
  const keyOf = useCallback((index: number) => lines[index]?.key ?? index, [lines]);
  const estimate = (index: number) => (lines[index]?.type === "group" ? GROUP_PX : BUILD_PX);
  const virtual = useVirtual({ scroller, count: lines.length, keyOf, estimate, keep: currentIndex });
  useKeptFocus(scroller, current, lines);
  const lastDrawn = virtual.rows.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastDrawn >= lines.length - AHEAD) olderBuilds.fetchMore();
  }, [lastDrawn, lines.length, older]);
  const isLive = feed.connection?.phase === "live";
  useEffect(() => {
    if (isLive) olderBuilds.retryAfterProblem();
  }, [isLive]);
  const reachable = Math.max(currentIndex, 0);
  const focusLine = (index: number) => {
    const line = lines[index];
    if (!line) return;
    setCurrent(line.key);
    virtual.scrollTo(index, "auto");
    setTimeout(() => mainOf(scroller.current, line.key)?.focus());
  };
  const toggle = (key: string) => {
    const next = new Set(closed);
    if (!next.delete(key)) next.add(key);
    setClosed(next);
  };
  const remove = useCallback((build: string) => setGone((before) => new Set([...before, build])), []);
  const rows: JSX.Element[] = [];
  for (const { index, gap } of virtual.rows) {
    const line = lines[index];
    if (!line) continue;
    if (gap > 0) rows.push(<div key={`gap-${index}`} aria-hidden="true" style={{ height: `${gap}px` }} />);
    rows.push(
      // biome-ignore lint/a11y/useSemanticElements: see the list.
      <div
        key={line.key}
        ref={virtual.measure}
        role="listitem"
        class="bw-panel-line"
        data-line={line.key}
        data-index={index}
      >
        {line.type === "group" ? (
          <GroupHeading line={line} reachable={index === reachable} onToggle={() => toggle(line.key)} />
        ) : (
          <BuildRow
            host={host}
            build={line.build}
            reachable={index === reachable}
            onOpen={onOpen}
            onRemoved={remove}
          />
        )}
      </div>,
    );
  }
  return (
    <>
      {older.problem !== null && <Unreachable problem={older.problem} onRetry={() => olderBuilds.retry()} />}
      {lines.length === 0 && !older.loading && older.problem === null && <Nothing filter={filter} />}
      {/* biome-ignore lint/a11y/useSemanticElements: rows are measured and spaced, which li elements take ill. */}
      <div
        ref={scroller}
        class="bw-panel-lines"
        role="list"
        aria-label="Builds"
        aria-busy={older.loading}
        data-testid="builds"
        data-count={lines.filter(({ type }) => type === "build").length}
        hidden={lines.length === 0}
        onFocusIn={(event) => setCurrent(lineOf(event.target)?.dataset.line ?? null)}
        onKeyDown={(event) => {
          const at = Number(lineOf(event.target)?.dataset.index ?? -1);
          const moves: Record<string, number> = {
            ArrowDown: Math.min(at + 1, lines.length - 1),
            ArrowUp: Math.max(at - 1, 0),
            Home: 0,
            End: lines.length - 1,
          };
          const next = moves[event.key];
          if (next === undefined || (event.target as HTMLElement).closest("[role=menu]")) return;
          event.preventDefault();
          focusLine(next);
        }}
      >
        {rows}
        {virtual.rest > 0 && <div aria-hidden="true" style={{ height: `${virtual.rest}px` }} />}
      </div>
    </>
  );
}

function lineOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof HTMLElement ? target.closest<HTMLElement>("[data-line]") : null;
}

function mainOf(root: HTMLElement | null, key: string): HTMLElement | null {
  const line = [...(root?.querySelectorAll<HTMLElement>("[data-line]") ?? [])].find(
    (element) => element.dataset.line === key,
  );
  return line?.querySelector<HTMLElement>("[data-main]") ?? null;
}

/** A row that changes its place loses the focus in the browser: it gets it back. */
function useKeptFocus(
  scroller: { current: HTMLElement | null },
  current: string | null,
  lines: readonly Line[],
): void {
  const had = useRef(false);
  const before = scroller.current?.contains(document.activeElement) ?? false;
  had.current = before;
  useLayoutEffect(() => {
    const lost = had.current && document.activeElement === document.body;
    if (lost && current !== null) mainOf(scroller.current, current)?.focus({ preventScroll: true });
  }, [lines]);
}

/** The live builds, while the panel is drawn. */
function useFeed({ feed }: PanelHost): FeedModel {
  const [model, setModel] = useState(() => feed.get());
  useEffect(() => {
    const release = feed.hold();
    let cancel: (() => void) | null = null;
    const draw = () => {
      cancel = null;
      setModel(feed.get());
    };
    const stop = feed.subscribe(() => {
      cancel ??= nextFrame(draw);
    });
    draw();
    return () => {
      stop();
      cancel?.();
      release();
    };
  }, [feed]);
  return model;
}

function useOlder({ server }: PanelHost, filter: Filter): OlderBuilds {
  const [, redraw] = useState(0);
  const [older] = useState(
    () =>
      new OlderBuilds(
        (query) => server.builds(query),
        () => redraw((version) => version + 1),
      ),
  );
  useEffect(() => older.choose(filter), [filter]);
  return older;
}

interface HeadingProps {
  readonly line: Line & { type: "group" };
  readonly reachable: boolean;
  onToggle(): void;
}

function GroupHeading({ line, reachable, onToggle }: HeadingProps): JSX.Element {
  return (
    <button
      type="button"
      data-main
      class="bw-group"
      aria-expanded={line.open}
      tabIndex={reachable ? 0 : -1}
      onClick={onToggle}
    >
      <Icon name="chevron" class={line.open ? "bw-turn-down" : ""} />
      <span class="bw-group-name">{line.project ?? "No project"}</span>
      <span class="bw-dim">{line.active > 0 ? `${line.active} of ${line.count} running` : line.count}</span>
    </button>
  );
}

function Nothing({ filter }: { filter: Filter }): JSX.Element {
  const searching = filter.q.trim() !== "" || filter.status !== "all";
  return (
    <div class="bw-nothing">
      {searching ? (
        <p>No build matches.</p>
      ) : (
        <>
          <p>No builds yet.</p>
          <p class="bw-dim">
            Launch one with <code>bw.launch("make all")</code> in a notebook, or with the + above.
          </p>
        </>
      )}
    </div>
  );
}

function Unreachable({ problem, onRetry }: { problem: string; onRetry(): void }): JSX.Element {
  return (
    <div class="bw-strip" data-tone="warn" role="alert">
      <span class="bw-strip-text">{problem}</span>
      <button type="button" class="bw-button bw-small" onClick={onRetry}>
        Retry
      </button>
    </div>
  );
}
