/** The plan and what was done for it: todos with their tools, a tree that keyboards can walk. */
import { Fragment, type JSX } from "preact";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { count, plural } from "./format";
import { memo } from "./memo";
import { MoreLine, OtherLine, TodoLine } from "./todo-line";
import { type Choices, isStop, levelOf, nextStop, parentStop, type TreeRow, treeRows } from "./todo-tree";
import { ToolDetail } from "./tool-detail";
import { ToolLine } from "./tool-line";
import type { Todo, ToolRow } from "./types";
import { useVirtual } from "./virtual";

interface TodosProps {
  readonly todos: readonly Todo[];
  readonly tools: readonly ToolRow[];
  /** Tools that no longer are in the state, only counted. */
  readonly dropped: number;
  readonly ended: boolean;
}

/** How long after the reader's last move the list leaves them alone, ms. */
const HANDS_OFF_MS = 8_000;
const ROW_HEIGHT = 25;
const DETAIL_HEIGHT = 160;

export const Todos = memo(function Todos({ todos, tools, dropped, ended }: TodosProps): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const [choices, setChoices] = useState<Choices>(new Map());
  const rows = useMemo(() => treeRows(todos, tools, choices, ended), [todos, tools, choices, ended]);
  const [focusKey, setFocusKey] = useState<string | null>(null);
  const focusIndex = useMemo(
    () => rows.findIndex((row) => row.key === focusKey && isStop(row)),
    [rows, focusKey],
  );
  const wantsFocus = useRef(false);
  const touched = useRef(Number.NEGATIVE_INFINITY);

  const keyOf = useCallback((index: number) => rows[index]?.key ?? index, [rows]);
  const estimate = (index: number) => (rows[index]?.kind === "detail" ? DETAIL_HEIGHT : ROW_HEIGHT);
  const virtual = useVirtual({ scroller, count: rows.length, keyOf, estimate, keep: focusIndex });

  const choose = useCallback((key: string, open: boolean) => {
    touched.current = performance.now();
    setChoices((old) => new Map(old).set(key, open));
  }, []);

  const activeIndex = rows.findIndex((row) => row.kind === "todo" && row.active);
  const activeKey = rows[activeIndex]?.key;
  useEffect(() => {
    if (activeIndex < 0 || performance.now() - touched.current < HANDS_OFF_MS) return;
    // Its tools come right below it: put the todo near the top rather than just into sight.
    showRow(scroller.current, rows, activeIndex, virtual.scrollTo);
  }, [activeKey]);

  useLayoutEffect(() => {
    if (!wantsFocus.current || focusKey === null) return;
    const element = scroller.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(focusKey)}"]`);
    if (!element) return;
    wantsFocus.current = false;
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest" });
  });

  const moveTo = (index: number) => {
    const row = rows[index];
    if (!row) return;
    wantsFocus.current = true;
    setFocusKey(row.key);
    virtual.scrollTo(index, "auto");
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const element = (event.target as HTMLElement).closest<HTMLElement>("[data-row]");
    const index = rows.findIndex((row) => row.key === element?.dataset.row);
    const row = rows[index];
    // Inside an opened tool only Escape is ours: it closes that tool and goes back to its line.
    if (!row || event.altKey || event.ctrlKey || event.metaKey) return;
    if (row.kind === "detail" && event.key !== "Escape") return;
    touched.current = performance.now();
    const target = keyTarget(event.key, rows, index, choose);
    if (target === null) return;
    event.preventDefault();
    event.stopPropagation();
    moveTo(target);
  };

  return (
    <section class="bw-todos-section" aria-label="Steps">
      {dropped > 0 && (
        <p class="bw-dim bw-dropped">{`${count(dropped)} earlier ${dropped === 1 ? "tool is" : "tools are"} no longer listed`}</p>
      )}
      <div
        ref={scroller}
        class="bw-todos"
        role="tree"
        aria-label={todos.length > 0 ? plural(todos.length, "todo") : plural(tools.length, "tool")}
        data-testid="todos"
        data-todos={todos.length}
        data-tools={tools.length}
        onKeyDown={onKeyDown}
        onWheel={() => {
          touched.current = performance.now();
        }}
        onPointerDown={() => {
          touched.current = performance.now();
        }}
        onFocusIn={(event) => {
          const key = (event.target as HTMLElement).closest<HTMLElement>("[data-row]")?.dataset.row;
          if (key !== undefined) setFocusKey(key);
        }}
      >
        {virtual.rows.map(({ index, gap }) => {
          const row = rows[index];
          if (!row) return null;
          const reachable = focusIndex < 0 ? index === 0 : index === focusIndex;
          return (
            <Fragment key={row.key}>
              {gap > 0 && <div style={{ height: `${gap}px` }} />}
              <div ref={virtual.measure} data-index={index}>
                <Line row={row} reachable={reachable} ended={ended} choose={choose} />
              </div>
            </Fragment>
          );
        })}
        {virtual.rest > 0 && <div style={{ height: `${virtual.rest}px` }} />}
      </div>
    </section>
  );
});

