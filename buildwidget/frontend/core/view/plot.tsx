/** One metric, large: axes, and the point nearest to the pointer. A few points a pixel, so SVG is quick enough. */
import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { measure, plural } from "./format";
import { Icon } from "./icons";
import {
  type Extent,
  extentOf,
  type Frame,
  nearest,
  type Point,
  pathOf,
  place,
  pointsOf,
  ticks,
} from "./series";
import type { MetricRow } from "./types";
import { useWholeSeries } from "./whole-series";

const HEIGHT = 180;
const EDGE = { left: 56, right: 12, top: 10, bottom: 24 };

export function Plot({ metric, onClose }: { metric: MetricRow; onClose(): void }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [over, setOver] = useState<number | null>(null);
  const frame: Frame = {
    left: EDGE.left,
    top: EDGE.top,
    width: Math.max(40, width - EDGE.left - EDGE.right),
    height: HEIGHT - EDGE.top - EDGE.bottom,
  };
  const whole = useWholeSeries(metric, width > 0 ? frame.width : 0);
  const { points, x, y } = useMemo(() => {
    // All points of the state are points of the series, so those it has besides the answer's are at their place.
    const drawn = pointsOf(metric, whole?.points);
    return {
      points: drawn,
      x: extentOf(drawn.map((point) => point.x)),
      y: extentOf(drawn.map((point) => point.y)),
    };
  }, [metric, whole]);
  const point = over === null ? undefined : points[over];
  const onMove = (event: PointerEvent) => {
    const left = box.current?.getBoundingClientRect().left ?? 0;
    if (x)
      setOver(nearest(points, x.min + ((event.clientX - left - frame.left) / frame.width) * (x.max - x.min)));
  };
  return (
    <div class="bw-plot" data-plot={metric.name} data-points={points.length} data-whole={whole?.count}>
      <div class="bw-plot-head">
        <span class="bw-plot-title" title={metric.name}>
          {metric.name}
        </span>
        <span class="bw-dim">
          {point ? `step ${measure(point.x)}: ${measure(point.y)}` : `${plural(metric.count, "point")}`}
        </span>
        <span class="bw-push" />
        <button
          type="button"
          class="bw-icon-button"
          aria-label="Close the plot"
          title="Close"
          onClick={onClose}
        >
          <Icon name="cross" />
        </button>
      </div>
      <div ref={box} class="bw-plot-box" onPointerMove={onMove} onPointerLeave={() => setOver(null)}>
        {x && y ? (
          <Chart points={points} x={x} y={y} frame={frame} over={point} name={metric.name} />
        ) : (
          <p class="bw-empty">No finite value yet.</p>
        )}
      </div>
    </div>
  );
}

function useWidth(box: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return width;
}

interface ChartProps {
  readonly points: readonly Point[];
  readonly x: Extent;
  readonly y: Extent;
  readonly frame: Frame;
  readonly over: Point | undefined;
  readonly name: string;
}

function Chart({ points, x, y, frame, over, name }: ChartProps): JSX.Element {
  const right = frame.left + frame.width;
  const bottom = frame.top + frame.height;
  const toX = (value: number): number => place(value, x, frame.left, frame.width);
  const toY = (value: number): number => place(value, y, bottom, -frame.height);
  return (
    <svg
      class="bw-chart"
      width={right + EDGE.right}
      height={HEIGHT}
      role="img"
      aria-label={`Plot of ${name}`}
    >
      {ticks(y, 4).map((value) => (
        <g key={value}>
          <line class="bw-grid" x1={frame.left} x2={right} y1={toY(value)} y2={toY(value)} />
          <text
            class="bw-tick"
            x={frame.left - 8}
            y={toY(value)}
            text-anchor="end"
            dominant-baseline="middle"
          >
            {measure(value)}
          </text>
        </g>
      ))}
      {ticks(x, Math.max(2, Math.floor(frame.width / 110))).map((value) => (
        <text key={value} class="bw-tick" x={toX(value)} y={bottom + 16} text-anchor="middle">
          {measure(value)}
        </text>
      ))}
      <path class="bw-curve" d={pathOf(points, x, y, frame)} />
      {over && !Number.isNaN(over.y) && (
        <g>
          <line class="bw-cross" x1={toX(over.x)} x2={toX(over.x)} y1={frame.top} y2={bottom} />
          <circle class="bw-point" cx={toX(over.x)} cy={toY(over.y)} r={3} />
        </g>
      )}
    </svg>
  );
}
