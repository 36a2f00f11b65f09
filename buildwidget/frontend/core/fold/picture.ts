/**
 * An even picture of a metric's series in at most MAX_METRIC_POINTS points, whatever the length of the series.
 * This is protocol/picture.py in TypeScript; the rules stand there, and the two change together.
 */
import { MAX_METRIC_POINTS } from "../protocol/limits.gen";
import type { MetricPoint } from "../protocol/types.gen";

/** A point with a finite step. */
type Placed = readonly [step: number, value: MetricPoint[1], at: number];
/** One with a finite value, too. */
type Finite = readonly [step: number, value: number, at: number];

interface Picture {
  readonly points: MetricPoint[];
  readonly width: number;
}

const MAX_ODD = 16;
const MAX_SETTLED = MAX_METRIC_POINTS - MAX_ODD - 1;
const TOP = 501;
const BOTTOM = -500;
const HUGE = power(500);
const TINY = power(-500);
/** Up to this many points are put into a picture one by one; for more it is made anew. */
const FEW = 64;
/** From this many points on, those that another one of their bucket outdoes are left out first. */
const SIFTED = 8;

/** 2^exponent by doubling and halving, which are exact in every engine. */
function power(exponent: number): number {
  let result = 1;
  for (let at = 0; at < Math.abs(exponent); at++) result *= exponent > 0 ? 2 : 0.5;
  return result;
}

/** The points with a finite step each; `first` is the number of points before them. */
export function numbered(points: readonly MetricPoint[], first: number): MetricPoint[] {
  // + 0 makes 0 of -0, which is the same value: which of two equal points is kept must not show.
  return points.map(([step, value, at], index) => [
    typeof step === "number" ? step + 0 : first + index,
    typeof value === "number" ? value + 0 : value,
    at,
  ]);
}

/**
 * The picture of all but the newest point, sorted. `kept` is such a picture of width `width`, or any points while
 * there is no width; `fresh` came after it. Every step is a finite number.
 */
export function settle(
  kept: readonly MetricPoint[],
  fresh: readonly MetricPoint[],
  width: number | undefined,
): Picture {
  const points = [...kept] as Placed[];
  const given = fresh as readonly Placed[];
  if (width === undefined) return made([...points, ...given], width);
  const few = given.length > SIFTED && given.every(isFinitePoint) ? chosenOf(given, [], width) : given;
  if (few.length <= FEW && insert(points, few, width)) {
    return { points: points as readonly Placed[] as MetricPoint[], width };
  }
  return made([...points, ...few], width);
}

function bucketOf(step: number, width: number): number {
  const size = Math.abs(step);
  const place = size < TINY ? 0 : size > HUGE ? Math.sign(step) * HUGE : step;
  return Math.floor(place / width);
}

/** Puts a few points into a picture; false where that takes another width, or they meet values that are not finite. */
function insert(points: Placed[], fresh: readonly Placed[], width: number): boolean {
  for (const point of fresh) {
    const bucket = bucketOf(point[0], width);
    let end = placeAfter(points, point[0]);
    let start = end;
    while (start > 0 && bucketOf((points[start - 1] as Placed)[0], width) === bucket) start--;
    while (end < points.length && bucketOf((points[end] as Placed)[0], width) === bucket) end++;
    const members = [...points.slice(start, end), point];
    if (!members.every(isFinitePoint)) return false;
    points.splice(start, end - start, ...endsOf(members));
  }
  return points.length <= MAX_SETTLED;
}

/** The place behind all points up to `step`. */
function placeAfter(points: readonly Placed[], step: number): number {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle] as Placed)[0] <= step) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isFinitePoint(point: Placed): point is Finite {
  return typeof point[1] === "number";
}

function endsOf(members: readonly Finite[]): Finite[] {
  let low = members[0] as Finite;
  let high = low;
  for (const point of members) {
    if (isBefore(point, low)) low = point;
    if (isBefore(high, point)) high = point;
  }
  if (low === high) return [low];
  return byPlaceAndTime(low, high) <= 0 ? [low, high] : [high, low];
}

/** By value, then by step, then by time. */
function isBefore(left: Finite, right: Finite): boolean {
  if (left[1] !== right[1]) return left[1] < right[1];
  return byPlaceAndTime(left, right) < 0;
}

