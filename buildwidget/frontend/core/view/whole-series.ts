/** The whole series of an opened metric, asked for once and again when it has grown or the drawing was resized. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { MetricPicture } from "../model";
import { useBuild } from "./session";
import type { MetricRow } from "./types";

/** A column that is parted by gaps takes up to six points. */
const POINTS_A_PIXEL = 6;
const MOST_POINTS = 10_000;

/** By how much a series grows before it is asked for again while it goes on growing. */
const MUCH = 1.25;

/** How long a series that has grown stands still, or the drawing keeps its width, before it is asked for again, ms. */
export const QUIET_MS = 1_500;
const RESIZED_MS = 250;

interface Answer {
  readonly name: string;
  readonly width: number;
  /** How many points the series had. */
  readonly count: number;
  /** Null where the answer was an error; what the state has is drawn then. */
  readonly picture: MetricPicture | null;
}

/**
 * The newest answer for this metric, drawn on `width` pixels (0: not known yet); null while there is none, and where
 * the state itself holds all points.
 */
export function useWholeSeries(metric: MetricRow, width: number): MetricPicture | null {
  const { build, actions } = useBuild();
  const [answer, setAnswer] = useState<Answer | null>(null);
  const asking = useRef(false);
  const { name, count } = metric;
  const complete = metric.width === undefined;
  const known = answer?.name === name ? answer : null;

  useEffect(() => {
    if (complete || width <= 0) return;
    const wait = waitOf(known, count, width);
    if (wait === null) return;
    let open = true;
    const ask = () => {
      if (asking.current) return;
      asking.current = true;
      actions
        .metric({
          name,
          points: Math.min(MOST_POINTS, POINTS_A_PIXEL * Math.round(width)),
          width: Math.round(width),
        })
        .catch(() => null)
        .then((picture) => {
          asking.current = false;
          setAnswer((before) => ({
            name,
            width,
            count: Math.max(count, picture?.count ?? 0),
            picture: picture ?? (before?.name === name ? before.picture : null),
          }));
        });
    };
    const timer = setTimeout(() => open && ask(), wait);
    return () => {
      open = false;
      clearTimeout(timer);
    };
  }, [build, actions, name, count, width, complete, known]);

  return complete ? null : (known?.picture ?? null);
}

/** How long to wait before asking, ms; null: not at all. */
function waitOf(known: Answer | null, count: number, width: number): number | null {
  if (known === null) return 0;
  if (known.width !== width) return RESIZED_MS;
  if (known.count >= count) return null;
  return count >= known.count * MUCH ? 0 : QUIET_MS;
}
