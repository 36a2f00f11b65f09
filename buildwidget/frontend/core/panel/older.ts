/** Builds beyond those that are told live, fetched page by page while the reader goes down. */
import type { BuildQuery } from "../page-client";
import type { Summary } from "../protocol/types.gen";
import type { BuildPage } from "../rest";
import { type Filter, statusQuery } from "./rows";

const PAGE = 100;

export interface OlderModel {
  readonly builds: readonly Summary[];
  readonly loading: boolean;
  /** Whether there may be more. */
  readonly more: boolean;
  readonly problem: string | null;
}

export class OlderBuilds {
  model: OlderModel = { builds: [], loading: false, more: true, problem: null };
  private cursor: string | null = null;
  private filter: Filter | null = null;

  constructor(
    private readonly fetchPage: (query: BuildQuery) => Promise<BuildPage>,
    private readonly onChange: () => void,
  ) {}

  /** Begins anew with another filter. */
  choose(filter: Filter): void {
    this.filter = filter;
    this.cursor = null;
    this.become({ builds: [], loading: false, more: true, problem: null });
    this.retry();
  }

  /** The next page because the reader goes down. After a failure only a person asks again, with `retry`. */
  fetchMore(): void {
    if (this.model.problem === null) this.retry();
  }

  /** The next page, unless one is under way or there is none. */
  retry(): void {
    const { filter } = this;
    if (filter === null || this.model.loading || !this.model.more) return;
    this.become({ ...this.model, loading: true, problem: null });
    const query = { q: filter.q.trim() || undefined, status: statusQuery(filter.status), limit: PAGE };
    this.fetchPage({ ...query, cursor: this.cursor }).then(
      (page) => {
        if (filter !== this.filter) return; // another filter was chosen meanwhile
        this.cursor = page.next_cursor;
        const builds = [...this.model.builds, ...page.builds];
        this.become({ builds, loading: false, more: page.next_cursor !== null, problem: null });
      },
      (error: unknown) => {
        if (filter !== this.filter) return;
        const problem = error instanceof Error ? error.message : "The builds cannot be listed.";
        this.become({ ...this.model, loading: false, problem });
      },
    );
  }

  /** The server answers again: what failed before is tried once more. */
  retryAfterProblem(): void {
    if (this.model.problem !== null) this.retry();
  }

  private become(model: OlderModel): void {
    this.model = model;
    this.onChange();
  }
}
