/** How long to wait between tries, and how many tries there are. */

export const FIRST_CEILING_MS = 1_000;
export const CEILING_MS = 30_000;
export const MAX_TRIES = 10;

/**
 * Milliseconds to wait before the next try: full jitter, evenly from 0 to a ceiling that doubles with every
 * failed try, so that the pages of a server that comes back do not all arrive at once.
 */
export function retryDelay(failedTries: number, random: () => number): number {
  return random() * Math.min(CEILING_MS, FIRST_CEILING_MS * 2 ** failedTries);
}
