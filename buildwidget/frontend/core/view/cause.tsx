/** The cause of a failure in the log: the lines around it, and the way there. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { count } from "./format";
import { LogLine } from "./log-line";
import { useBuild } from "./session";
import type { State } from "./types";

/** How many lines are shown above and below the one that names the cause. */
const ABOVE = 4;
const BELOW = 4;

type Row = readonly [number: number, stream: string, text: string];

interface Props {
  readonly log: State["log"];
  readonly line: number;
  onLine(line: number): void;
}

/** The lines around the cause; each leads to its place in the log. */
export function CauseLines({ log, line, onLine }: Props): JSX.Element | null {
  const rows = useAround(log, line);
  if (rows === null) return null;
  return (
    <div class="bw-pre bw-cause" data-testid="cause">
      {rows.map(([number, stream, text]) => (
        <LogLine
          key={number}
          number={number}
          stream={stream}
          text={text}
          numbered
          lit={number === line}
          onPick={onLine}
        />
      ))}
    </div>
  );
}

/** The button that opens the log at the line. */
export function CauseLink({ line, onLine }: Pick<Props, "line" | "onLine">): JSX.Element {
  return (
    <button type="button" class="bw-fact" data-action="cause" onClick={() => onLine(line)}>
      {`line ${count(line)}`}
    </button>
  );
}

/** The lines around one, from the state or else fetched; null while there are none. */
function useAround(log: State["log"], line: number): readonly Row[] | null {
  const { actions } = useBuild();
  const first = Math.max(1, line - ABOVE);
  const last = Math.min(line + BELOW, log.count);
  const held = heldRows(log, first, last);
  const [fetched, setFetched] = useState<{ line: number; rows: readonly Row[] } | null>(null);
  const missing = held === null && line <= log.count;
  useEffect(() => {
    if (!missing) return;
    let wanted = true;
    actions.log({ after: first - 1, limit: last - first + 1 }).then(
      (page) => {
        if (wanted) setFetched({ line, rows: page.lines });
      },
      // Without the lines the card still says what went wrong, and the log says why it cannot be fetched.
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [actions, missing, line, first, last]);
  if (held !== null) return held;
  return fetched?.line === line && fetched.rows.length > 0 ? fetched.rows : null;
}

function heldRows(log: State["log"], first: number, last: number): readonly Row[] | null {
  if (first < log.first || last < first) return null;
  return log.lines
    .slice(first - log.first, last - log.first + 1)
    .map(([stream, text], index) => [first + index, stream, text] as const);
}