/** Scrolls only the list itself: the notebook around it must stay where its reader is. */
function showRow(
  scroller: HTMLElement | null,
  rows: readonly TreeRow[],
  index: number,
  scrollTo: (index: number, align: "auto" | "center") => void,
): void {
  if (!scroller) return;
  const element = scroller.querySelector<HTMLElement>(`[data-row="${CSS.escape(rows[index]?.key ?? "")}"]`);
  if (!element) {
    scrollTo(index, "center");
    return;
  }
  const top = element.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop;
  scroller.scrollTop = Math.max(0, top - ROW_HEIGHT);
}

/** Where a key leads: the index to go to (opening and closing on the way), or null for keys that are not ours. */
function keyTarget(
  key: string,
  rows: readonly TreeRow[],
  index: number,
  choose: (key: string, open: boolean) => void,
): number | null {
  const row = rows[index];
  if (!row) return null;
  const open = "open" in row && row.open;
  switch (key) {
    case "ArrowDown":
      return nextStop(rows, index, 1);
    case "ArrowUp":
      return nextStop(rows, index, -1);
    case "Home":
      return nextStop(rows, -1, 1);
    case "End":
      return nextStop(rows, rows.length, -1);
    case "ArrowRight":
      if (open) return nextStop(rows, index, 1);
      if ("open" in row) choose(row.key, true);
      return index;
    case "ArrowLeft":
      if (!open) return parentStop(rows, index);
      choose(row.key, false);
      return index;
    case "Enter":
    case " ":
      choose(row.kind === "more" ? row.owner : row.key, !open);
      return row.kind === "more" ? parentStop(rows, index) : index;
    case "Escape": {
      if (row.kind !== "detail" && !open) return null;
      const line = row.kind === "detail" ? index - 1 : index;
      choose(rows[line]?.key ?? "", false);
      return line;
    }
    default:
      return null;
  }
}

interface LineProps {
  readonly row: TreeRow;
  readonly reachable: boolean;
  readonly ended: boolean;
  choose(key: string, open: boolean): void;
}

function Line({ row, reachable, ended, choose }: LineProps): JSX.Element {
  switch (row.kind) {
    case "todo": {
      const { tools, failed, startedAt, endedAt } = row.work;
      return (
        <TodoLine
          rowKey={row.key}
          todo={row.todo}
          active={row.active}
          open={row.open}
          tools={tools}
          failed={failed}
          startedAt={startedAt}
          endedAt={row.active || !ended ? openEnd(row.active, endedAt) : endedAt}
          ended={ended}
          reachable={reachable}
          choose={choose}
        />
      );
    }
    case "other":
      return (
        <OtherLine
          rowKey={row.key}
          open={row.open}
          tools={row.work.tools}
          reachable={reachable}
          choose={choose}
        />
      );
    case "more":
      return (
        <MoreLine
          rowKey={row.key}
          owner={row.owner}
          hidden={row.hidden}
          reachable={reachable}
          choose={choose}
        />
      );
    case "tool":
      return (
        <ToolLine
          rowKey={row.key}
          tool={row.tool}
          level={levelOf(row)}
          open={row.open}
          below={row.children}
          newest={row.newest}
          ended={ended}
          reachable={reachable}
          choose={choose}
        />
      );
    case "detail":
      return (
        <div
          data-row={row.key}
          class="bw-indent"
          role="treeitem"
          aria-level={row.level}
          tabIndex={-1}
          style={{ "--bw-level": row.level }}
        >
          <ToolDetail tool={row.tool} />
        </div>
      );
  }
}

/** The active todo's clock runs on between two of its tools. */
function openEnd(active: boolean, endedAt: number | null): number | null {
  return active ? null : endedAt;
}
