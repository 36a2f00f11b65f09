/** The client of a real page: the browser's sockets, timers and events, put together once per page. */
import { type ClientEnvironment, type OpenOptions, PageClient } from "./client";
import type { Clock } from "./link";
import type { BuildActions, BuildSession, Client } from "./model";
import { animationFrames } from "./notifier";
import { browserPageEvents } from "./page-events";
import { type PollSource, PollTransport } from "./poll";
import { PROTOCOL_VERSION } from "./protocol/limits.gen";
import type { Summary } from "./protocol/types.gen";
import { type BuildPage, Rest, type ServerStatus } from "./rest";
import { restActions, saveInBrowser } from "./rest-actions";
import { readServerSettings, type ServerSettings, socketUrl } from "./server";
import { StreamTransport } from "./stream";
import { openWebSocket } from "./transport";

/** Many changes of what is shown (a notebook that opens) make one new stream request. */
const REOPEN_AFTER_MS = 50;

/** Its last number goes up with every change of `PageServer` that another bundle on the same page would trip over. */
const VERSION = `${PROTOCOL_VERSION}.5`;

/** Which builds; fields that are left out ask for any. */
export interface BuildQuery {
  /** Statuses between commas. */
  readonly status?: string | undefined;
  /** Looked for in name, project, key and id. */
  readonly q?: string | undefined;
  /** The build that they retry. */
  readonly retry_of?: string;
  readonly limit?: number;
  /** The `next_cursor` of the page before. */
  readonly cursor?: string | null;
}

interface LaunchOptions {
  readonly name?: string | undefined;
  readonly project?: string | undefined;
  /** Relative ones are below the server's root directory. */
  readonly cwd?: string | undefined;
}

export interface LaunchCommand extends LaunchOptions {
  readonly kind: "command";
  readonly command: string;
}

export interface LaunchAgent extends LaunchOptions {
  readonly kind: "agent";
  readonly prompt: string;
  readonly agent: string;
  /** Without one the agent takes its own. */
  readonly model?: string | undefined;
  readonly permission?: string | undefined;
}

/** What `POST builds` takes. */
export type Launch = LaunchCommand | LaunchAgent;

/** What the page has of its Jupyter server. */
export interface PageServer extends Client {
  readonly version: string;
  open(build: string, options?: OpenOptions): BuildSession;
  /** Asks once whether the extension answers; the answer is kept unless nobody could be reached. */
  status(): Promise<ServerStatus>;
  /** Whether any build is queued or running, from what the server has in memory. Rejects where nobody answers. */
  anyActive(): Promise<boolean>;
  /** What may be done with a build that is not opened. */
  actions(build: string): BuildActions;
  /** A page of builds, newest first. */
  builds(query: BuildQuery): Promise<BuildPage>;
  /** Launches a build. Rejects with an Error whose message is for a person; a RestError names the field. */
  launch(build: Launch): Promise<Summary>;
  /** Whether the server has said that it does not have the extension. */
  readonly missing: boolean;
}

/**
 * The page's one server, or null on a page that has none. The bundles on a page (the widget's, once per cell; the Lab
 * plugin's) share it; one of another version keeps its own.
 */
export function pageServer(): PageServer | null {
  const page = globalThis as { [key: symbol]: PageServer | undefined };
  for (const key of [Symbol.for("buildwidget.client"), Symbol.for(`buildwidget.client.${VERSION}`)]) {
    const found = page[key];
    if (found?.version === VERSION) return found;
    if (found) continue;
    const settings = readServerSettings(document);
    if (!settings) return null;
    page[key] = makePageServer(settings);
    return page[key];
  }
  return null;
}

export function makePageServer(settings: ServerSettings): PageServer {
  const rest = new Rest(settings, { fetch: fetch.bind(globalThis), cookies: () => document.cookie });
  const client = new PageClient(browserEnvironment(settings, rest));
  let status: Promise<ServerStatus> | null = null;
  let missing = false;
  return {
    version: VERSION,
    open: (build, options) => client.open(build, options),
    list: (project) => client.list(project),
    actions: (build) => restActions(rest, build, { reconnect: () => {}, save: saveInBrowser }),
    builds: (query) => rest.builds(query),
    async launch(body) {
      return (await rest.json<{ build: Summary }>("builds", { method: "POST", body })).build;
    },
    status() {
      status ??= rest.status().then((answer) => {
        if (answer.probe === "unreachable") status = null;
        missing = answer.probe === "missing";
        return answer;
      });
      return status;
    },
    async anyActive() {
      return (await rest.json<{ active_builds: number }>("status")).active_builds > 0;
    },
    get missing() {
      return missing;
    },
  };
}

function browserEnvironment(settings: ServerSettings, rest: Rest): ClientEnvironment {
  const clock = browserClock();
  return {
    clock,
    random: Math.random,
    page: browserPageEvents(document, window),
    schedule: animationFrames(window),
    hydrate: (build, signal) => rest.hydrate(build, signal),
    status: () => rest.status(),
    actions: (build, reconnect) => restActions(rest, build, { reconnect, save: saveInBrowser }),
    open(way, listener, subscriptions) {
      if (way === "websocket") {
        return openWebSocket(socketUrl(settings), (url) => new WebSocket(url), listener);
      }
      if (way === "poll") return new PollTransport(pollSource(rest, clock), listener);
      const request = rest.stream.bind(rest);
      const soon = (callback: () => void) => clock.after(REOPEN_AFTER_MS, callback);
      return new StreamTransport({ request, subscriptions, soon }, listener);
    },
  };
}

function pollSource(rest: Rest, clock: Clock): PollSource {
  return {
    status: () => rest.status(),
    hydrate: (build, signal) => rest.hydrate(build, signal),
    events: (build, after, limit, signal) => rest.events(build, after, limit, signal),
    async list(project, signal) {
      return (await rest.builds(project === undefined ? {} : { project }, signal)).builds;
    },
    visible: () => document.visibilityState === "visible",
    after: (ms, callback) => clock.after(ms, callback),
  };
}

export function browserClock(): Clock {
  return {
    now: () => performance.now(),
    wall: () => Date.now(),
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
  };
}
