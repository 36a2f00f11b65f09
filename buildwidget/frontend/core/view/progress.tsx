/** Progress bars; done ones step back when there are many. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { clock, plural } from "./format";
import { Icon } from "./icons";
import { memo } from "./memo";
import { amountText, fraction, PaceKeeper, rateText } from "./rate";
import type { ProgressRow } from "./types";

const MANY = 5;
/** A bar that stands still still slows down in front of the reader. */
const REFRESH_MS = 1_000;

interface Props {
  readonly bars: readonly ProgressRow[];
  readonly ended: boolean;
}

export const Progress = memo(function Progress({ bars, ended }: Props): JSX.Element {
  const [showAll, setShowAll] = useState(false);
  const [, refresh] = useState(0);
  const keeper = useRef<PaceKeeper>(null);
  keeper.current ??= new PaceKeeper();
  const now = performance.now();
  keeper.current.observe(bars, now);
  const moving = !ended && bars.some((bar) => !bar.done);
  useEffect(() => {
    if (!moving) return;
    const timer = setInterval(() => refresh((value) => value + 1), REFRESH_MS);
    return () => clearInterval(timer);
  }, [moving]);
  const shown = showAll || bars.length <= MANY ? bars : bars.filter((bar) => !bar.done);
  const hidden = bars.length - shown.length;
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
          {`${plural(bars.filter((bar) => bar.done).length, "bar")} done`}
        </button>
      )}
      {shown.map((bar) => {
        const pace = ended || bar.done ? null : (keeper.current?.pace(bar, now) ?? null);
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

interface BarProps {
  readonly bar: ProgressRow;
  readonly ended: boolean;
  readonly rate: string;
  readonly eta: string;
}

const Bar = memo(function Bar({ bar, ended, rate, eta }: BarProps): JSX.Element {
  const part = fraction(bar);
  const amount = amountText(bar.current, bar.total, bar.unit);
  const name = bar.label || bar.id;
  return (
    <div class="bw-bar-row" data-bar-id={bar.id} data-done={bar.done}>
      <span class="bw-bar-label" title={name}>
        {name}
      </span>
      <span
        class="bw-bar"
        role="progressbar"
        aria-label={name}
        aria-valuetext={amount}
        data-unknown={part === null && !bar.done && !ended}
        data-standing={bar.done ? "succeeded" : "running"}
        {...(part === null
          ? {}
          : { "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.floor(part * 100) })}
      >
        <span class="bw-fill" style={{ transform: `scaleX(${part ?? (bar.done || ended ? 0 : 1)})` }} />
      </span>
      <span class="bw-bar-amount">{amount}</span>
      <span class="bw-bar-pace">
        {bar.done ? (
          <Icon name="check" class="bw-good" />
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
