/** The log: follows the end until the reader scrolls up; older lines and searches come from the server. */
import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { plural } from "./format";
import { Icon } from "./icons";
import {
  advance,
  append,
  EMPTY,
  endOf,
  isAttached,
  type LogBuffer,
  mend,
  prepend,
  replace,
  type UnfinishedRow,
  unfinishedRows,
} from "./log-buffer";
import { LogList } from "./log-list";
import { LogSearch } from "./log-search";
import { memo } from "./memo";
import { messageOf, useBuild } from "./session";
import type { LogState } from "./types";

const PAGE = 1_000;
const AROUND = 200;

/** A line to show; each wish is an object of its own, so that the same line can be wished for again. */
export interface LogPlace {
  readonly line: number;
}

interface Props {
  readonly log: LogState;
  readonly searching: boolean;
  readonly goTo: LogPlace | null;
  /** `toLog`: the reader goes on in the log, not in the tools beside the tabs. */
  onSearchEnd(toLog: boolean): void;
}

export const Log = memo(function Log({ log, searching, goTo, onSearchEnd }: Props): JSX.Element {
  const { actions } = useBuild();
  const [following, setFollowing] = useState(true);
  const [target, setTarget] = useState<number | null>(null);
  const pages = usePages(log, following);
  const { buffer } = pages;
  /** The newest line when the reader let go of the end: what came after it is new to them. */
  const leftAt = useRef(0);

  const follow = useCallback((wanted: boolean) => {
    setTarget(null);
    setFollowing(wanted);
  }, []);
  const onFollow = (wanted: boolean) => {
    // At the end of the lines held, but not of the log: there is more to fetch, nothing to follow yet.
    if (wanted && !isAttached(buffer, log)) return;
    if (!wanted) leftAt.current = endOf(buffer) - 1;
    follow(wanted);
  };
  const onEdge = (edge: "top" | "bottom") => {
    if (edge === "top" && buffer.first > 1) pages.load({ before: buffer.first }, prepend);
    if (edge === "bottom" && !isAttached(buffer, log)) pages.load({ after: endOf(buffer) - 1 }, append);
  };
  const onWhole = useCallback(
    (number: number) => pages.load({ after: number - 1, limit: 1 }, mend),
    [actions],
  );
  const onPick = (number: number) => {
    onSearchEnd(true);
    setFollowing(false);
    leftAt.current = log.count;
    const show = () => setTarget(number);
    if (number >= buffer.first && number < endOf(buffer)) show();
    else
      pages.load(
        { after: Math.max(0, number - AROUND), limit: 2 * AROUND },
        (_, page) => replace(page),
        show,
        true,
      );
  };
  useEffect(() => {
    if (goTo !== null) onPick(goTo.line);
  }, [goTo]);

  if (searching) return <LogSearch log={log} onPick={onPick} onEnd={() => onSearchEnd(false)} />;
  const fresh = following ? 0 : Math.max(0, log.count - Math.max(leftAt.current, 0));
  const attached = isAttached(buffer, log);
  return (
    <div class="bw-log-place" data-count={log.count}>
      <LogList
        rows={buffer.rows}
        unfinished={attached ? unfinishedRows(log) : NO_ROWS}
        following={following}
        target={target}
        label="Log"
        onFollow={onFollow}
        onEdge={onEdge}
        onWhole={onWhole}
      />
      {pages.status !== null && (
        <div class="bw-pill bw-pill-top">
          {pages.status}
          {pages.retry && (
            <button type="button" class="bw-button bw-small" onClick={pages.retry}>
              Try again
            </button>
          )}
        </div>
      )}
      {!following && (
        <button
          type="button"
          class="bw-pill bw-pill-bottom"
          data-action="follow"
          onClick={() => follow(true)}
        >
          {fresh > 0 ? plural(fresh, "new line") : "To the end"}
          <Icon name="down" />
        </button>
      )}
    </div>
  );
});

const NO_ROWS: readonly UnfinishedRow[] = [];

interface Query {
  readonly before?: number;
  readonly after?: number;
  readonly limit?: number;
}

type Merge = (
  buffer: LogBuffer,
  page: Awaited<ReturnType<ReturnType<typeof useBuild>["actions"]["log"]>>,
) => LogBuffer;

interface Pages {
  readonly buffer: LogBuffer;
  /** What is said above the lines while others are fetched, or null. */
  readonly status: string | null;
  readonly retry: (() => void) | null;
  /** `next`: it runs after the fetch that is under way, if there is one; else it does not run then. */
  load(query: Query, merge: Merge, done?: () => void, next?: boolean): void;
}

/** The lines held, kept up with the state; one page is fetched at a time. */
function usePages(log: LogState, following: boolean): Pages {
  const { actions, logLines } = useBuild();
  const held = useRef(EMPTY);
  const busy = useRef(false);
  const queued = useRef<(() => void) | null>(null);
  const mounted = useRef(true);
  const [, setVersion] = useState(0);
  const [status, setStatus] = useState<string | null>(null);
  const [retry, setRetry] = useState<{ run(): void } | null>(null);
  held.current = advance(held.current, log, following, logLines);
  useEffect(
    () => () => {
      mounted.current = false;
    },
    [],
  );
  const load = (query: Query, merge: Merge, done?: () => void, next = false) => {
    if (busy.current) {
      if (next) queued.current = () => load(query, merge, done);
      return;
    }
    busy.current = true;
    setStatus("Fetching lines…");
    setRetry(null);
    actions
      .log({ limit: PAGE, ...query })
      .then(
        (page) => {
          held.current = merge(held.current, page);
          setStatus(null);
          done?.();
        },
        (error: unknown) => {
          setStatus(messageOf(error));
          setRetry({ run: () => load(query, merge, done) });
        },
      )
      .finally(() => {
        busy.current = false;
        if (!mounted.current) return;
        setVersion((version) => version + 1);
        const run = queued.current;
        queued.current = null;
        run?.();
      });
  };
  return { buffer: held.current, status, retry: retry?.run ?? null, load };
}
