/** The state of a build in one icon and one word. */
import type { JSX } from "preact";
import { Icon, type IconName, Spinner } from "./icons";
import type { State, Status } from "./types";

/** How a build stands, as a person would say it; finer than the wire's status. */
export type Standing = Status | "cancelling" | "waiting";

export function standingOf(state: State): Standing {
  if (state.status !== "running" && state.status !== "queued") return state.status;
  if (state.cancelling) return "cancelling";
  if (state.permissions.some((row) => row.decision === undefined)) return "waiting";
  return state.status;
}

export const WORDS: Record<Standing, string> = {
  queued: "Queued",
  running: "Running",
  waiting: "Waiting for you",
  cancelling: "Cancelling",
  succeeded: "Succeeded",
  failed: "Failed",
  cancelled: "Cancelled",
  lost: "Lost",
};

/** The word for a standing; a queued build tells its place where it is known (`ahead` builds before it). */
export function standingWord(standing: Standing, ahead: number | null): string {
  if (standing !== "queued" || ahead === null) return WORDS[standing];
  return ahead === 0 ? "Queued · next" : `Queued · ${ahead} ahead`;
}

const ICONS: Partial<Record<Standing, IconName>> = {
  waiting: "question",
  succeeded: "check",
  failed: "cross",
  cancelled: "stop",
  lost: "question",
};

export function StatusIcon({ standing }: { standing: Standing }): JSX.Element {
  const icon = ICONS[standing];
  if (icon) {
    return (
      <span class="bw-badge" data-standing={standing}>
        <Icon name={icon} />
      </span>
    );
  }
  return (
    <span class="bw-badge bw-badge-open" data-standing={standing}>
      {standing === "queued" ? <span class="bw-hollow" /> : <Spinner />}
    </span>
  );
}
