/** Frames as they come over a wire: text that should be one, but may be anything. */
import type { ServerFrame } from "./protocol/types.gen";

/** The frame in a text, or null where it is none. Unknown types pass: whoever reads them ignores them. */
export function parseFrame(text: string): ServerFrame | null {
  try {
    return asFrame(JSON.parse(text));
  } catch {
    return null;
  }
}

export function asFrame(value: unknown): ServerFrame | null {
  const isFrame =
    typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
  return isFrame ? (value as ServerFrame) : null;
}
