/** What a tool was given and what came of it; whole, fetched when the reader opens it. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ansiText } from "./ansi";
import type { DiffLine } from "./diff";
import { bytes } from "./format";
import { memo } from "./memo";
import { messageOf, useBuild } from "./session";
import { changesOf, diffsOf, type FileDiff } from "./tool-diff";
import { field, shellCommand, summarizeTool } from "./tool-summary";
import type { ToolRow } from "./types";

/** More than this is not laid out at once; the rest is a download. */
const MAX_SHOWN = 60_000;

interface Whole {
  /** The call with its whole input and output; until they are here with their beginnings. */
  readonly shown: ToolRow;
  readonly isWhole: boolean;
  readonly problem: string | null;
  again(): void;
}

/** Fetches what was cut of a call. */
function useWhole(tool: ToolRow): Whole {
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
  return { shown, isWhole: !cut || whole !== null, problem, again: () => setAttempt(attempt + 1) };
}

function Fetching({ problem, again }: Whole): JSX.Element {
  return (
    <p class="bw-dim bw-detail-note">
      {problem === null
        ? "Fetching the whole of it… this is the beginning."
        : `${problem} This is only the beginning. `}
      {problem !== null && (
        <button type="button" class="bw-button bw-small" onClick={again}>
          Try again
        </button>
      )}
    </p>
  );
}

export const ToolDetail = memo(function ToolDetail({ tool }: { tool: ToolRow }): JSX.Element {
  const whole = useWhole(tool);
  const { shown, isWhole } = whole;
  return (
    <div class="bw-detail" data-tool-detail={tool.id} data-whole={isWhole}>
      {!isWhole && <Fetching {...whole} />}
      <InputView name={tool.name} input={shown.input} output={shown.output} fallback="" />
      {changesOf({ input: null, output: shown.output }).length === 0 && (
        <OutputView output={shown.output} failed={tool.state === "failed"} name={tool.id} />
      )}
    </div>
  );
});

/** What a call changed of one file. */
export const FileDetail = memo(function FileDetail(props: { tool: ToolRow; path: string }): JSX.Element {
  const whole = useWhole(props.tool);
  const { label } = summarizeTool(whole.shown);
  const diffs = diffsOf(whole.shown)
    .filter(({ path }) => path === props.path)
    .map(({ lines }) => ({ path: label, lines })); // whose change it is, stands above
  return whole.isWhole ? <Diffs diffs={diffs} /> : <Fetching {...whole} />;
});

interface InputProps {
  readonly name: string;
  readonly input?: unknown;
  /** What came of it; an edit that was made tells itself better than its input does. */
  readonly output?: unknown;
  readonly fallback: string;
}

/** A tool's input: a command as a command, an edit as a diff, a task as text, anything else as JSON. */
export function InputView({ name, input, output, fallback }: InputProps): JSX.Element | null {
  const command = typeof input === "object" ? field(input, "command", "cmd", "script") : undefined;
  const why = typeof input === "object" ? field(input, "description", "justification", "reason") : undefined;
  const note = typeof why === "string" && <p class="bw-dim bw-detail-note">{why}</p>;
  if (command !== undefined) {
    return (
      <>
        {note}
        <Block label="command" text={`$ ${shellCommand(command)}`} name={name} />
      </>
    );
  }
  const diffs = diffsOf({ input, output });
  if (diffs.length > 0) {
    return (
      <>
        {note}
        <Diffs diffs={diffs} />
      </>
    );
  }
  const prompt = typeof input === "object" ? field(input, "prompt", "plan") : undefined;
  const text = typeof prompt === "string" ? prompt : textOf(input) || fallback;
  return text ? <Block label={prompt ? "task" : "input"} text={text} name={`${name}-input`} /> : null;
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

const MAX_DIFF_LINES = 400;
const SIGNS: Record<DiffLine["kind"], string> = { same: " ", added: "+", removed: "−", gap: "" };

export function Diffs({ diffs }: { diffs: readonly FileDiff[] }): JSX.Element {
  return (
    <>
      {diffs.map((diff, index) => (
        <Diff key={index} {...diff} />
      ))}
    </>
  );
}

function Diff({ lines, path }: FileDiff): JSX.Element {
  const [all, setAll] = useState(false);
  const shown = all ? lines : lines.slice(0, MAX_DIFF_LINES);
  const label = path && <div class="bw-block-label">{path}</div>;
  if (lines.length === 0) {
    return (
      <div class="bw-block" data-block="diff">
        {label}
        <p class="bw-dim bw-detail-note">The agent did not tell what changes.</p>
      </div>
    );
  }
  return (
    <div class="bw-block" data-block="diff">
      {label}
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
