/**
 * The frames over one streamed response (SSE), for pages whose WebSocket cannot be opened. Read with fetch, since
 * an EventSource sends no headers. Nothing can be sent on it: when the subscriptions change it is opened anew with
 * everybody's cursor.
 */
import { parseFrame } from "./frames";
import type { ClientFrame, Welcome } from "./protocol/types.gen";
import { EventStreamReader } from "./sse";
import { ABNORMAL_CLOSE, type Subscriptions, type Transport, type TransportListener } from "./transport";

export interface StreamSource {
  /** Starts the request; rejects where the server refuses. */
  request(subscriptions: Subscriptions, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  /** What to follow as of now. */
  subscriptions(): Subscriptions;
  /** Calls back soon, so that many changes make one new request. Returns the function that stops it. */
  soon(callback: () => void): () => void;
}

export class StreamTransport implements Transport {
  private response = new AbortController();
  private stopReopening: (() => void) | null = null;
  private welcomed = false;
  private history: string | undefined;
  /** What the first request asked for; the frames that ask for it again after the welcome change nothing. */
  private readonly asked: Set<string>;

  constructor(
    private readonly source: StreamSource,
    private readonly listener: TransportListener,
  ) {
    const subscriptions = source.subscriptions();
    this.asked = new Set(subscriptions.builds.map(({ build }) => `subscribe ${build}`));
    if (subscriptions.watch) this.asked.add("watch");
    void this.run(subscriptions, this.response.signal);
  }

  send(frame: ClientFrame): void {
    if (frame.type === "ping" || this.asked.delete(subject(frame))) return;
    this.stopReopening ??= this.source.soon(() => this.reopen());
  }

  close(): void {
    this.stopReopening?.();
    this.response.abort();
  }

  private reopen(): void {
    this.stopReopening = null;
    this.asked.clear();
    this.response.abort();
    const subscriptions = this.source.subscriptions();
    if (subscriptions.builds.length === 0 && subscriptions.watch === null) return; // it will be closed, or asked again
    this.response = new AbortController();
    void this.run(subscriptions, this.response.signal);
  }

  private async run(subscriptions: Subscriptions, signal: AbortSignal): Promise<void> {
    try {
      const body = await this.source.request(subscriptions, signal);
      await this.read(body.getReader(), signal);
    } catch {
      // A refusal and a lost connection look alike here; who listens asks `status` which it was.
    }
    if (signal.aborted) return;
    this.close();
    this.listener.closed(ABNORMAL_CLOSE, "");
  }

  private async read(body: ReadableStreamDefaultReader<Uint8Array>, signal: AbortSignal): Promise<void> {
    const events = new EventStreamReader();
    for (;;) {
      const { done, value } = await body.read();
      if (done || signal.aborted) return;
      this.listener.heard();
      for (const { data } of events.feed(value)) {
        if (signal.aborted) return;
        this.deliver(data);
      }
    }
  }

  private deliver(data: string): void {
    const frame = parseFrame(data);
    if (frame !== null && (frame.type !== "welcome" || this.isNews(frame))) this.listener.frame(frame);
  }

  /**
   * To the listener it is one connection, which is greeted once; unless the server was restarted, or its database
   * restored, between two responses.
   */
  private isNews({ history }: Welcome): boolean {
    const isNews = !this.welcomed || (history != null && history !== this.history);
    this.welcomed = true;
    this.history = history ?? this.history;
    return isNews;
  }
}

function subject(frame: ClientFrame): string {
  return "build" in frame ? `${frame.type} ${frame.build}` : frame.type;
}
