/** Metrics: the latest value with a sparkline each; a click shows the plot. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { finite, measure } from "./format";
import { memo } from "./memo";
import { Plot } from "./plot";
import { extentOf, pathOf, pointsOf } from "./series";
import type { MetricRow } from "./types";

const SPARK = { left: 1, top: 2, width: 62, height: 14 };

export const Metrics = memo(function Metrics({ metrics }: { metrics: readonly MetricRow[] }): JSX.Element {
  const [open, setOpen] = useState<string | null>(null);
  const chosen = metrics.find((metric) => metric.name === open);
  return (
    <section class="bw-metrics-section" aria-label="Metrics" data-testid="metrics">
      <div class="bw-metrics">
        {metrics.map((metric) => (
          <Metric key={metric.name} metric={metric} open={metric.name === open} choose={setOpen} />
        ))}
      </div>
      {chosen && (
        // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes the plot from anywhere in it.
        <div onKeyDown={(event) => event.key === "Escape" && setOpen(null)}>
          <Plot key={chosen.name} metric={chosen} onClose={() => setOpen(null)} />
        </div>
      )}
    </section>
  );
});

interface MetricProps {
  readonly metric: MetricRow;
  readonly open: boolean;
  choose(name: string | null): void;
}

const Metric = memo(function Metric({ metric, open, choose }: MetricProps): JSX.Element {
  const last = metric.points.at(-1);
  const value = last ? measure(last[1]) : "–";
  const odd = last !== undefined && Number.isNaN(finite(last[1]));
  return (
    <button
      type="button"
      class="bw-metric"
      aria-expanded={open}
      data-metric={metric.name}
      title={`${metric.name}: ${value}`}
      onClick={() => choose(open ? null : metric.name)}
    >
      <span class="bw-metric-name">{metric.name}</span>
      <span class={`bw-metric-value ${odd ? "bw-bad" : ""}`}>{value}</span>
      <Sparkline metric={metric} />
    </button>
  );
});

function Sparkline({ metric }: { metric: MetricRow }): JSX.Element | null {
  const points = pointsOf(metric);
  const x = extentOf(points.map((point) => point.x));
  const y = extentOf(points.map((point) => point.y));
  if (!x || !y || points.length < 2) return null;
  return (
    <svg class="bw-spark" viewBox="0 0 64 18" width="64" height="18" aria-hidden="true" focusable="false">
      <path d={pathOf(points, x, y, SPARK)} />
    </svg>
  );
}
