/**
 * What the page knows of one build, whoever brings its frames. All sessions of the build share it; each listener is
 * told at most once a frame of the screen, and at once when the build ends.
 */
import { IDLE } from "./connection-state";
import type { BuildActions, BuildModel, BuildSession, ConnectionStatus, Cursor, Problem } from "./model";
import { callAll } from "./notifier";
import type { Batch, ErrorFrame, Heartbeat, ServerFrame, Snapshot } from "./protocol/types.gen";
import {
  distrusted,
  EMPTY,
  type Hydrated,
  hydrate,
  type Replica,
  receiveBatch,
  receiveHeartbeat,
  receiveSnapshot,
} from "./replica";

export interface FollowedBuildEnvironment {
  /** The status of whatever connection brings the frames. */
  connection(): ConnectionStatus;
  /** Asks for the frames after the cursor, again where it was asked before. */
  subscribe(build: string, cursor: Cursor | null): void;
  /** Calls every listener of the build soon, once for many calls; `now`: before returning. */
  notify(build: FollowedBuild, now: boolean): void;
}

const ENDS: ReadonlySet<string> = new Set(["succeeded", "failed", "cancelled", "lost"]);
const PROBLEM_CODES: ReadonlySet<string> = new Set(["not_found", "forbidden", "unavailable", "limit"]);

export class FollowedBuild {
  private replica: Replica = EMPTY;
  private shownProblem: Problem | null = null;
  private place: number | null = null;
  private model: BuildModel | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly id: string,
    private readonly environment: FollowedBuildEnvironment,
  ) {}

  get cursor(): Cursor | null {
    return this.replica.cursor;
  }

  get problem(): Problem | null {
    return this.shownProblem;
  }

  set problem(problem: Problem | null) {
    if (problem === this.shownProblem) return;
    this.shownProblem = problem;
    this.changed(true);
  }

  /** How many builds wait before it, as lists of builds tell. */
  set ahead(ahead: number | null) {
    if (ahead === this.place) return;
    this.place = ahead;
    this.changed();
  }

  get queued(): boolean {
    return this.replica.state?.status === "queued";
  }

  get ended(): boolean {
    return this.replica.state !== null && ENDS.has(this.replica.state.status);
  }

  /** Whether frames would tell anything new: it has not ended, and it is there. */
  get unfinished(): boolean {
    return !this.ended && (this.problem === null || this.problem.code === "unavailable");
  }

  /** What is shown stays until the build is read anew, but nothing may be added to it. */
  distrust(): void {
    this.replica = distrusted(this.replica);
    this.changed();
  }

  hydrated(hydration: Hydrated): void {
    this.become(hydrate(this.replica, hydration));
  }

  /** Takes a frame that speaks of this build. */
  receive(frame: ServerFrame): void {
    switch (frame.type) {
      case "snapshot":
        this.snapshot(frame);
        break;
      case "batch":
        this.batch(frame);
        break;
      case "heartbeat":
        this.heartbeat(frame);
        break;
      case "deleted":
        this.problem = { code: "deleted", message: "This build was deleted." };
        break;
      case "error":
        this.problem = problemOf(frame);
    }
  }

  private snapshot(frame: Snapshot): void {
    this.shownProblem = null;
    this.become(receiveSnapshot(frame));
  }

  private batch(frame: Batch): void {
    const { replica, resubscribe } = receiveBatch(this.replica, frame);
    if (!replica.gap) this.shownProblem = null;
    this.become(replica);
    if (resubscribe) this.environment.subscribe(this.id, this.cursor);
  }

  private heartbeat(frame: Heartbeat): void {
    if (receiveHeartbeat(this.replica, this.id, frame.heads))
      this.environment.subscribe(this.id, this.cursor);
  }

  private become(replica: Replica): void {
    const old = this.replica;
    const wasEnded = this.ended;
    this.replica = replica;
    if (replica.state === old.state && replica.cursor === old.cursor && this.model?.problem === this.problem)
      return;
    this.changed(this.ended && !wasEnded);
  }

  /** Something in the model is new: the state, the problem, or how it is connected. */
  changed(now = false): void {
    this.model = null;
    this.environment.notify(this, now);
  }

  tellListeners(): void {
    callAll(this.listeners);
  }

  /** The same object until something in it changes. */
  get(): BuildModel {
    this.model ??= {
      build: this.id,
      cursor: this.replica.cursor,
      state: this.replica.state,
      connection: this.unfinished ? this.environment.connection() : IDLE,
      problem: this.problem,
      ahead: this.queued ? this.place : null,
    };
    return this.model;
  }

  /** One use of this build; `onClose` is called when it ends, once. */
  session(actions: BuildActions, onClose: () => void): BuildSession {
    const own = new Set<() => void>();
    let closed = false;
    const stop = (listener: () => void) => {
      own.delete(listener);
      this.listeners.delete(listener);
    };
    return {
      actions,
      get: () => this.get(),
      subscribe: (callback) => {
        const listener = () => callback(); // two views may pass the same function
        if (closed) return () => {};
        own.add(listener);
        this.listeners.add(listener);
        return () => stop(listener);
      },
      close: () => {
        if (closed) return;
        closed = true;
        for (const listener of [...own]) stop(listener);
        onClose();
      },
    };
  }
}

function problemOf({ code, message }: ErrorFrame): Problem {
  const known = PROBLEM_CODES.has(code) ? (code as Problem["code"]) : "unavailable";
  return { code: known, message };
}
