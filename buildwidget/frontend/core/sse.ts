/** Reads a `text/event-stream` that arrives in pieces cut anywhere, also within a character or a line end. */

export interface StreamMessage {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

/** Feed it the bytes as they come; it gives the messages that became whole. Comments give nothing. */
export class EventStreamReader {
  private readonly decoder = new TextDecoder();
  /** The line that has not ended, as it came. */
  private pieces: string[] = [];
  /** A "\r" at the very end may be half of "\r\n": it waits for what follows. */
  private held = "";
  private data: string[] = [];
  private event = "";
  private id = "";

  feed(bytes: Uint8Array): StreamMessage[] {
    const came = this.held + this.decoder.decode(bytes, { stream: true });
    this.held = came.endsWith("\r") ? "\r" : "";
    const text = this.held ? came.slice(0, -1) : came;
    const messages: StreamMessage[] = [];
    const ends = /\r\n|\n|\r/g;
    let start = 0;
    for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
      this.pieces.push(text.slice(start, end.index));
      const message = this.line(this.pieces.join(""));
      this.pieces = [];
      if (message) messages.push(message);
      start = ends.lastIndex;
    }
    if (start < text.length) this.pieces.push(text.slice(start));
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
