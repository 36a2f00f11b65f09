/**
 * The sections of a state that take more than an upsert: tools, texts and the log; metrics.ts has the metrics.
 * This is protocol/sections.py in TypeScript; the rules stand there, and the two change together.
 */
import {
  MAX_LOG_BYTES,
  MAX_LOG_LINE_BYTES,
  MAX_LOG_LINES,
  MAX_SAFE_INTEGER,
  MAX_TEXT_BYTES,
  MAX_TEXTS,
  MAX_TOOL_CONTENT_WEIGHT,
  MAX_TOOL_PREVIEWS,
  MAX_TOOLS,
} from "../protocol/limits.gen";
import { byteLength, keepEnd, keepStart, weight } from "../protocol/text";
import type {
  Log,
  LogEvent,
  LogLine,
  TextEvent,
  TextRow,
  ToolEvent,
  ToolRow,
  ToolState,
} from "../protocol/types.gen";
import { label } from "./metadata";
import { boundedOpen } from "./open-rows";
import { Rows } from "./rows";
import { type Mutable, shared, sharedJson } from "./sharing";

const RANK: Record<ToolState, number> = {
  input_streaming: 0,
  running: 1,
  succeeded: 2,
  failed: 2,
  denied: 2,
};
const END_RANK = 2;

/** Tool calls: one row per id whatever is repeated; a row's state only moves up, and its first end stays. */
export class ToolSection {
  private readonly rows: Rows<ToolRow>;

  constructor(rows: readonly ToolRow[]) {
    this.rows = new Rows(rows, (row) => row.id, MAX_TOOLS);
  }

  /** Takes one event; how many rows fell out. */
  apply(event: ToolEvent, activeTodo: string | undefined): number {
    const key = label(event.id);
    const place = this.rows.place(key);
    if (place !== undefined) {
      const row = mergeTool(this.rows.at(place), event);
      this.rows.replaceAt(place, this.keepsContent(place) ? row : withoutContent(row));
      return 0;
    }
    const fellOut = this.rows.put(key, mergeTool(newTool(key, event, activeTodo), event));
    const oldest = this.rows.length - MAX_TOOL_PREVIEWS - 1;
    if (oldest >= 0) this.rows.replaceAt(oldest, withoutContent(this.rows.at(oldest)));
    return fellOut;
  }

  private keepsContent(place: number): boolean {
    return place >= this.rows.length - MAX_TOOL_PREVIEWS;
  }

  result(): readonly ToolRow[] {
    return this.rows.result();
  }
}

function newTool(key: string, event: ToolEvent, activeTodo: string | undefined): ToolRow {
  const state = event.state ?? "running";
  const row: Mutable<ToolRow> = { id: key, name: "", state, truncated: [], started_at: event.at };
  if (activeTodo !== undefined) row.todo = activeTodo;
  if (RANK[state] === END_RANK) row.ended_at = event.at;
  return row;
}

function mergeTool(old: ToolRow, event: ToolEvent): ToolRow {
  const row: Mutable<ToolRow> = { ...old };
  if (event.name) row.name = label(event.name);
  if (event.parent) row.parent = label(event.parent);
  if (event.state !== undefined && RANK[event.state] > RANK[old.state]) {
    row.state = event.state;
    if (RANK[event.state] === END_RANK) row.ended_at = event.at;
  }
  const marks = [mergeContent(row, event, "input"), mergeContent(row, event, "output")] as const;
  row.truncated = shared(old.truncated, marked(...marks));
  return row;
}

/** Sets a tool's input or output; whether it is then marked as truncated. */
function mergeContent(row: Mutable<ToolRow>, event: ToolEvent, field: "input" | "output"): boolean {
  const value = event[field];
  const named = event.truncated?.includes(field) ?? false;
  if (value === undefined) return named || row.truncated.includes(field);
  if (weight(value) > MAX_TOOL_CONTENT_WEIGHT) {
    delete row[field];
    return true;
  }
  row[field] = sharedJson(row[field], value);
  return named;
}

