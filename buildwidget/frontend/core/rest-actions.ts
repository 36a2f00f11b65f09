/** What a view may do with a build, by the REST routes. */
import type { BuildActions, LogPage, MetricPicture } from "./model";
import type { Summary, ToolRow } from "./protocol/types.gen";
import type { Rest } from "./rest";

export interface ActionsEnvironment {
  reconnect(): void;
  /** Lets the browser save a file. */
  save(content: Blob, name: string): void;
}

export function restActions(rest: Rest, build: string, environment: ActionsEnvironment): BuildActions {
  const path = (...parts: string[]) => ["builds", build, ...parts].map(encodeURIComponent).join("/");
  const post = <T>(action: string, body: object = {}) => rest.json<T>(path(action), { method: "POST", body });
  return {
    cancel: () => post("cancel"),
    retry: async () => (await post<{ build: Summary }>("retry")).build,
    remove: () => rest.json(path(), { method: "DELETE" }),
    answer: (requestId, decision, message) =>
      post("answer", { request_id: requestId, decision, ...(message === undefined ? {} : { message }) }),
    followUp: async (asked) => (await post<{ build: Summary }>("follow_up", asked)).build,
    summary: async (id) => {
      const { builds } = await rest.json<{ builds: Summary[] }>("builds", { query: { q: id } });
      return builds.find((found) => found.id === id) ?? null;
    },
    tool: (id) => rest.json<ToolRow>(path("tools", id)),
    log: (query) => rest.json<LogPage>(path("log"), { query }),
    metric: (query) => rest.json<MetricPicture>(path("metrics"), { query }),
    downloadLog: async () => {
      const content = await rest.blob(path("log"), { download: 1 });
      environment.save(content, `${build}.log`);
    },
    display: (id) => rest.blob(path("displays", id)),
    artifact: (index) => rest.blob(path("artifacts", String(index))),
    reconnect: environment.reconnect,
  };
}

/** Saves through a link that is clicked: the routes need headers, which a plain link cannot send. */
export function saveInBrowser(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser reads it after the click
}
