/** What a tool was given and what came of it; whole, fetched when the reader opens it. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ansiText } from "./ansi";
import { type DiffLine, diffLines, readUnified } from "./diff";
import { bytes } from "./format";
import { memo } from "./memo";
import { messageOf, useBuild } from "./session";
import { field } from "./tool-summary";
import type { ToolRow } from "./types";

/** More than this is not laid out at once; the rest is a download. */
const MAX_SHOWN = 60_000;

export const ToolDetail = memo(function ToolDetail({ tool }: { tool: ToolRow }): JSX.Element {
  const { actions } = useBuild();
  const [whole, setWhole] = useState<ToolRow | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  const cut = tool.truncated.length > 0;
  const outputCut = tool.truncated.includes("output");
  useEffect(() => {
    if (!cut) return;
    let wanted = true;
    setProblem(null);
    actions.tool(tool.id).then(
      (row) => wanted && setWhole(row),
      (error: unknown) => wanted && setProblem(messageOf(error)),
    );
    return () => {
      wanted = false;
    };
  }, [tool.id, cut, outputCut, tool.state, attempt]);
  const shown = cut && whole ? { ...tool, input: whole.input, output: whole.output } : tool;
  return (
    <div class="bw-detail" data-tool-detail={tool.id} data-whole={!cut || whole !== null}>
      {cut && !whole && (
        <p class="bw-dim bw-detail-note">
          {problem === null
            ? "Fetching the whole of it… this is the beginning."
            : `${problem} This is only the beginning. `}
          {problem !== null && (
            <button type="button" class="bw-button bw-small" onClick={() => setAttempt(attempt + 1)}>
              Try again
            </button>
          )}
        </p>
      )}
      <InputView name={tool.name} input={shown.input} fallback="" />
      <OutputView output={shown.output} failed={tool.state === "failed"} name={tool.id} />
    </div>
  );
});

interface InputProps {
  readonly name: string;
  readonly input: unknown;
  readonly fallback: string;
}

/** A tool's input: a command as a command, an edit as a diff, anything else as JSON. */
export function InputView({ name, input, fallback }: InputProps): JSX.Element | null {
  const command = field(input, "command", "cmd", "script");
  if (typeof input === "object" && command !== undefined) {
    const text = Array.isArray(command) ? command.join(" ") : String(command);
    const why = field(input, "description", "justification", "reason");
    return (
      <>
        {typeof why === "string" && <p class="bw-dim bw-detail-note">{why}</p>}
        <Block label="command" text={`$ ${text}`} name={name} />
      </>
    );
  }
  const diff = diffOf(input);
  if (diff) return <Diff lines={diff.lines} path={diff.path} />;
  const text = textOf(input) || fallback;
  return text ? <Block label="input" text={text} name={`${name}-input`} /> : null;
}

function OutputView({
  output,
  failed,
  name,
}: {
  output: unknown;
  failed: boolean;
  name: string;
}): JSX.Element | null {
  const text = textOf(output);
  return text ? <Block label={failed ? "error" : "output"} text={text} name={name} failed={failed} /> : null;
}

/** Text of a value: strings as they are, an agent's content blocks by their text, anything else as JSON. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  if (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((part) => typeof field(part, "text") === "string")
  ) {
    return value.map((part) => String(field(part, "text"))).join("\n");
  }
  if (typeof value === "object" && Object.keys(value).length === 0) return "";
  return JSON.stringify(value, null, 2);
}

/** The edit a tool's input tells, or null where it tells none. */
export function diffOf(input: unknown): { path: string; lines: DiffLine[] } | null {
  if (typeof input !== "object" || input === null) return null;
  const path = String(field(input, "file_path", "path", "notebook_path") ?? "");
  const unified = field(input, "diff", "unified_diff", "patch");
  if (typeof unified === "string") return { path, lines: readUnified(unified) };
  const changes = field(input, "changes");
  if (Array.isArray(changes)) return { path: "", lines: changes.flatMap(changeLines) };
  const edits = field(input, "edits");
  const parts: unknown[] = Array.isArray(edits) ? edits : [input];
  const lines = parts.flatMap((part, index) => {
    const [before, after] = [
      field(part, "old_string", "old_str"),
      field(part, "new_string", "new_str", "new_source"),
    ];
    if (before === undefined && after === undefined) return [];
    const gap: DiffLine[] = index > 0 ? [{ kind: "gap", text: "⋯" }] : [];
    return [...gap, ...diffLines(String(before ?? ""), String(after ?? ""))];
  });
  if (lines.length > 0) return { path, lines };
  const content = path ? field(input, "content", "contents") : undefined;
  return typeof content === "string" ? { path, lines: diffLines("", content.replace(/\n$/, "")) } : null;
}

function changeLines(change: unknown): DiffLine[] {
  const title = [field(change, "kind", "type"), field(change, "path")]
    .filter((part) => typeof part === "string")
    .join(" ");
  const diff = field(change, "diff", "unified_diff");
  return [{ kind: "gap", text: title }, ...(typeof diff === "string" ? readUnified(diff) : [])];
}

const MAX_DIFF_LINES = 400;
const SIGNS: Record<DiffLine["kind"], string> = { same: " ", added: "+", removed: "−", gap: "" };

function Diff({ lines, path }: { lines: DiffLine[]; path: string }): JSX.Element {
  const [all, setAll] = useState(false);
  const shown = all ? lines : lines.slice(0, MAX_DIFF_LINES);
  return (
    <div class="bw-block" data-block="diff">
      {path && <div class="bw-block-label">{path}</div>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard. */}
      <pre class="bw-pre" tabIndex={0}>
        {shown.map((line, index) => (
          <span key={index} class="bw-diff" data-kind={line.kind}>
            {`${SIGNS[line.kind]}${line.kind === "gap" ? "" : " "}${line.text}\n`}
          </span>
        ))}
      </pre>
      {shown.length < lines.length && (
        <button type="button" class="bw-button bw-small" onClick={() => setAll(true)}>
          {`Show ${lines.length - shown.length} more lines`}
        </button>
      )}
    </div>
  );
}

interface BlockProps {
  readonly label: string;
  readonly text: string;
  readonly name: string;
  readonly failed?: boolean;
}

function Block({ label, text, name, failed }: BlockProps): JSX.Element {
  const over = text.length > MAX_SHOWN;
  return (
    <div class="bw-block" data-block={label} data-failed={failed ?? false}>
      {label !== "command" && <div class="bw-block-label">{label}</div>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard. */}
      <pre class="bw-pre" tabIndex={0}>
        {ansiText(over ? text.slice(0, MAX_SHOWN) : text)}
      </pre>
      {over && (
        <button
          type="button"
          class="bw-button bw-small"
          onClick={() => saveBlob(new Blob([text]), `${name}-${label}.txt`)}
        >
          {`Download all (${bytes(text.length)})`}
        </button>
      )}
    </div>
  );
}

/** Lets the browser save a blob as a file; it is never opened in the page's own origin. */
export function saveBlob(blob: Blob, name: string): void {
  const address = URL.createObjectURL(new Blob([blob], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name.replace(/[^\w.-]+/g, "_");
  link.click();
  // The click only starts the download; the address must outlive it.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