function withoutContent(row: ToolRow): ToolRow {
  const { input, output, ...rest } = row;
  if (input === undefined && output === undefined) return row;
  const isMarked = (field: "input" | "output") => row[field] !== undefined || row.truncated.includes(field);
  return { ...rest, truncated: shared(row.truncated, marked(isMarked("input"), isMarked("output"))) };
}

function marked(input: boolean, output: boolean): readonly string[] {
  return [...(input ? ["input"] : []), ...(output ? ["output"] : [])];
}

/** Pieces of text: `text` replaces, then `delta` appends; over MAX_TEXT_BYTES the end is kept. */
export class TextSection {
  private readonly rows: Rows<TextRow>;

  constructor(rows: readonly TextRow[]) {
    this.rows = new Rows(rows, (row) => row.id, MAX_TEXTS);
  }

  /** Takes one event; how many rows fell out. */
  apply(event: TextEvent, activeTodo: string | undefined): number {
    const key = label(event.id);
    const old = this.rows.get(key);
    const whole = (event.text ?? old?.text ?? "") + (event.delta ?? "");
    const row: Mutable<TextRow> = { id: key, kind: event.kind, text: keepEnd(whole, MAX_TEXT_BYTES) };
    const todo = old ? old.todo : activeTodo;
    if (todo !== undefined) row.todo = todo;
    return this.rows.put(key, row);
  }

  result(): readonly TextRow[] {
    return this.rows.result();
  }
}

/** The end of the log. Lines it has are skipped; a hole drops what is kept, since lines stand side by side. */
export class LogSection {
  private lines: LogLine[];
  private first: number;
  private count: number;
  private partial: Log["partial"];
  private open: Log["open"];
  private copied = false;
  private bytes: number | null = null;

  constructor(private log: Log) {
    this.lines = log.lines as LogLine[];
    this.first = log.first;
    this.count = log.count;
    this.partial = log.partial;
    this.open = log.open;
  }

  /** Takes one event; how many lines no longer stand in the state, of all that were ever written. */
  apply(event: LogEvent): number {
    if (event.first - 1 > MAX_SAFE_INTEGER - event.lines.length) return this.first - 1;
    if (event.first > this.count + 1) this.startAgain(event.first);
    const known = this.count + 1 - event.first;
    if (known < event.lines.length) {
      this.own();
      this.append(event.lines, known);
      this.trim();
    }
    if (event.partial !== undefined) this.partial = shared(this.partial, boundedPartial(event.partial));
    if (event.open !== undefined) this.open = boundedOpen(this.open, event.open);
    return this.first - 1;
  }

  /** The end of the build: nothing is drawn any more. */
  end(): void {
    this.open = undefined;
  }

  private startAgain(first: number): void {
    this.lines = [];
    this.copied = true;
    this.bytes = 0;
    this.first = first;
    this.count = first - 1;
  }

  private append(lines: readonly LogLine[], known: number): void {
    for (let at = known; at < lines.length; at++) {
      const line = lines[at] as LogLine;
      const text = keepStart(line[1], MAX_LOG_LINE_BYTES);
      this.lines.push(text === line[1] ? line : [line[0], text]);
      this.bytes = (this.bytes ?? 0) + byteLength(text);
    }
    this.count += lines.length - known;
  }

  private trim(): void {
    let gone = 0;
    let total = this.bytes ?? 0;
    while (this.lines.length - gone > MAX_LOG_LINES || total > MAX_LOG_BYTES) {
      total -= byteLength((this.lines[gone] as LogLine)[1]);
      gone++;
    }
    this.lines.splice(0, gone);
    this.first += gone;
    this.bytes = total;
  }

  private own(): void {
    if (!this.copied) this.lines = this.lines.slice();
    this.copied = true;
    this.bytes ??= this.lines.reduce((sum, [, text]) => sum + byteLength(text), 0);
  }

  result(): Log {
    const { first, count, lines, partial, open } = this;
    this.log = shared(this.log, { first, count, lines, partial, ...(open && { open }) });
    this.copied = false;
    return this.log;
  }
}

function boundedPartial(partial: Log["partial"]): Log["partial"] {
  const lines = Object.entries(partial).filter(([, text]) => text !== "");
  return Object.fromEntries(lines.map(([stream, text]) => [stream, keepStart(text, MAX_LOG_LINE_BYTES)]));
}
