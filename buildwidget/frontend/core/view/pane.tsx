/** The tabs at the bottom, only for what exists: log, text, output, artifacts. */
import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Artifacts } from "./artifacts";
import { Displays } from "./displays";
import { short } from "./format";
import { Icon } from "./icons";
import { useIdentity } from "./identity";
import { Log, type LogPlace } from "./log";
import { unfinishedRows } from "./log-buffer";
import { useAction, useBuild } from "./session";
import { Texts } from "./texts";
import type { State } from "./types";

export type TabName = "log" | "text" | "output" | "artifacts";

const WORDS: Record<TabName, string> = { log: "Log", text: "Text", output: "Output", artifacts: "Artifacts" };

/** The tabs a build has, and how much is in each. */
export function tabsOf(state: State): Array<readonly [TabName, number]> {
  const hasLog = state.log.count > 0 || unfinishedRows(state.log).length > 0;
  const tabs: Array<readonly [TabName, number, boolean]> = [
    ["log", state.log.count, hasLog],
    ["text", state.texts.length, state.texts.length > 0],
    ["output", state.displays.length + (state.dropped.displays ?? 0), state.displays.length > 0],
    ["artifacts", state.artifacts.length + (state.dropped.artifacts ?? 0), state.artifacts.length > 0],
  ];
  return tabs.filter(([, , exists]) => exists).map(([name, amount]) => [name, amount]);
}

/** What is shown before the reader chose: an agent's words, anything else's log. */
export function firstTab(
  tabs: ReadonlyArray<readonly [TabName, number]>,
  kind: State["kind"],
): TabName | null {
  const wanted = kind === "agent" ? "text" : "log";
  return tabs.some(([name]) => name === wanted) ? wanted : (tabs[0]?.[0] ?? null);
}

const TABS_HEIGHT = 42;
const LINE_HEIGHT = 17;
const LEAST_LINES = 6;

/** Below this height the pane is not squeezed, the whole body scrolls instead, px. */
function leastHeight(tab: TabName, { log }: State): number {
  const lines = tab === "log" ? log.lines.length + unfinishedRows(log).length : LEAST_LINES;
  return TABS_HEIGHT + LINE_HEIGHT * Math.min(LEAST_LINES, lines);
}

interface Props {
  readonly state: State;
  readonly ended: boolean;
  readonly chosen: TabName | null;
  /** Where the log is to be opened. */
  readonly goTo: LogPlace | null;
  choose(tab: TabName): void;
}

export function Pane({ state, ended, chosen, goTo, choose }: Props): JSX.Element | null {
  const id = useIdentity();
  const tabs = tabsOf(state);
  // What came first stays until the reader chooses: a tab must not change under their eyes.
  const first = useRef<TabName | null>(null);
  first.current ??= firstTab(tabs, state.kind);
  const current = chosen !== null && tabs.some(([name]) => name === chosen) ? chosen : first.current;
  const [searching, setSearching] = useState(false);
  const section = useRef<HTMLElement>(null);
  const [refocus, setRefocus] = useState<string | null>(null);
  const endSearch = useCallback((toLog: boolean) => {
    setSearching(false);
    setRefocus(toLog ? ".bw-log" : '[data-action="search"]');
  }, []);
  useEffect(() => {
    if (refocus === null) return;
    section.current?.querySelector<HTMLElement>(refocus)?.focus({ preventScroll: true });
    setRefocus(null);
  }, [refocus]);
  useEffect(() => {
    if (current !== "log" || goTo !== null) setSearching(false);
  }, [current, goTo]);
  if (current === null) return null;
  const onKeyDown = (event: KeyboardEvent) => {
    const at = tabs.findIndex(([name]) => name === current);
    const moves: Record<string, number> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: tabs.length - 1,
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const next = tabs[(move + tabs.length) % tabs.length]?.[0];
    if (next === undefined) return;
    choose(next);
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-tab="${next}"]`)?.focus();
  };
  return (
    <section
      ref={section}
      class="bw-pane"
      style={{ minHeight: `${leastHeight(current, state)}px` }}
      data-testid="pane"
      data-tab-shown={current}
    >
      <div class="bw-tabs">
        <div role="tablist" aria-label="Details" class="bw-tablist" onKeyDown={onKeyDown}>
          {tabs.map(([name, amount]) => (
            <button
              type="button"
              role="tab"
              key={name}
              id={`${id}-${name}`}
              class="bw-tab"
              data-tab={name}
              aria-selected={name === current}
              aria-controls={`${id}-panel`}
              tabIndex={name === current ? 0 : -1}
              onClick={() => choose(name)}
            >
              {WORDS[name]}
              {amount > 0 && <span class="bw-tab-count">{short(amount)}</span>}
            </button>
          ))}
        </div>
        <span class="bw-push" />
        {current === "log" && <LogTools searching={searching} setSearching={setSearching} />}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${current}`} class="bw-panel">
        {current === "log" && (
          <Log log={state.log} searching={searching} goTo={goTo} onSearchEnd={endSearch} />
        )}
        {current === "text" && <Texts texts={state.texts} ended={ended} />}
        {current === "output" && <Displays displays={state.displays} />}
        {current === "artifacts" && (
          <Artifacts artifacts={state.artifacts} tools={state.tools} dropped={state.dropped.artifacts ?? 0} />
        )}
      </div>
    </section>
  );
}

interface ToolsProps {
  readonly searching: boolean;
  setSearching(searching: boolean): void;
}

function LogTools({ searching, setSearching }: ToolsProps): JSX.Element {
  const { actions } = useBuild();
  const [pending, download] = useAction(() => actions.downloadLog());
  return (
    <>
      <button
        type="button"
        class="bw-icon-button"
        data-action="search"
        aria-label="Search the log"
        title="Search the log"
        aria-pressed={searching}
        onClick={() => setSearching(!searching)}
      >
        <Icon name="search" />
      </button>
      <button
        type="button"
        class="bw-icon-button"
        data-action="download"
        aria-label="Download the log"
        title="Download the log"
        aria-disabled={pending}
        onClick={download}
      >
        <Icon name="download" />
      </button>
    </>
  );
}
