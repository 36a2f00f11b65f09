/**
 * Text and JSON values within their bounds: UTF-8 sizes, cuts at code points, and what JSON cannot hold.
 * This is protocol/text.py in TypeScript; the two change together.
 */

const encoder = new TextEncoder();
// A BOM at the start of a cut is text like any other; by default the decoder would swallow it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;

/** How many UTF-8 bytes `text` takes. */
export function byteLength(text: string): number {
  if (text.length > 2000) return encoder.encode(text).length;
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    // A pair of surrogates is two units and four bytes, so each half adds one.
    if (unit >= 0x80) bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return bytes;
}

/** `text`, or its longest start of at most `limit` UTF-8 bytes that cuts no code point. */
export function keepStart(text: string, limit: number): string {
  if (text.length * 3 <= limit || byteLength(text) <= limit) return text;
  const bytes = encoder.encode(text);
  let end = limit;
  while (continues(bytes[end])) end--;
  return decoder.decode(bytes.subarray(0, end));
}

/** `text`, or its longest end of at most `limit` UTF-8 bytes that cuts no code point. */
export function keepEnd(text: string, limit: number): string {
  if (text.length * 3 <= limit || byteLength(text) <= limit) return text;
  const bytes = encoder.encode(text);
  let start = bytes.length - limit;
  while (continues(bytes[start])) start++;
  return decoder.decode(bytes.subarray(start));
}

function continues(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** `text` with U+FFFD in place of every lone surrogate. */
export function cleanText(text: string): string {
  return LONE_SURROGATE.test(text) ? text.replace(LONE_SURROGATES, "\ufffd") : text;
}

/** The number as the wire holds it: non-finite ones (JSON.parse makes them of 1e999) as strings. */
export function cleanNumber(value: number): number | "NaN" | "Infinity" | "-Infinity" {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

/** A JSON value with its text and numbers cleaned; the same object where nothing had to change. */
export function cleanJson(value: unknown): unknown {
  if (typeof value === "string") return cleanText(value);
  if (typeof value === "number") return cleanNumber(value);
  if (Array.isArray(value)) {
    const cleaned = value.map(cleanJson);
    return cleaned.every((item, at) => Object.is(item, value[at])) ? value : cleaned;
  }
  return isRecord(value) ? cleanObject(value) : value;
}

function cleanObject(value: Record<string, unknown>): unknown {
  const cleaned = Object.entries(value).map(([key, item]) => [cleanText(key), cleanJson(item)] as const);
  const same = cleaned.every(([key, item]) => Object.hasOwn(value, key) && Object.is(item, value[key]));
  // fromEntries defines "__proto__" as the key it is; an assignment would set the prototype.
  return same ? value : Object.fromEntries(cleaned);
}

/** Whether arrays and objects lie more than `depth` deep within each other in `value`. */
export function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth <= 0) return true;
  if (Array.isArray(value)) return value.some((item) => isDeeper(item, depth - 1));
  for (const key in value) if (isDeeper((value as Record<string, unknown>)[key], depth - 1)) return true;
  return false;
}

/**
 * How much a JSON value weighs: never more than its JSON text, and alike in both languages.
 * UTF-8 bytes of strings and keys, 1 for every other scalar, 2 for every array and object.
 */
export function weight(value: unknown): number {
  if (typeof value === "string") return byteLength(value);
  if (typeof value !== "object" || value === null) return 1;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + weight(item), 2);
  return Object.entries(value).reduce((sum, [key, item]) => sum + byteLength(key) + weight(item), 2);
}

/** Whether `value` is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
