/**
 * The search of a whole log. The server searches a bounded part with each request; this asks for one part after
 * another, the newest lines first, then the older ones, and then for lines that arrive. One request at a time.
 */
import type { LogPage } from "../model";
import { type LogRow, rowsOf } from "./log-buffer";

/** Lines found, at most, with one request. */
const PAGE_HITS = 1_000;
/** Lines found that are kept, until the reader asks for more. */
export const MAX_HITS = 10_000;
/** The same, in characters of these lines. */
export const MAX_HIT_CHARACTERS = 16 * 1024 * 1024;
/** A request follows after this much silence of the keyboard. */
export const PAUSE_MS = 250;
/** Lines that arrive are searched at most this often. */
export const NEWER_EVERY_MS = 1_000;

export interface SearchState {
  readonly query: string;
  /** In the order of their numbers. */
  readonly hits: readonly LogRow[];
  /** How many lines were searched, of `count`. */
  readonly searched: number;
  readonly count: number;
  /** `full`: as many lines were found as are kept, and there is more to search. */
  readonly phase: "searching" | "complete" | "full" | "failed";
  /** Why it failed. */
  readonly problem: unknown;
}

interface LogQuery {
  readonly q: string;
  readonly limit: number;
  readonly before?: number;
  readonly after?: number;
}

export interface ScanEnvironment {
  ask(query: LogQuery): Promise<LogPage>;
  /** Milliseconds that never go back. */
  now(): number;
  /** Returns the function that stops it. */
  after(ms: number, callback: () => void): () => void;
  /** Called after each change; null: nothing is searched. */
  changed(state: SearchState | null): void;
}

/** One query's way through the log: lines `first` to `last` were searched. */
interface Run {
  readonly query: string;
  state: SearchState;
  first: number;
  last: number;
  /** Whether there was an answer; before it the numbers mean nothing. */
  begun: boolean;
  /** How often the reader asked for more. */
  bounds: number;
  characters: number;
  /** When lines that arrived are searched next. */
  newerAt: number;
}

export class LogScan {
  private run: Run | null = null;
  private busy = false;
  private stopTimer: (() => void) | null = null;
  /** Lines of the log, as far as the page knows. */
  private known = 0;

  constructor(private readonly environment: ScanEnvironment) {}

  /** Searches for another text, after a pause in the typing; an empty one ends the search. */
  search(query: string): void {
    this.run = query === "" ? null : begin(query);
    this.wake(this.run && PAUSE_MS);
    if (!this.run) this.environment.changed(null);
  }

  /** Does not wait for a pause in the typing. */
  hurry(): void {
    if (this.run && !this.run.begun) this.turn();
  }

  /** The log has this many lines now. Fewer than before: it is another log, e.g. of a restored database. */
  grew(count: number): void {
    const replaced = count < this.known;
    this.known = count;
    if (replaced && this.run) this.search(this.run.query);
    else if (this.run?.begun && !this.stopTimer) this.turn();
  }

  /** Goes on although as many lines were found as are kept. */
  more(): void {
    if (this.run?.state.phase !== "full") return;
    this.run.bounds += 1;
    this.show(this.run, { phase: "searching" });
    this.turn();
  }

  /** Goes on where it failed. */
  retry(): void {
    if (this.run?.state.phase !== "failed") return;
    this.show(this.run, { phase: "searching", problem: null });
    this.turn();
  }

  close(): void {
    this.run = null;
    this.wake(null);
  }

  private wake(ms: number | null): void {
    this.stopTimer?.();
    this.stopTimer = null;
    if (ms === null) return;
    this.stopTimer = this.environment.after(ms, () => {
      this.stopTimer = null;
      this.turn();
    });
  }

  /** Asks for what is next, unless an answer is under way: the turn after it asks. */
  private turn(): void {
    const { run } = this;
    if (!run || this.busy || run.state.phase === "failed") return;
    this.wake(null);
    const next = this.next(run);
    if (next === null) return;
    this.busy = true;
    this.environment
      .ask(next)
      .then((page) => {
        if (this.run === run) this.take(run, next, page);
      })
      .catch((problem: unknown) => {
        if (this.run === run) this.show(run, { phase: "failed", problem });
      })
      .finally(() => {
        this.busy = false;
        // Another query may wait for the end of its pause.
        if (!this.stopTimer) this.turn();
      });
  }

  private next(run: Run): LogQuery | null {
    const { query } = run;
    if (!run.begun) return { q: query, limit: PAGE_HITS };
    const count = Math.max(this.known, run.state.count);
    const older = run.first > 1;
    const newer = count > run.last;
    const room = run.bounds * MAX_HITS - run.state.hits.length;
    if (!older && !newer) return this.rest(run, "complete");
    if (room <= 0 || run.characters >= run.bounds * MAX_HIT_CHARACTERS) return this.rest(run, "full");
    const limit = Math.min(room, PAGE_HITS);
    const wait = run.newerAt - this.environment.now();
    if (newer && wait <= 0) return { q: query, limit, after: run.last };
    if (older) return { q: query, limit, before: run.first };
    this.wake(wait);
    return this.rest(run, "complete");
  }

  private rest(run: Run, phase: "complete" | "full"): null {
    if (run.state.phase !== phase) this.show(run, { phase });
    return null;
  }

  private take(run: Run, asked: LogQuery, page: LogPage): void {
    if (run.begun && page.count < run.last) {
      this.search(run.query); // another log, see `grew`
      return;
    }
    const found = rowsOf(page);
    let { hits } = run.state;
    if (asked.after !== undefined) {
      mustMove(page.last > run.last || page.count <= run.last);
      run.last = page.last;
      // Behind by more than a page: no pause until it is caught up with.
      run.newerAt = this.environment.now() + (page.last < page.count ? 0 : NEWER_EVERY_MS);
      hits = [...hits, ...found];
    } else {
      mustMove(!run.begun || page.first < run.first);
      if (!run.begun) run.last = page.last;
      run.begun = true;
      run.first = page.first;
      hits = [...found, ...hits];
    }
    for (const { text } of found) run.characters += text.length;
    const searched = run.last - run.first + 1;
    const covered = run.first <= 1 && run.last >= page.count;
    this.show(run, { hits, searched, count: page.count, phase: covered ? "complete" : "searching" });
  }

  private show(run: Run, changes: Partial<SearchState>): void {
    run.state = { ...run.state, ...changes };
    this.environment.changed(run.state);
  }
}

/** Else the same would be asked again and again. */
function mustMove(moved: boolean): void {
  if (!moved) throw new Error("The server did not search on.");
}

function begin(query: string): Run {
  const state: SearchState = { query, hits: [], searched: 0, count: 0, phase: "searching", problem: null };
  return { query, state, first: 0, last: 0, begun: false, bounds: 1, characters: 0, newerAt: 0 };
}
