/** One line of the log. */
import type { JSX } from "preact";
import { MAX_LOG_LINE_BYTES } from "../protocol/limits.gen";
import { ansiText, visibleText } from "./ansi";
import { occurrences } from "./case-fold";
import { bytes, count } from "./format";
import type { UnfinishedRow } from "./log-buffer";
import { memo } from "./memo";

/** A line this long is laid out; what is longer is in the download. */
const MAX_SHOWN = 20_000;
/** A hit further on in a line than this is not looked for: it would take too long for a line in sight. */
const MAX_SEARCHED = 500_000;
/** What is shown before a hit that is far on in a line. */
const CONTEXT = 200;
/** A code point is at most this long; a cut line ends that close below the limit. */
const LONGEST_CODE_POINT = 4;

interface Props {
  readonly number: number;
  readonly stream: string;
  readonly text: string;
  readonly query?: string;
  readonly numbered?: boolean;
  readonly lit?: boolean;
  /** What it is where it is no whole line yet. */
  readonly unfinished?: UnfinishedRow["kind"];
  /** Fetches the line whole; absent where it is. */
  readonly onWhole?: (number: number) => void;
  readonly onPick?: (number: number) => void;
}

export const LogLine = memo(function LogLine(props: Props): JSX.Element {
  const { number, stream, text, onPick, onWhole } = props;
  const { before, shown } = shownOf(text, props.query);
  const cut = onWhole !== undefined && isCut(text);
  const content = (
    <>
      {before > 0 && <span class="bw-dim">{`${bytes(before)} before this … `}</span>}
      {ansiText(shown, props.query)}
    </>
  );
  const gutter = props.numbered ? <span class="bw-line-number">{count(number)}</span> : null;
  return (
    <div
      class="bw-log-line"
      data-stream={stream}
      data-line={number}
      data-partial={props.unfinished === "partial"}
      data-open={props.unfinished === "open"}
      data-lit={props.lit ?? false}
    >
      {onPick ? (
        <button type="button" class="bw-hit" title="Show this line in the log" onClick={() => onPick(number)}>
          {gutter}
          {content}
        </button>
      ) : (
        <>
          {gutter}
          {content}
        </>
      )}
      {cut && (
        <button type="button" class="bw-button bw-small" onClick={() => onWhole(number)}>
          Show the whole line
        </button>
      )}
      {text.length - before > shown.length && (
        <span class="bw-dim">{` … ${bytes(text.length - before - shown.length)} more in the download`}</span>
      )}
    </div>
  );
});

/** What is laid out of a line: its beginning, or where a hit is only further on, what is around that. */
function shownOf(text: string, query = ""): { before: number; shown: string } {
  const start = text.slice(0, MAX_SHOWN);
  if (text.length <= MAX_SHOWN || query === "") return { before: 0, shown: start };
  if (occurrences(visibleText(start), query).length > 0) return { before: 0, shown: start };
  const visible = visibleText(text.slice(0, MAX_SEARCHED));
  const hit = occurrences(visible, query)[0];
  if (!hit) return { before: 0, shown: start };
  const before = Math.max(0, hit[0] - CONTEXT);
  return { before, shown: visible.slice(before, before + MAX_SHOWN) };
}

/** Whether a line has just the length to which the wire cuts longer ones. */
export function isCut(text: string): boolean {
  if (text.length > MAX_LOG_LINE_BYTES || text.length * 3 < MAX_LOG_LINE_BYTES - LONGEST_CODE_POINT)
    return false;
  const size = new TextEncoder().encode(text).length;
  return size <= MAX_LOG_LINE_BYTES && size > MAX_LOG_LINE_BYTES - LONGEST_CODE_POINT;
}
