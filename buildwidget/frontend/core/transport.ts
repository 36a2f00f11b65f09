/** A way frames travel. A transport calls its listener never again after `close()` or after `closed`. */
import { codeOf } from "./close-codes";
import { parseFrame } from "./frames";
import type { Cursor } from "./model";
import type { ClientFrame, ServerFrame } from "./protocol/types.gen";

export interface Transport {
  /** Does nothing where the transport is not open (yet, or any more). */
  send(frame: ClientFrame): void;
  close(): void;
}

export interface TransportListener {
  frame(frame: ServerFrame): void;
  /** Something came that proves the connection alive: a frame, or a comment of the stream. */
  heard(): void;
  /** Close codes as WebSockets have them; the stream knows 1006 only. */
  closed(code: number, reason: string): void;
}

/** What the page follows, for a transport that must tell it when it opens. */
export interface Subscriptions {
  readonly builds: ReadonlyArray<{ readonly build: string; readonly cursor: Cursor | null }>;
  /** `null`: no list is shown. Without a project: the builds of all. */
  readonly watch: { readonly project?: string } | null;
}

export const ABNORMAL_CLOSE = codeOf("abnormal");

export type MakeSocket = (url: string) => WebSocket;

export function openWebSocket(url: string, make: MakeSocket, listener: TransportListener): Transport {
  let over = false;
  const close = (code: number, reason: string) => {
    if (over) return;
    over = true;
    listener.closed(code, reason);
  };
  let socket: WebSocket;
  try {
    socket = make(url);
  } catch {
    queueMicrotask(() => close(ABNORMAL_CLOSE, "")); // the page's own policy forbids it, e.g. a CSP
    return {
      send: () => {},
      close: () => {
        over = true;
      },
    };
  }
  socket.onmessage = ({ data }) => {
    if (over) return;
    listener.heard();
    const frame = typeof data === "string" ? parseFrame(data) : null;
    if (frame) listener.frame(frame);
  };
  socket.onclose = ({ code, reason }) => close(code, reason);
  return {
    send(frame) {
      if (!over && socket.readyState === 1) socket.send(JSON.stringify(frame));
    },
    close() {
      over = true;
      socket.close(1000);
    },
  };
}
