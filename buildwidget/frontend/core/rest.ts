/** The REST routes of protocol.md, and their errors as sentences. */
import type { Probe } from "./connection-state";
import type { Cursor } from "./model";
import type { State } from "./protocol/types.gen";
import { apiUrl, requestHeaders, type ServerSettings } from "./server";
import type { Subscriptions } from "./transport";

export interface Hydration extends Cursor {
  readonly build: string;
  readonly state: State;
}

/** What this page needs of `GET status`. */
export interface ServerStatus {
  readonly probe: Probe;
  /** The id of the database the server reads, or null where it was not told. */
  readonly database: string | null;
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

  hydrate(build: string, signal?: AbortSignal): Promise<Hydration> {
    return this.json(`builds/${encodeURIComponent(build)}`, signal ? { signal } : {});
  }

  /** Never rejects: that nobody answers is an answer too. */
  async status(): Promise<ServerStatus> {
    try {
      const response = await this.send("status", { signal: AbortSignal.timeout(STATUS_WITHIN_MS) });
      const body: unknown = await response.json().catch(() => null);
      const { database, error } = (body ?? {}) as { database?: unknown; error?: { message?: unknown } };
      return {
        probe: probeOf(response, body !== null),
        database: typeof database === "string" ? database : null,
        message: response.status === 503 && typeof error?.message === "string" ? error.message : null,
      };
    } catch {
      return { probe: "unreachable", database: null, message: null };
    }
  }

  async json<T>(path: string, request: Request = {}): Promise<T> {
    const response = await this.checked(path, request);
    const text = await response.text();
    return (text ? JSON.parse(text) : undefined) as T;
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

/** A proxy's login page answers 200 too, so only JSON counts as the server itself. */
function probeOf(response: Response, isJson: boolean): Probe {
  if (response.ok) return isJson ? "ok" : "unreachable";
  if (response.status === 401 || response.status === 403) return "forbidden";
  return response.status === 404 ? "missing" : "unreachable";
}

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
  return `The Jupyter server answered with an error (${status}).`;
}
