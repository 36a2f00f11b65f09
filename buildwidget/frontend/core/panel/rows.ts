/** From summaries to the lines of the panel. All pure. */
import { isActive } from "../feed";
import type { Summary } from "../protocol/types.gen";
import { operationWords } from "../view/operation";

export type StatusChoice = "all" | "active" | "succeeded" | "failed" | "cancelled" | "lost";

export interface Filter {
  readonly q: string;
  readonly status: StatusChoice;
}

export const NO_FILTER: Filter = { q: "", status: "all" };

/** The statuses to ask the server for; undefined: any. */
export function statusQuery(status: StatusChoice): string | undefined {
  if (status === "all") return undefined;
  return status === "active" ? "queued,running" : status;
}

/** As the server does: name, project, key and id, whatever the case of the letters. */
export function matches(build: Summary, { q, status }: Filter): boolean {
  const wanted = statusQuery(status);
  if (wanted !== undefined && !wanted.split(",").includes(build.status)) return false;
  const words = q.trim().toLowerCase();
  if (words === "") return true;
  return [build.name, build.project, build.key, build.id].some((text) => text?.toLowerCase().includes(words));
}

/** Live rows count more than those of a page that was fetched before; what was deleted here is gone from both. */
export function merge(
  live: readonly Summary[],
  fetched: readonly Summary[],
  gone: ReadonlySet<string>,
  filter: Filter,
): Summary[] {
  const byId = new Map(fetched.map((build) => [build.id, build]));
  for (const build of live) byId.set(build.id, build);
  return [...byId.values()].filter((build) => !gone.has(build.id) && matches(build, filter)).sort(order);
}

/** Running before queued before ended; the newest first. */
function order(a: Summary, b: Summary): number {
  return place(a) - place(b) || b.created_at - a.created_at || (a.id < b.id ? 1 : -1);
}

function place({ status }: Summary): number {
  return status === "running" ? 0 : status === "queued" ? 1 : 2;
}

export type Line =
  | {
      readonly type: "group";
      readonly key: string;
      readonly project: string | null;
      readonly count: number;
      readonly active: number;
      readonly open: boolean;
    }
  | { readonly type: "build"; readonly key: string; readonly build: Summary };

/** One group a project, those with running builds first; a lone group without a project needs no heading. */
export function linesOf(builds: readonly Summary[], closed: ReadonlySet<string>): Line[] {
  const groups = new Map<string, Summary[]>();
  for (const build of builds) {
    const key = groupKey(build.project);
    const group = groups.get(key);
    if (group) group.push(build);
    else groups.set(key, [build]);
  }
  if (groups.size === 1 && groups.has(groupKey(null))) return builds.map(lineOf);
  return [...groups].flatMap(([key, group]) => {
    const open = !closed.has(key);
    const heading: Line = {
      type: "group",
      key,
      project: group[0]?.project ?? null,
      count: group.length,
      active: group.filter(isActive).length,
      open,
    };
    return [heading, ...(open ? group.map(lineOf) : [])];
  });
}

function groupKey(project: string | null): string {
  return project === null ? "no project" : `project ${project}`;
}

function lineOf(build: Summary): Line {
  return { type: "build", key: build.id, build };
}

/** What the second line of a row tells: what an agent did and which one, or else the kind. */
export function madeBy({ kind, operation, agent, model }: Summary): string {
  const what = operation ? operationWords(operation) : null;
  return agent ? [what, agent.id, model].filter(Boolean).join(" · ") : kind;
}

/** When it was, as short as it is still clear: `14:05` today, else `12 Nov` or `12 Nov 2025`. */
export function when(at: number, now: number): string {
  const [then, today] = [new Date(at), new Date(now)];
  if (then.toDateString() === today.toDateString()) {
    return then.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  }
  const sameYear = then.getFullYear() === today.getFullYear();
  return then.toLocaleDateString(undefined, {
    day: "numeric",
    month: "short",
    ...(sameYear ? {} : { year: "numeric" }),
  });
}
