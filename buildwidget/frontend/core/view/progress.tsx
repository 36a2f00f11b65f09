/**
 * Progress bars; those that are over step back when there are many. After the build's end no bar looks open: what the
 * program closed is not shown, and what the end stopped says so, or is not shown after a success.
 */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { isOver } from "../fold/bars";
import { hasEnded } from "./fold";
import { clock, plural } from "./format";
import { Icon } from "./icons";
import { memo } from "./memo";
import { amountText, fraction, PaceKeeper, rateText } from "./rate";
import type { ProgressRow, State } from "./types";

const MANY = 5;
/** A bar that stands still still slows down in front of the reader. */
const REFRESH_MS = 1_000;

interface Props {
  readonly bars: readonly ProgressRow[];
  readonly status: State["status"];
}

export const Progress = memo(function Progress(props: Props): JSX.Element | null {
  const ended = hasEnded(props.status);
  const bars = ended ? props.bars.filter((bar) => isShownAtEnd(bar, props.status)) : props.bars;
  const [showAll, setShowAll] = useState(false);
  const [, refresh] = useState(0);
  const keeper = useRef<PaceKeeper>(null);
  keeper.current ??= new PaceKeeper();
  const now = performance.now();
  keeper.current.observe(bars, now);
  const moving = !ended && bars.some((bar) => !isOver(bar));
  useEffect(() => {
    if (!moving) return;
    const timer = setInterval(() => refresh((value) => value + 1), REFRESH_MS);
    return () => clearInterval(timer);
  }, [moving]);
  const shown = showAll || bars.length <= MANY ? bars : bars.filter((bar) => !isOver(bar));
  const hidden = bars.length - shown.length;
  if (bars.length === 0) return null;
  return (
    <section class="bw-progress" aria-label="Progress" data-testid="progress" data-bars={bars.length}>
      {(hidden > 0 || (showAll && bars.length > MANY)) && (
        <button
          type="button"
          class="bw-fold-button"
          aria-expanded={showAll}
          onClick={() => setShowAll(!showAll)}
        >
          <Icon name="chevron" class={showAll ? "bw-turn-down" : ""} />
          {overText(bars)}
        </button>
      )}
      {shown.map((bar) => {
        const pace = ended || isOver(bar) ? null : (keeper.current?.pace(bar, now) ?? null);
        return (
          <Bar
            key={bar.id}
            bar={bar}
            ended={ended}
            rate={pace === null ? "" : rateText(pace.rate, bar.unit)}
            eta={pace?.eta === undefined || pace.eta === null ? "" : `eta ${clock(pace.eta)}`}
          />
        );
      })}
    </section>
  );
});

function isShownAtEnd(bar: ProgressRow, status: State["status"]): boolean {
  return !bar.closed && (bar.done || status !== "succeeded");
}

/** `12 bars done`, `1 bar done, 2 closed`. */
function overText(bars: readonly ProgressRow[]): string {
  const done = bars.filter((bar) => bar.done).length;
  const closed = bars.filter((bar) => isOver(bar) && !bar.done).length;
  if (done === 0) return `${plural(closed, "bar")} closed`;
  return `${plural(done, "bar")} done${closed === 0 ? "" : `, ${closed} closed`}`;
}

interface BarProps {
  readonly bar: ProgressRow;
  readonly ended: boolean;
  readonly rate: string;
  readonly eta: string;
}

const Bar = memo(function Bar({ bar, ended, rate, eta }: BarProps): JSX.Element {
  const part = fraction(bar);
  const stopped = ended && !bar.done;
  const moves = !ended && !isOver(bar);
  const amount = `${stopped ? "stopped at " : ""}${amountText(bar.current, bar.total, bar.unit)}`;
  const name = bar.label || bar.id;
  return (
    <div class="bw-bar-row" data-bar-id={bar.id} data-done={bar.done} data-stopped={!moves && !bar.done}>
      <span class="bw-bar-label" title={name}>
        {name}
      </span>
      <span
        class="bw-bar"
        role="progressbar"
        aria-label={name}
        aria-valuetext={amount}
        data-unknown={part === null && moves}
        data-standing={bar.done ? "succeeded" : "running"}
        {...(part === null
          ? {}
          : { "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.floor(part * 100) })}
      >
        <span class="bw-fill" style={{ transform: `scaleX(${part ?? (moves ? 1 : 0)})` }} />
      </span>
      <span class="bw-bar-amount">{amount}</span>
      <span class="bw-bar-pace">
        {bar.done ? (
          <Icon name="check" class="bw-good" />
        ) : bar.closed ? (
          <span class="bw-bar-closed">closed</span>
        ) : (
          <>
            <span>{rate}</span>
            <span>{eta}</span>
          </>
        )}
      </span>
    </div>
  );
});
