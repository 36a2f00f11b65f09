/** The state of a build before its first event: protocol/state.py in TypeScript. */
import type { Kind, State } from "./protocol/types.gen";

/** What identifies a build; no event can change it. */
export interface Identity {
  readonly id: string;
  readonly owner: string;
  readonly kind: Kind;
  readonly created_at: number;
  readonly key?: string;
  readonly retry_of?: string;
  readonly follows?: string;
}

export function initialState(identity: Identity): State {
  return {
    ...identity,
    name: "",
    project: null,
    tags: [],
    status: "queued",
    cancelling: false,
    percent: null,
    todos: [],
    tools: [],
    texts: [],
    log: { first: 1, count: 0, lines: [], partial: {} },
    progress: [],
    metrics: [],
    displays: [],
    artifacts: [],
    usage: {},
    permissions: [],
    dropped: {},
  };
}
