/** The changes of files that a tool call tells. All pure. */
import { type DiffLine, diffLines, readUnified } from "./diff";
import { field } from "./tool-summary";
import type { ToolRow } from "./types";

/** What became of one file. */
export interface FileChange {
  /** Where the file is now; the path of its artifact. */
  readonly path: string;
  readonly kind: string;
  /** Lines; absent where the agent told none. */
  readonly added?: number;
  readonly removed?: number;
  /** Hunks of a unified diff; absent where the agent told none, and where the row holds only its beginning. */
  readonly diff?: string;
}

export interface FileDiff {
  readonly path: string;
  readonly lines: readonly DiffLine[];
}

type Told = Pick<ToolRow, "input"> & Partial<Pick<ToolRow, "output">>;

/** The changes that a call made or is about to make, as the build's runner tells them alike for all agents. */
export function changesOf({ input, output }: Told): readonly FileChange[] {
  const told = changesIn(output);
  return told.length > 0 ? told : changesIn(input);
}

function changesIn(value: unknown): FileChange[] {
  if (typeof value === "string") return value.startsWith('{"changes":[') ? changesInCut(value) : [];
  const list = typeof value === "object" && value !== null ? (value as { changes?: unknown }).changes : null;
  return Array.isArray(list) ? list.filter((each) => typeof each?.path === "string").map(asChange) : [];
}

function asChange(told: FileChange & { readonly moved_to?: unknown }): FileChange {
  const { path, kind, moved_to, added, removed, diff } = told;
  return {
    path: typeof moved_to === "string" ? moved_to : path,
    kind: String(kind),
    ...(typeof added === "number" && typeof removed === "number" ? { added, removed } : {}),
    ...(typeof diff === "string" ? { diff } : {}),
  };
}

/** In the text of a diff every quote is escaped, so these heads are never part of one. */
const HEAD =
  /\{"path":("(?:[^"\\]|\\.)*"),"kind":"(\w+)"(?:,"moved_to":("(?:[^"\\]|\\.)*"))?(?:,"added":(\d+),"removed":(\d+))?/g;

/** The heads of the changes in the beginning of a JSON text. */
function changesInCut(text: string): FileChange[] {
  return [...text.matchAll(HEAD)].map(([, path, kind, moved, added, removed]) =>
    asChange({
      path: JSON.parse(path ?? '""'),
      kind: kind ?? "",
      ...(moved ? { moved_to: JSON.parse(moved) } : {}),
      ...(added && removed ? { added: Number(added), removed: Number(removed) } : {}),
    }),
  );
}

/** What a call's changes look like; the edit that its input tells, where it has not been made (yet). */
export function diffsOf(told: Told): FileDiff[] {
  const changes = changesOf(told);
  if (changes.length > 0)
    return changes.map(({ path, diff }) => ({ path, lines: diff ? readUnified(diff) : [] }));
  const { input } = told;
  if (typeof input !== "object" || input === null) return [];
  const path = String(field(input, "file_path", "path", "notebook_path") ?? "");
  const lines = unifiedLines(input) ?? editLines(input) ?? writtenLines(input, path);
  return lines ? [{ path, lines }] : [];
}

function unifiedLines(input: object): DiffLine[] | null {
  const unified = field(input, "diff", "unified_diff", "patch");
  return typeof unified === "string" ? readUnified(unified) : null;
}

function editLines(input: object): DiffLine[] | null {
  const edits = field(input, "edits");
  const parts: unknown[] = Array.isArray(edits) ? edits : [input];
  const lines = parts.flatMap((part, index) => {
    const before = field(part, "old_string", "old_str");
    const after = field(part, "new_string", "new_str", "new_source");
    if (before === undefined && after === undefined) return [];
    const gap: DiffLine[] = index > 0 ? [{ kind: "gap", text: "⋯" }] : [];
    return [...gap, ...diffLines(String(before ?? ""), String(after ?? ""))];
  });
  return lines.length > 0 ? lines : null;
}

function writtenLines(input: object, path: string): DiffLine[] | null {
  const content = path ? field(input, "content", "contents") : undefined;
  return typeof content === "string" ? diffLines("", content.replace(/\n$/, "")) : null;
}

/** The calls that changed a file, oldest first, and how many lines they added and removed in all. */
export interface History {
  readonly tools: readonly ToolRow[];
  readonly added: number;
  readonly removed: number;
}

interface GrowingHistory {
  readonly tools: ToolRow[];
  added: number;
  removed: number;
}

/** Of every file that calls have changed, by its path. */
export function histories(tools: readonly ToolRow[]): ReadonlyMap<string, History> {
  const found = new Map<string, GrowingHistory>();
  for (const tool of tools) {
    if (tool.state !== "succeeded") continue;
    for (const { path, added = 0, removed = 0 } of changesOf(tool)) {
      const known: GrowingHistory = found.get(path) ?? { tools: [], added: 0, removed: 0 };
      if (known.tools.at(-1) !== tool) known.tools.push(tool);
      known.added += added;
      known.removed += removed;
      found.set(path, known);
    }
  }
  return found;
}
