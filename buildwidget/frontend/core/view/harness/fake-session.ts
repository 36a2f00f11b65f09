/** A build session without a server: scripted events, folded by the real reducer. */
import type { BuildActions, BuildModel, BuildSession, ConnectionStatus, LogPage } from "../../model";
import type { Event, LogLine, State, Summary } from "../../protocol/types.gen";
import { fold } from "../../reducer";
import { caseFold } from "../case-fold";

type LogQuery = Parameters<BuildActions["log"]>[0];

export const LIVE: ConnectionStatus = {
  phase: "live",
  attempt: 0,
  retryAt: null,
  transport: "websocket",
  message: null,
};

export class FakeSession implements BuildSession {
  readonly calls: string[] = [];
  readonly actions: BuildActions;
  /** Every line of the log, also those the state no longer carries. */
  readonly wholeLog: LogLine[] = [];
  private model: BuildModel;
  private readonly listeners = new Set<() => void>();

  constructor(state: State | null, rest: Partial<BuildModel> = {}) {
    this.model = {
      build: state?.id ?? "01jd0000000000000000",
      cursor: state ? { epoch: "e1", seq: 0 } : null,
      state,
      connection: LIVE,
      problem: null,
      ...rest,
    };
    this.actions = this.makeActions();
  }

  get(): BuildModel {
    return this.model;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.listeners.clear();
  }

  set(changes: Partial<BuildModel>): void {
    this.model = { ...this.model, ...changes };
    for (const listener of this.listeners) listener();
  }

  apply(events: Event[]): void {
    const { state, cursor } = this.model;
    if (!state || !cursor) return;
    for (const event of events) if (event.type === "log") this.wholeLog.push(...event.lines);
    this.set({ state: fold(state, events), cursor: { ...cursor, seq: cursor.seq + events.length } });
  }

  private makeActions(): BuildActions {
    const note = async (call: string): Promise<void> => {
      this.calls.push(call);
      await new Promise((resolve) => setTimeout(resolve, 50));
    };
    return {
      cancel: () => note("cancel"),
      remove: () => note("remove"),
      reconnect: () => void note("reconnect"),
      answer: (request, decision) => note(`answer ${request} ${decision}`),
      downloadLog: () => note("download"),
      retry: () => note("retry").then(() => ({ id: "01jd1111111111111111" }) as Summary),
      followUp: (asked) =>
        note(`follow up ${JSON.stringify(asked)}`).then(() => ({ id: "01jd1111111111111111" }) as Summary),
      summary: async (id) => {
        await note(`summary ${id}`);
        return { id, name: "Landing page" } as Summary;
      },
      tool: async (id) => {
        await note(`tool ${id}`);
        const row = this.model.state?.tools.find((tool) => tool.id === id);
        if (!row) throw new Error("This tool is not in the build.");
        return { ...row, truncated: [], output: `${"the whole output, line after line\n".repeat(200)}end` };
      },
      log: async (query) => {
        await note(`log ${JSON.stringify(query)}`);
        return pageOf(this.wholeLog, query);
      },
      display: async (id) => {
        await note(`display ${id}`);
        return DISPLAYS[id] ?? new Blob(["nothing"], { type: "text/plain" });
      },
      artifact: async (index) => {
        await note(`artifact ${index}`);
        return new Blob(["content"], { type: "text/plain" });
      },
    };
  }
}

/** Lines that one request searches. */
const SEARCHED_LINES = 50_000;

/** What `GET builds/{id}/log` answers. */
export function pageOf(lines: readonly LogLine[], query: LogQuery): LogPage {
  const limit = query.limit ?? 1_000;
  const step = query.after === undefined ? -1 : 1;
  const start =
    query.after === undefined
      ? Math.min(query.before ?? Number.MAX_SAFE_INTEGER, lines.length + 1)
      : query.after;
  const wanted = query.q ? caseFold(query.q) : null;
  const found: Array<[number, string, string]> = [];
  let at = start;
  for (let searched = 0; searched < SEARCHED_LINES && found.length < limit; searched += 1) {
    const line = lines[at + step - 1];
    if (!line) break;
    at += step;
    if (wanted === null || caseFold(line[1]).includes(wanted)) found.push([at, ...line]);
  }
  if (step < 0) found.reverse();
  const [first, last] = step < 0 ? [at, start - 1] : [start + 1, at];
  return { first, last, count: lines.length, lines: found };
}

const PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" width="360" height="160" viewBox="0 0 360 160"><rect width="360" height="160" fill="#fff"/><g fill="#1976d2">${[40, 90, 70, 120, 100, 60].map((height, index) => `<rect x="${30 + index * 52}" y="${145 - height}" width="34" height="${height}"/>`).join("")}</g><script>document.title='hacked'</script></svg>`;

const TABLE = `<table><thead><tr><th></th><th>accuracy</th><th>f1</th></tr></thead><tbody>${["svm", "forest", "logistic", "knn"].map((name, index) => `<tr><th>${name}</th><td>0.9${index}</td><td>0.8${index}</td></tr>`).join("")}</tbody></table><script>parent.document.title='hacked'</script><img src=x onerror="parent.document.title='hacked'">`;

export const DISPLAYS: Record<string, Blob> = {
  figure: new Blob([PICTURE], { type: "image/svg+xml" }),
  table: new Blob([TABLE], { type: "text/html" }),
  note: new Blob(["**Results** are in `report.json`."], { type: "text/markdown" }),
  data: new Blob(['{"accuracy":0.93,"classes":["a","b"]}'], { type: "application/json" }),
};
