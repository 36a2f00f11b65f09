/** From a build to the newest one that was started in its place. */
import type { BuildSession } from "./model";
import type { Summary } from "./protocol/types.gen";

/** Longer chains are not followed: nobody retries that often in one output. */
export const MAX_RETRIES = 20;

export interface Retries {
  builds(query: { readonly retry_of: string; readonly limit: number }): Promise<{
    readonly builds: readonly Summary[];
  }>;
}

/** The newest retry of the build, or of its newest retry, and so on; null where there is none. */
export async function newestRetry(server: Retries, build: string): Promise<Summary | null> {
  let newest: Summary | null = null;
  for (let steps = 0; steps < MAX_RETRIES; steps += 1) {
    const page = await server.builds({ retry_of: newest?.id ?? build, limit: 1 });
    const [next] = page.builds;
    if (next === undefined) break;
    newest = next;
  }
  return newest;
}

const MAY_BE_RETRIED: ReadonlySet<string> = new Set(["failed", "cancelled", "lost"]);

/**
 * Looks once, when the session first shows how the build ended, whether it was retried since; then `onRetry` is called
 * with the newest retry. Returns the function that stops it.
 */
export function followRetries(
  server: Retries,
  session: BuildSession,
  onRetry: (retry: Summary) => void,
): () => void {
  let looked = false;
  let stopped = false;
  const look = () => {
    const { build, state, problem } = session.get();
    if (looked || problem !== null || state === null || !MAY_BE_RETRIED.has(state.status)) return;
    looked = true;
    newestRetry(server, build).then(
      (retry) => {
        if (retry !== null && !stopped) onRetry(retry);
      },
      () => {}, // without an answer the first attempt stays, which says how it ended
    );
  };
  const stop = session.subscribe(look);
  look();
  return () => {
    stopped = true;
    stop();
  };
}
