/** Reads a `text/event-stream` that arrives in pieces cut anywhere, also within a character or a line end. */

export interface StreamMessage {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

/** Feed it the bytes as they come; it gives the messages that became whole. Comments give nothing. */
export class EventStreamReader {
  private readonly decoder = new TextDecoder();
  private rest = "";
  private data: string[] = [];
  private event = "";
  private id = "";

  feed(bytes: Uint8Array): StreamMessage[] {
    this.rest += this.decoder.decode(bytes, { stream: true });
    const messages: StreamMessage[] = [];
    // A "\r" at the very end may be half of "\r\n": it waits for what follows.
    const ends = /\r\n|\n|\r(?!$)/g;
    let start = 0;
    for (let end = ends.exec(this.rest); end !== null; end = ends.exec(this.rest)) {
      const message = this.line(this.rest.slice(start, end.index));
      if (message) messages.push(message);
      start = ends.lastIndex;
    }
    this.rest = this.rest.slice(start);
    return messages;
  }

  private line(line: string): StreamMessage | null {
    if (line === "") return this.dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.data.push(value);
    else if (field === "event") this.event = value;
    else if (field === "id" && !value.includes("\0")) this.id = value;
    return null;
  }

  private dispatch(): StreamMessage | null {
    const message = { event: this.event || "message", id: this.id, data: this.data.join("\n") };
    const filled = this.data.length > 0;
    this.data = [];
    this.event = "";
    return filled ? message : null;
  }
}
