/** Searching the whole log on the server: hits with their numbers; Enter or a click shows one where it stands. */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { visibleText } from "./ansi";
import { occurrences } from "./case-fold";
import { count, plural } from "./format";
import { Icon } from "./icons";
import { type LogRow, unfinishedRows } from "./log-buffer";
import { LogList } from "./log-list";
import { LogScan, type SearchState } from "./log-scan";
import { messageOf, useBuild } from "./session";
import type { LogState } from "./types";

const NOTHING: readonly LogRow[] = [];

interface Props {
  readonly log: LogState;
  onPick(number: number): void;
  onEnd(): void;
}

export function LogSearch({ log, onPick, onEnd }: Props): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState("");
  const [following, setFollowing] = useState(true);
  const [scan, state] = useScan(query, log.count);
  /** Enter was pressed before anything was found. */
  const wanted = useRef<string | null>(null);
  useEffect(() => input.current?.focus(), []);
  // The server searches whole lines; the page has those that are not.
  const unfinished =
    state === null
      ? []
      : unfinishedRows(log).filter(({ text }) => occurrences(visibleText(text), state.query).length > 0);
  const hits = state?.hits ?? NOTHING;
  const newest = state?.query === query ? hits.at(-1) : undefined;
  useEffect(() => {
    if (wanted.current === query && newest) onPick(newest.number);
  }, [newest]);
  const onEnter = () => {
    if (newest) return onPick(newest.number);
    wanted.current = query;
    scan.hurry();
  };
  const type = (text: string) => {
    wanted.current = null;
    setQuery(text);
    setFollowing(true);
  };
  const found = hits.length + unfinished.length;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape ends the search from anywhere in it.
    <div
      class="bw-log-place"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onEnd();
      }}
    >
      <search class="bw-search">
        <Icon name="search" class="bw-dim" />
        <input
          ref={input}
          type="text"
          class="bw-input"
          placeholder="Search the whole log"
          aria-label="Search the whole log"
          value={query}
          onInput={(event) => type(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") onEnter();
          }}
        />
        {query !== "" && <Status state={state?.query === query ? state : null} found={found} scan={scan} />}
        <button
          type="button"
          class="bw-icon-button"
          aria-label="End the search"
          title="End the search"
          onClick={onEnd}
        >
          <Icon name="cross" />
        </button>
      </search>
      {state?.phase === "complete" && found === 0 && <p class="bw-empty">No line has these words.</p>}
      <LogList
        rows={hits}
        unfinished={unfinished}
        following={following}
        target={null}
        query={state?.query ?? ""}
        label="Lines found"
        onFollow={setFollowing}
        onPick={onPick}
      />
    </div>
  );
}

interface StatusProps {
  readonly state: SearchState | null;
  readonly found: number;
  readonly scan: LogScan;
}

/** How many lines were found, and where that may not be all of them, what was searched so far. */
function Status({ state, found, scan }: StatusProps): JSX.Element {
  const words =
    state === null || (state.count === 0 && state.phase === "searching")
      ? "Searching…"
      : wordsOf(state, found);
  return (
    <>
      <span
        class="bw-dim bw-found"
        data-testid="search-status"
        data-phase={state?.phase ?? "searching"}
        title={words}
      >
        {words}
      </span>
      {state?.phase === "full" && (
        <button type="button" class="bw-button bw-small" onClick={() => scan.more()}>
          Search on
        </button>
      )}
      {state?.phase === "failed" && (
        <button type="button" class="bw-button bw-small" onClick={() => scan.retry()}>
          Try again
        </button>
      )}
    </>
  );
}

function wordsOf({ phase, searched, count: all, problem }: SearchState, found: number): string {
  if (phase === "complete") return plural(found, "line");
  const covered = `${plural(found, "line")}, searched ${count(searched)} of ${count(all)}`;
  if (phase !== "failed") return covered;
  return all > 0 ? `${covered}. ${messageOf(problem)}` : messageOf(problem);
}

function useScan(query: string, lines: number): readonly [LogScan, SearchState | null] {
  const { actions } = useBuild();
  const asked = useRef(actions);
  asked.current = actions;
  const [state, setState] = useState<SearchState | null>(null);
  const [scan] = useState(
    () =>
      new LogScan({
        ask: (query) => asked.current.log({ ...query }),
        now: () => performance.now(),
        after: (ms, callback) => {
          const timer = setTimeout(callback, ms);
          return () => clearTimeout(timer);
        },
        changed: setState,
      }),
  );
  useLayoutEffect(() => scan.search(query), [query]);
  useEffect(() => scan.grew(lines), [lines]);
  // An answer may come before effects are cleared, and another request would follow.
  useLayoutEffect(() => () => scan.close(), []);
  return [scan, state];
}
