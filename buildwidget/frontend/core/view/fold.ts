/** When the view shows all of a build, and when only its header and how it ended. */
import type { Status } from "./types";

export function hasEnded(status: Status): boolean {
  return status !== "queued" && status !== "running";
}

export interface FoldInput {
  readonly ended: boolean;
  /** Whether the host wants ended builds folded at all. */
  readonly allowed: boolean;
  /** Whether the reader was busy inside the view when the build ended; nothing folds under their hands. */
  readonly engaged: boolean;
  /** What the reader chose last, or null. */
  readonly chosen: boolean | null;
}

export function isFolded({ ended, allowed, engaged, chosen }: FoldInput): boolean {
  if (chosen !== null) return chosen;
  return ended && allowed && !engaged;
}
