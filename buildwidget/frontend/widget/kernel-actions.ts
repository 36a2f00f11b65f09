/** Actions as messages to the kernel. A busy kernel hears them when its cell ends; until then it is said so. */
import type { BuildActions, LogPage, MetricPicture } from "../core/model";
import type { Summary, ToolRow } from "../core/protocol/types.gen";
import type { KernelEnvironment, KernelTransport } from "./kernel";

export const BUSY_AFTER_MS = 3_000;
const BUSY = "The kernel is busy. It hears this when its cell has ended.";

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
  stop(): void;
}

interface Content {
  readonly mime: string;
  readonly base64: string;
}

/** What `buildwidget/comm_actions.py` answers. */
interface ActionResult {
  readonly type: "action_result";
  readonly n: number;
  readonly ok: boolean;
  readonly result?: unknown;
  readonly message?: string;
}

export class KernelActions {
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;

  constructor(
    private readonly build: string,
    private readonly transport: KernelTransport,
    private readonly environment: KernelEnvironment,
  ) {}

  bound(reconnect: () => void): BuildActions {
    const ask = <T>(action: string, args: object = {}) => this.ask(action, args) as Promise<T>;
    return {
      cancel: () => ask("cancel"),
      retry: () => ask<Summary>("retry"),
      remove: () => ask("remove"),
      answer: (requestId, decision, message) => ask("answer", { request_id: requestId, decision, message }),
      followUp: (asked) => ask<Summary>("followUp", asked),
      summary: (id) => ask<Summary | null>("summary", { id }),
      tool: (id) => ask<ToolRow>("tool", { id }),
      log: (query) => ask<LogPage>("log", query),
      metric: (query) => ask<MetricPicture>("metric", query),
      downloadLog: async () => {
        const text = await ask<string>("wholeLog");
        this.environment.save(new Blob([text], { type: "text/plain" }), `${this.build}.log`);
      },
      display: async (id) => blobOf(await ask<Content>("display", { id })),
      artifact: async (index) => blobOf(await ask<Content>("artifact", { index })),
      reconnect,
    };
  }

  /** Whether the message was the answer to an action. */
  answered(message: { readonly type: string }): boolean {
    if (message.type !== "action_result") return false;
    const { n, ok, result, message: why } = message as ActionResult;
    const asked = this.waiting.get(n);
    this.waiting.delete(n);
    asked?.stop();
    if (ok) asked?.resolve(result);
    else asked?.reject(new Error(why ?? "The kernel could not do that."));
    return true;
  }

  close(): void {
    for (const asked of this.waiting.values()) {
      asked.stop();
      asked.reject(new Error("This view of the build is gone."));
    }
    this.waiting.clear();
  }

  private ask(action: string, args: object): Promise<unknown> {
    this.last += 1;
    const n = this.last;
    return new Promise((resolve, reject) => {
      const stop = this.environment.clock.after(BUSY_AFTER_MS, () => reject(new Error(BUSY)));
      this.waiting.set(n, { resolve, reject, stop });
      this.transport.send({ type: "action", n, action, args });
    });
  }
}

function blobOf({ mime, base64 }: Content): Blob {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new Blob([bytes], { type: mime });
}
