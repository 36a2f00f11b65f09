/** Time that ticks in the page. Only the component that shows a clock is drawn again, once a second. */
import { useEffect, useState } from "preact/hooks";

/** The wall clock, ms since the epoch. It is read anew at every tick, so it is right after the laptop slept. */
export const wallClock = (): number => Date.now();

/** Milliseconds until the seconds of a clock that started at `start` change; a little late rather than early. */
export function untilNextSecond(start: number, now: number): number {
  const into = (now - start) % 1000;
  return 1000 - (into < 0 ? into + 1000 : into) + 4;
}

/** Milliseconds from `start` to `end`, or to now, ticking, while `end` is null. Null where that is not known. */
export function useElapsed(start: number | null, end: number | null): number | null {
  const [, setTick] = useState(0);
  useEffect(() => {
    if (start === null || end !== null) return;
    let timer: ReturnType<typeof setTimeout>;
    const tick = () => {
      clearTimeout(timer);
      setTick((value) => value + 1);
      timer = setTimeout(tick, untilNextSecond(start, wallClock()));
    };
    timer = setTimeout(tick, untilNextSecond(start, wallClock()));
    document.addEventListener("visibilitychange", tick);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", tick);
    };
  }, [start, end]);
  if (start === null || (end !== null && end < start)) return null;
  return Math.max(0, (end ?? wallClock()) - start);
}
