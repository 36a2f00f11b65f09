/** Numbers as a person reads them. All pure; all times are milliseconds. */
import type { WireNumber } from "./types";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const two = (value: number): string => String(value).padStart(2, "0");

/** A running clock: `0:07`, `2:41`, `1:02:41`, `3 d 4:05:06`. Never negative. */
export function clock(ms: number): string {
  const left = Math.max(0, Number.isFinite(ms) ? ms : 0);
  const days = Math.floor(left / DAY);
  const hours = Math.floor((left % DAY) / HOUR);
  const minutes = Math.floor((left % HOUR) / MINUTE);
  const seconds = two(Math.floor((left % MINUTE) / SECOND));
  if (days > 0) return `${days} d ${hours}:${two(minutes)}:${seconds}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${seconds}` : `${minutes}:${seconds}`;
}

/** How long something took: `<0.1 s`, `0.3 s`, `48 s`, `2 min 05 s`, `1 h 03 min`. */
export function span(ms: number): string {
  const left = Math.max(0, Number.isFinite(ms) ? ms : 0);
  if (left < 50) return "<0.1 s";
  if (left < 9_950) return `${(left / SECOND).toFixed(1)} s`;
  if (left < 59_500) return `${Math.round(left / SECOND)} s`;
  const seconds = Math.round(left / SECOND);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}

/** The clock of what has ended: `0.4 s` below a second, where a clock would stand at zero. */
export function stoppedClock(ms: number): string {
  return ms < SECOND ? span(ms) : clock(ms);
}

/** How long something has taken so far: whole seconds, because running tenths would only flicker. */
export function spanSoFar(ms: number): string {
  return ms < 60_000 ? `${Math.max(0, Math.floor(ms / SECOND))} s` : span(Math.floor(ms / SECOND) * SECOND);
}

/** Bytes in powers of ten, as files are told: `512 B`, `4.1 kB`, `12 MB`. */
export function bytes(size: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = size;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : Number(value.toPrecision(2))} ${units[unit]}`;
}

/** `1234567` as `1,234,567`. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** `1 tool`, `12 tools`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Large counts in short: `950`, `12.3k`, `4.1M`. */
export function short(value: number): string {
  if (value < 999.5) return String(Math.round(value));
  if (value < 999_500) return `${Number((value / 1e3).toPrecision(3))}k`;
  return `${Number((value / 1e6).toPrecision(3))}M`;
}

/** A measured value with four significant digits: `0.3127`, `12.35`, `1.2e-7`, `NaN`. */
export function measure(value: WireNumber): string {
  if (typeof value === "string") return value === "Infinity" ? "∞" : value === "-Infinity" ? "−∞" : value;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) {
    return value.toExponential(2).replace("e+", "e").replace("-", "−");
  }
  if (Number.isInteger(value)) return count(value).replace("-", "−");
  return String(Number(value.toPrecision(4))).replace("-", "−");
}

/** The number as such, NaN where it travelled as a word. */
export function finite(value: WireNumber | null | undefined): number {
  return typeof value === "number" && Number.isFinite(value) ? value : Number.NaN;
}

/** The words of a path that tell it apart: a long one keeps its last three parts. */
export function shortPath(path: string, limit = 56): string {
  if (path.length <= limit) return path;
  const parts = path.split("/");
  return parts.length > 3 ? `…/${parts.slice(-3).join("/")}` : path;
}
