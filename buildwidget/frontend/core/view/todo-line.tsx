/** One todo, the heading of tools without one, and the line that stands for tools not shown. */
import type { JSX } from "preact";
import { useElapsed } from "./clock";
import { plural, span, spanSoFar } from "./format";
import { Icon, Spinner } from "./icons";
import { memo } from "./memo";
import { TreeItem } from "./tree-item";
import type { Todo } from "./types";

interface RowProps {
  readonly rowKey: string;
  /** Whether Tab reaches this row; the arrows reach the others from it. */
  readonly reachable: boolean;
  choose(key: string, open: boolean): void;
}

interface TodoProps extends RowProps {
  readonly todo: Todo;
  readonly active: boolean;
  readonly open: boolean;
  readonly tools: number;
  readonly failed: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly ended: boolean;
}

const STATES: Record<Todo["status"], string> = {
  pending: "pending",
  in_progress: "in progress",
  completed: "done",
  cancelled: "cancelled",
};

export const TodoLine = memo(function TodoLine(props: TodoProps): JSX.Element {
  const { todo, active, open, tools, failed } = props;
  const text = active && todo.active_form ? todo.active_form : todo.content;
  const expandable = tools > 0;
  return (
    <TreeItem
      class="bw-todo"
      rowKey={props.rowKey}
      level={1}
      {...(expandable ? { expanded: open } : {})}
      reachable={props.reachable}
      data={{ "data-todo-id": todo.id, "data-status": todo.status, "data-active": active }}
      press={() => expandable && props.choose(props.rowKey, !open)}
    >
      <Icon
        name="chevron"
        class={`bw-twist ${open ? "bw-turn-down" : ""} ${expandable ? "" : "bw-invisible"}`}
      />
      <TodoMark status={todo.status} active={active} ended={props.ended} />
      <span class="bw-row-text" title={text}>
        {text}
        <span class="bw-hidden">{`, ${STATES[todo.status]}`}</span>
      </span>
      {failed > 0 && <span class="bw-count bw-bad">{`${failed} failed`}</span>}
      {tools > 0 && <span class="bw-count">{plural(tools, "tool")}</span>}
      <Took
        startedAt={props.startedAt}
        endedAt={props.ended && props.endedAt === null ? props.startedAt : props.endedAt}
      />
    </TreeItem>
  );
});

function TodoMark({
  status,
  active,
  ended,
}: {
  status: Todo["status"];
  active: boolean;
  ended: boolean;
}): JSX.Element {
  if (status === "completed") return <Icon name="check" class="bw-mark bw-good" />;
  if (status === "cancelled") return <Icon name="cross" class="bw-mark bw-dim" />;
  if (status === "in_progress" && active) return <Spinner />;
  return (
    <span
      class={`bw-icon bw-mark ${status === "in_progress" && ended ? "bw-half" : "bw-ring"}`}
      aria-hidden="true"
    />
  );
}

/** How long it took, in a place of fixed width; ticking where it has not ended. */
export function Took({
  startedAt,
  endedAt,
}: {
  startedAt: number | null;
  endedAt: number | null;
}): JSX.Element {
  const ms = useElapsed(startedAt, endedAt);
  const text = ms === null ? "" : endedAt === null ? spanSoFar(ms) : span(ms);
  return <span class="bw-took">{text}</span>;
}

interface OtherProps extends RowProps {
  readonly open: boolean;
  readonly tools: number;
}

export const OtherLine = memo(function OtherLine({
  rowKey,
  open,
  tools,
  reachable,
  choose,
}: OtherProps): JSX.Element {
  return (
    <TreeItem
      class="bw-other"
      rowKey={rowKey}
      level={1}
      expanded={open}
      reachable={reachable}
      press={() => choose(rowKey, !open)}
    >
      <Icon name="chevron" class={`bw-twist ${open ? "bw-turn-down" : ""}`} />
      <Icon name="dots" class="bw-mark bw-dim" />
      <span class="bw-row-text">Outside the plan</span>
      <span class="bw-count">{plural(tools, "tool")}</span>
      <span class="bw-took" />
    </TreeItem>
  );
});

interface MoreProps extends RowProps {
  readonly owner: string;
  readonly hidden: number;
}

export const MoreLine = memo(function MoreLine({
  rowKey,
  owner,
  hidden,
  reachable,
  choose,
}: MoreProps): JSX.Element {
  return (
    <TreeItem
      class="bw-more bw-indent"
      rowKey={rowKey}
      level={2}
      reachable={reachable}
      data={{ "data-more": hidden }}
      press={() => choose(owner, true)}
    >
      {`${plural(hidden, "earlier tool")}…`}
    </TreeItem>
  );
});