function byPlaceAndTime(left: Placed, right: Placed): number {
  if (left[0] !== right[0]) return left[0] < right[0] ? -1 : 1;
  return left[2] - right[2];
}

/** The picture of the points, with `width` or the next greater one that fits. */
function made(points: readonly Placed[], width: number | undefined): Picture {
  const finite = points.filter(isFinitePoint);
  const odd = sortedOdd(points);
  let picture =
    width === undefined ? widened(finite, odd, BOTTOM - 1) : { points: chosenOf(finite, odd, width), width };
  if (picture.points.length > MAX_SETTLED) {
    picture = widened(picture.points.filter(isFinitePoint), odd, Math.round(Math.log2(picture.width)));
  }
  const lone = new Set(picture.points);
  const marks = odd.slice(0, MAX_ODD).filter((point) => !lone.has(point));
  // What is equal in both stands in one bucket, and the lesser value was chosen first.
  const sorted = [...picture.points, ...marks].sort(byPlaceAndTime);
  return { points: sorted as readonly Placed[] as MetricPoint[], width: picture.width };
}

/** The points whose value is not finite, each once, in order. */
function sortedOdd(points: readonly Placed[]): Placed[] {
  const odd = points.filter((point) => !isFinitePoint(point));
  odd.sort((left, right) => byPlaceAndTime(left, right) || (left[1] < right[1] ? -1 : 1));
  return odd.filter((point, at) => {
    const before = odd[at - 1];
    return before === undefined || byPlaceAndTime(before, point) !== 0 || before[1] !== point[1];
  });
}

interface Choice {
  readonly points: Placed[];
  readonly width: number;
}

/** The smallest width with which the points fit, whose exponent is over `low`, and what is chosen with it. */
function widened(finite: readonly Finite[], odd: readonly Placed[], over: number): Choice {
  let low = over;
  let high = Math.max(low + 1, startOf([...finite, ...odd]));
  let best: Choice = { points: chosenOf(finite, odd, power(high)), width: power(high) };
  let stride = 1;
  while (high - low > 1) {
    // Most series need the next smaller or the one after it; a search by halves finds what only few need.
    const probe = stride > 0 ? Math.max(low + 1, high - stride) : Math.floor((low + high) / 2);
    const width = power(probe);
    const points = chosenOf(finite, odd, width);
    if (points.length <= MAX_SETTLED) {
      high = probe;
      best = { points, width };
      stride *= 2;
    } else {
      low = probe;
      stride = 0;
    }
  }
  return best;
}

/** The exponent of a width with which there are at most 202 buckets. */
function startOf(points: readonly Placed[]): number {
  let [least, most] = [HUGE, -HUGE];
  for (const [step] of points) {
    const place = Math.max(-HUGE, Math.min(HUGE, step));
    least = Math.min(least, place);
    most = Math.max(most, place);
  }
  const wanted = (most - least) / 200;
  return wanted > TINY ? Math.min(TOP, Math.floor(Math.log2(wanted)) + 1) : BOTTOM;
}

/** The points of all buckets: the lesser of each first. `odd` is sorted. */
function chosenOf(finite: readonly Finite[], odd: readonly Placed[], width: number): Placed[] {
  const ends = new Map<number, [low: Finite, high: Finite]>();
  let last = Number.NaN;
  let of: [low: Finite, high: Finite] | undefined;
  for (const point of finite) {
    const bucket = bucketOf(point[0], width);
    if (bucket !== last) of = ends.get(bucket); // mostly it is the bucket of the point before
    last = bucket;
    if (of === undefined) {
      of = [point, point];
      ends.set(bucket, of);
      continue;
    }
    if (isBefore(point, of[0])) of[0] = point;
    if (isBefore(of[1], point)) of[1] = point;
  }
  const chosen: Placed[] = [];
  for (const [low, high] of ends.values()) {
    chosen.push(low);
    if (high !== low) chosen.push(high);
  }
  const taken = new Set(ends.keys());
  for (const point of odd) {
    const bucket = bucketOf(point[0], width);
    if (taken.has(bucket)) continue;
    taken.add(bucket);
    chosen.push(point);
  }
  return chosen;
}
