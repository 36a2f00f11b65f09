/**
 * What a page was sent to a typed event: the twin of msgspec's decoding, by tables generated from its types.
 * A malformed event (an unknown type, a wrong field, deeper than MAX_JSON_DEPTH) is null: only its seq counts.
 */
import { MAX_JSON_DEPTH } from "./limits.gen";
import { EVENT_SHAPES } from "./shapes.gen";
import { cleanJson, cleanNumber, cleanText, isDeeper, isRecord } from "./text";
import type { Event } from "./types.gen";

type Shape =
  | "text"
  | "any"
  | "boolean"
  | "number"
  | { readonly integer: readonly [number, number] }
  | { readonly one_of: readonly string[] }
  | { readonly list: Shape }
  | { readonly tuple: readonly Shape[] }
  | { readonly map: readonly [Shape, Shape] }
  | { readonly struct: Fields }
  | { readonly optional: Shape }
  | { readonly absent_or: Shape };
type Fields = { readonly [field: string]: Shape };

/** Gives the value, cleaned; undefined where an optional one is not there; MALFORMED. */
type Reader = (value: unknown) => unknown;

const MALFORMED = Symbol("malformed");
const NON_FINITE: ReadonlySet<unknown> = new Set(["NaN", "Infinity", "-Infinity"]);

const SCALARS: Record<"text" | "any" | "boolean" | "number", Reader> = {
  text: (value) => (typeof value === "string" ? cleanText(value) : MALFORMED),
  any: cleanJson,
  boolean: (value) => (typeof value === "boolean" ? value : MALFORMED),
  number: (value) =>
    typeof value === "number" ? cleanNumber(value) : NON_FINITE.has(value) ? value : MALFORMED,
};

function reader(shape: Shape): Reader {
  if (typeof shape === "string") return SCALARS[shape];
  if ("integer" in shape) return integerReader(...shape.integer);
  if ("one_of" in shape) return wordReader(shape.one_of);
  if ("list" in shape) return listReader(reader(shape.list));
  if ("tuple" in shape) return tupleReader(shape.tuple.map(reader));
  if ("map" in shape) return mapReader(reader(shape.map[0]), reader(shape.map[1]));
  if ("struct" in shape) return structReader(shape.struct);
  if ("optional" in shape) return optionalReader(reader(shape.optional));
  const inner = reader(shape.absent_or);
  return (value) => (value === undefined ? undefined : inner(value));
}

function optionalReader(inner: Reader): Reader {
  return (value) => (value === undefined || value === null ? undefined : inner(value));
}

function integerReader(lowest: number, highest: number): Reader {
  return (value) =>
    Number.isInteger(value) && (value as number) >= lowest && (value as number) <= highest
      ? value
      : MALFORMED;
}

function wordReader(words: readonly string[]): Reader {
  return (value) => (words.includes(value as string) ? value : MALFORMED);
}

function listReader(item: Reader): Reader {
  return (value) => (Array.isArray(value) ? readItems(value, () => item) : MALFORMED);
}

function tupleReader(items: readonly Reader[]): Reader {
  return (value) =>
    Array.isArray(value) && value.length === items.length
      ? readItems(value, (at) => items[at] as Reader)
      : MALFORMED;
}

/** The very array where no item changed: most log lines pass through without a copy. */
function readItems(value: readonly unknown[], readerAt: (at: number) => Reader): unknown {
  let copy: unknown[] | null = null;
  for (let at = 0; at < value.length; at++) {
    let item = readerAt(at)(value[at]);
    if (item === MALFORMED) return MALFORMED;
    if (item === undefined) item = null;
    if (copy === null && !Object.is(item, value[at])) copy = value.slice(0, at);
    copy?.push(item);
  }
  return copy ?? value;
}

function mapReader(key: Reader, item: Reader): Reader {
  return (value) => {
    if (!isRecord(value)) return MALFORMED;
    const entries: [string, unknown][] = [];
    for (const [name, content] of Object.entries(value)) {
      const read = item(content);
      if (key(name) === MALFORMED || read === MALFORMED) return MALFORMED;
      entries.push([name, read]);
    }
    return Object.fromEntries(entries);
  };
}

/** Unknown fields are left out. */
function structReader(fields: Fields): Reader {
  const readers = Object.entries(fields).map(([field, shape]) => [field, reader(shape)] as const);
  return (value) => {
    if (!isRecord(value)) return MALFORMED;
    const struct: Record<string, unknown> = {};
    for (const [field, read] of readers) {
      const content = read(value[field]);
      if (content === MALFORMED) return MALFORMED;
      if (content !== undefined) struct[field] = content;
    }
    return struct;
  };
}

// A Map: the types come from outside, and an object would find "constructor" in its prototype.
const READERS: ReadonlyMap<unknown, Reader> = new Map(
  Object.entries(EVENT_SHAPES).map(([type, fields]) => [type, structReader(fields as Fields)]),
);

/** The event in `value`, a parsed JSON value, clean; null where it is malformed or of an unknown type. */
export function decodeEvent(value: unknown): Event | null {
  if (!isRecord(value)) return null;
  const read = READERS.get(value.type);
  if (read === undefined || isDeeper(value, MAX_JSON_DEPTH)) return null;
  const fields = read(value);
  return fields === MALFORMED ? null : ({ type: value.type, ...(fields as object) } as Event);
}
