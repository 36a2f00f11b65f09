/** One tool call on one line. */
import type { JSX } from "preact";
import { plural } from "./format";
import { Icon, Spinner } from "./icons";
import { memo } from "./memo";
import { Took } from "./todo-line";
import { isRunning } from "./todo-tree";
import { summarizeTool } from "./tool-summary";
import { TreeItem } from "./tree-item";
import type { ToolRow } from "./types";

interface ToolProps {
  readonly rowKey: string;
  readonly tool: ToolRow;
  readonly level: number;
  readonly open: boolean;
  /** How many calls a subagent made below this one. */
  readonly below: number;
  readonly newest: ToolRow | undefined;
  readonly ended: boolean;
  readonly reachable: boolean;
  choose(key: string, open: boolean): void;
}

export const ToolLine = memo(function ToolLine(props: ToolProps): JSX.Element {
  const { tool, open, below, newest } = props;
  const summary = summarizeTool(tool);
  const running = isRunning(tool) && !props.ended;
  return (
    <TreeItem
      class="bw-tool bw-indent"
      rowKey={props.rowKey}
      level={props.level}
      expanded={open}
      reachable={props.reachable}
      data={{ "data-tool-id": tool.id, "data-state": tool.state }}
      press={() => props.choose(props.rowKey, !open)}
    >
      {summary.icon === null ? (
        <span class="bw-icon bw-dollar" aria-hidden="true">
          $
        </span>
      ) : (
        <Icon name={summary.icon} class="bw-dim" />
      )}
      <span class="bw-row-text bw-tool-text" title={summary.text}>
        {summary.label && <span class="bw-tool-label">{summary.label}</span>}
        <code>{summary.text}</code>
      </span>
      <LineCounts counts={summary} />
      {below > 0 && <span class="bw-count">{plural(below, "tool")}</span>}
      <ToolMark tool={tool} running={running} />
      <Took
        startedAt={running || tool.ended_at !== undefined ? tool.started_at : null}
        endedAt={tool.ended_at ?? null}
      />
      {running && !open && newest && <Activity tool={newest} />}
    </TreeItem>
  );
});

/** What a subagent is at, while its calls are folded away. */
function Activity({ tool }: { tool: ToolRow }): JSX.Element {
  const { icon, label, text } = summarizeTool(tool);
  return (
    <span class="bw-activity" data-testid="activity">
      {`${icon === null ? "$" : label} ${text}`}
    </span>
  );
}

interface Counts {
  readonly added?: number;
  readonly removed?: number;
}

/** `+34 −2`; nothing where nothing is known, or changed. */
export function LineCounts({ counts }: { counts: Counts | null }): JSX.Element | null {
  const { added = 0, removed = 0 } = counts ?? {};
  if (added + removed === 0) return null;
  return (
    <span class="bw-changes">
      <span class="bw-good">{`+${added}`}</span>
      <span class="bw-bad">{`−${removed}`}</span>
    </span>
  );
}

function ToolMark({ tool, running }: { tool: ToolRow; running: boolean }): JSX.Element {
  if (running) {
    return (
      <span class="bw-result" title={tool.state === "running" ? "Running" : "Its input is being written"}>
        <Spinner />
        <span class="bw-hidden">running</span>
      </span>
    );
  }
  const [icon, tone, word] =
    tool.state === "succeeded"
      ? (["check", "bw-good", "succeeded"] as const)
      : tool.state === "failed"
        ? (["cross", "bw-bad", "failed"] as const)
        : tool.state === "denied"
          ? (["stop", "bw-bad", "denied"] as const)
          : (["question", "bw-dim", "did not finish"] as const);
  return (
    <span class={`bw-result ${tone}`} title={word}>
      <Icon name={icon} />
      <span class="bw-hidden">{word}</span>
    </span>
  );
}
