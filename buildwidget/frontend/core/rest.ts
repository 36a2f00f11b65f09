/** The REST routes of protocol.md, and their errors as sentences. */
import type { Probe } from "./connection-state";
import type { Cursor } from "./model";
import type { State, Summary } from "./protocol/types.gen";
import { apiUrl, requestHeaders, type ServerSettings } from "./server";
import type { Subscriptions } from "./transport";

export interface Hydration extends Cursor {
  readonly build: string;
  readonly state: State;
}

export interface BuildPage {
  readonly builds: readonly Summary[];
  readonly next_cursor: string | null;
}

/** What `GET builds/{id}/events` answers. */
export interface EventPage {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
  readonly head: number;
  readonly events: readonly unknown[];
}

/** What this page needs of `GET status`. */
export interface ServerStatus {
  readonly probe: Probe;
  /** The id of the database the server reads, or null where it was not told. */
  readonly database: string | null;
  /** As in `welcome`: another one means that what the page has may no longer be there. Null where it was not told. */
  readonly history: string | null;
  /** The server's own words where it cannot serve builds, else null. */
  readonly message: string | null;
}

/** The server said no, or nothing came back; the message is for a person. */
export class RestError extends Error {
  override readonly name = "RestError";

  constructor(
    message: string,
    /** The server's own code, e.g. `not_found`; null where something else than our routes answered. */
    readonly code: string | null = null,
    /** 0 where no answer came. */
    readonly status = 0,
    /** The field of the request that is wrong, where it was told. */
    readonly field: string | null = null,
  ) {
    super(message);
  }
}

const STATUS_WITHIN_MS = 10_000;

export interface RestEnvironment {
  readonly fetch: typeof fetch;
  readonly cookies: () => string;
}

interface Request {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly query?: Record<string, unknown>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export class Rest {
  constructor(
    private readonly settings: ServerSettings,
    private readonly environment: RestEnvironment,
  ) {}

  async hydrate(build: string, signal?: AbortSignal): Promise<Hydration> {
    const found: unknown = await this.json(`builds/${encodeURIComponent(build)}`, signal ? { signal } : {});
    const { epoch, seq, state } = (found ?? {}) as Partial<Hydration>;
    if (typeof epoch !== "string" || typeof seq !== "number" || typeof state?.status !== "string")
      throw notOurs();
    return found as Hydration;
  }

  /** A page of builds, newest first. */
  async builds(query: object, signal?: AbortSignal): Promise<BuildPage> {
    const request = { query: { ...query }, ...(signal ? { signal } : {}) };
    const page: unknown = await this.json("builds", request);
    if (!Array.isArray((page as Partial<BuildPage> | null)?.builds)) throw notOurs();
    return page as BuildPage;
  }

  /** A page of a build's log. */
  async events(build: string, after: number, limit: number, signal: AbortSignal): Promise<EventPage> {
    const path = `builds/${encodeURIComponent(build)}/events`;
    const page: unknown = await this.json(path, { query: { after, limit }, signal });
    if (!Array.isArray((page as Partial<EventPage> | null)?.events)) throw notOurs();
    return page as EventPage;
  }

  /** Never rejects: that nobody answers is an answer too. */
  async status(): Promise<ServerStatus> {
    try {
      const response = await this.send("status", { signal: AbortSignal.timeout(STATUS_WITHIN_MS) });
      return statusOf(response, await response.json().catch(() => null));
    } catch {
      return failed("unreachable", null);
    }
  }

  async json<T>(path: string, request: Request = {}): Promise<T> {
    const response = await this.checked(path, request);
    const text = await response.text();
    try {
      return (text ? JSON.parse(text) : undefined) as T;
    } catch {
      throw notOurs();
    }
  }

  async blob(path: string, query: Record<string, unknown> = {}): Promise<Blob> {
    return (await this.checked(path, { query })).blob();
  }

  /** The frames of all subscriptions as one streamed response. */
  async stream({ builds, watch }: Subscriptions, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const url = new URL(apiUrl(this.settings, "stream"));
    for (const { build, cursor } of builds) {
      url.searchParams.append("build", cursor ? `${build}:${cursor.epoch}:${cursor.seq}` : build);
    }
    if (watch) url.searchParams.append("watch", "1");
    if (watch?.project !== undefined) url.searchParams.append("project", watch.project);
    const response = await this.fetch(url.href, { signal, headers: { Accept: "text/event-stream" } });
    if (!response.ok || !response.body) throw await errorOf(response);
    return response.body;
  }

  private async checked(path: string, request: Request): Promise<Response> {
    const response = await this.send(path, request).catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new RestError("The Jupyter server cannot be reached.");
    });
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  private send(path: string, { method = "GET", query, body, signal }: Request): Promise<Response> {
    const init: RequestInit = { method, headers: {} };
    if (signal) init.signal = signal;
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { "Content-Type": "application/json" };
    }
    return this.fetch(apiUrl(this.settings, path, query), init);
  }

  private fetch(url: string, init: RequestInit): Promise<Response> {
    const headers = { ...requestHeaders(this.settings, this.environment.cookies()), ...init.headers };
    return this.environment.fetch(url, { ...init, headers, credentials: "same-origin", cache: "no-store" });
  }
}

/** A proxy's login page answers 200 too, so only what our own route says counts as the server itself. */
function statusOf(response: Response, body: unknown): ServerStatus {
  const { database, protocol, history, error } = (body ?? {}) as Partial<Record<string, unknown>>;
  const words = (error as { message?: unknown } | undefined)?.message;
  const message = text(words) || null;
  if (response.ok && typeof database === "string" && typeof protocol === "number") {
    return { probe: "ok", database, history: text(history), message: null };
  }
  if (response.ok) return failed("unreachable", NOT_OURS);
  if (response.status === 401 || response.status === 403) return failed("forbidden", message);
  if (response.status === 404) return failed("missing", null);
  if (response.status === 503 && message !== null) return failed("unavailable", message);
  return failed("unreachable", plainSentence(response.status));
}

function failed(probe: Probe, message: string | null): ServerStatus {
  return { probe, database: null, history: null, message };
}

const NOT_OURS =
  "Something else than the Jupyter server answers at its address, perhaps a login page or a proxy. " +
  "Log in again, then reload the page.";

const notOurs = () => new RestError(NOT_OURS);

async function errorOf(response: Response): Promise<RestError> {
  const body: unknown = await response.json().catch(() => null);
  const error = (body as { error?: { code?: unknown; message?: unknown; field?: unknown } } | null)?.error;
  if (typeof error?.message === "string") {
    return new RestError(error.message, text(error.code), response.status, text(error.field));
  }
  return new RestError(plainSentence(response.status), null, response.status);
}

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** For answers that are not ours: the login check of Jupyter, a proxy, a Hub. */
function plainSentence(status: number): string {
  if (status === 401 || status === 403)
    return "The server refused access. Log in again, then reload the page.";
  if (status === 404)
    return "This Jupyter server does not have the buildwidget extension. Install buildwidget in its environment.";
  return `The Jupyter server answered with an error (${status}).`;
}
