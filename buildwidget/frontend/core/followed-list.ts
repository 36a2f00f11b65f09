/** The list of builds as the page has it: replaced by a reset, then kept by changes; newest first. */
import type { BuildList, ConnectionStatus } from "./model";
import { callAll, type Listened } from "./notifier";
import type { Builds, Summary } from "./protocol/types.gen";

export type Rows = ReadonlyArray<Summary>;

/** Rows that did not change keep their identity. */
export function changeRows(rows: Rows, change: Builds, project: string | undefined): Rows {
  const byId = new Map(change.reset ? [] : rows.map((row) => [row.id, row]));
  for (const id of change.removed) byId.delete(id);
  for (const row of change.builds) {
    if (project === undefined || row.project === project) byId.set(row.id, row);
    else byId.delete(row.id);
  }
  return [...byId.values()].sort(newestFirst);
}

function newestFirst(a: Summary, b: Summary): number {
  return b.created_at - a.created_at || (a.id < b.id ? 1 : -1);
}

type Model = ReturnType<BuildList["get"]>;

export class FollowedList implements Listened {
  private rows: Rows = [];
  private loaded = false;
  private model: Model | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly project: string | undefined,
    private readonly connection: () => ConnectionStatus,
  ) {}

  /** Whether a listed build has not ended. */
  get anyActive(): boolean {
    return this.rows.some(({ status }) => status === "queued" || status === "running");
  }

  receive(change: Builds): void {
    this.rows = changeRows(this.rows, change, this.project);
    this.loaded ||= change.reset;
    this.changed();
  }

  /** Forgets the model; whoever calls it tells the listeners. */
  changed(): void {
    this.model = null;
  }

  tellListeners(): void {
    callAll(this.listeners);
  }

  handle(onClose: () => void): BuildList {
    return {
      get: () => {
        this.model ??= { builds: this.rows, connection: this.connection(), loaded: this.loaded };
        return this.model;
      },
      subscribe: (callback) => {
        const listener = () => callback(); // two views may pass the same function
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
      },
      close: () => {
        this.listeners.clear();
        onClose();
      },
    };
  }
}
