/** One build: the header, and below it what there is of the rest. */
import type { JSX } from "preact";
import { useCallback, useMemo, useRef, useState } from "preact/hooks";
import type { BuildModel, BuildSession } from "../model";
import { hasEnded, isFolded } from "./fold";
import { Header } from "./header";
import { useIdentity } from "./identity";
import { LiveRegion } from "./live-region";
import type { LogPlace } from "./log";
import { FOLLOWED_LINES } from "./log-buffer";
import { Metrics } from "./metrics";
import { Outcome, type Place } from "./outcome";
import { Pane, type TabName } from "./pane";
import { Permission, useDecisions } from "./permission";
import { Progress } from "./progress";
import { BuildActionsContext, type BuildContext, type Notice, useBuild, useModel } from "./session";
import { DeleteStrip, NoticeStrip, ProblemStrip } from "./strips";
import { useDark } from "./theme";
import { Todos } from "./todos";
import type { State, Summary } from "./types";

export interface ViewOptions {
  /** Whether a build that has ended shows only its header and how it ended, until the reader opens it; default true. */
  readonly fold?: boolean;
  /** The greatest height, a CSS length; default 560px. `"none"` for hosts that give the element a height. */
  readonly maxHeight?: string;
  /** How many lines of a log are held while its end is followed; default 5000. */
  readonly logLines?: number;
  /** Shows another build (a retry); without it the view tells how to attach to it. */
  readonly onOpenBuild?: (summary: Summary) => void;
  /** Shows the build that goes on from this one; default `onOpenBuild`. */
  readonly onFollowUp?: (summary: Summary) => void;
  /** A sentence about this page, shown with the build until the reader dismisses it. */
  readonly hint?: string;
}

interface Props {
  readonly session: BuildSession;
  readonly options: ViewOptions;
}

/** How long after the reader's last move inside it an ending build stays unfolded, ms. */
const ENGAGED_MS = 15_000;

export function BuildView({ session, options }: Props): JSX.Element {
  const model = useModel(session);
  const { state } = model;
  const root = useRef<HTMLElement>(null);
  const dark = useDark(root);
  const [notice, setNotice] = useState<Notice | null>(
    options.hint ? { tone: "plain", text: options.hint, stays: true } : null,
  );
  const touched = useRef(Number.NEGATIVE_INFINITY);
  const touch = () => {
    touched.current = performance.now();
  };
  const engaged = useEngaged(
    state,
    () =>
      performance.now() - touched.current < ENGAGED_MS ||
      root.current?.querySelector(".bw-body")?.contains(document.activeElement) === true,
  );
  const [chosen, setChosen] = useState<boolean | null>(null);
  const ended = state !== null && hasEnded(state.status);
  const folded = isFolded({ ended, allowed: options.fold !== false, engaged, chosen });
  const context = useMemo<BuildContext>(
    () => ({
      build: model.build,
      actions: session.actions,
      notify: setNotice,
      openBuild: options.onOpenBuild ?? null,
      openFollowUp: options.onFollowUp ?? options.onOpenBuild ?? null,
      openEarlier: options.onFollowUp ? null : (options.onOpenBuild ?? null),
      logLines: options.logLines ?? FOLLOWED_LINES,
    }),
    [model.build, session, options.onOpenBuild, options.onFollowUp, options.logLines],
  );
  return (
    <BuildActionsContext.Provider value={context}>
      <section
        ref={root}
        class="buildwidget"
        aria-label={`Build ${state?.name ?? ""}`}
        style={{ "--bw-max-height": options.maxHeight ?? "560px" }}
        // Lab would else take keys pressed in here for commands on the notebook's cells.
        data-lm-suppress-shortcuts="true"
        data-dark={dark}
        data-folded={folded}
        data-stale={isStale(model)}
        {...rootData(model)}
        onPointerDown={touch}
        onKeyDown={touch}
        onWheel={touch}
      >
        <LiveRegion state={state} />
        {model.problem && <ProblemStrip problem={model.problem} known={state !== null} />}
        {state ? (
          <Whole
            model={model}
            state={state}
            ended={ended}
            folded={folded}
            onFold={setChosen}
            notice={notice}
          />
        ) : (
          model.problem === null && <Opening model={model} notice={notice} />
        )}
      </section>
    </BuildActionsContext.Provider>
  );
}

/** Whether the state is only a memory: the build is gone, or out of this page's reach. A full or slow server is not. */
function isStale({ problem }: BuildModel): boolean {
  return problem !== null && problem.code !== "unavailable" && problem.code !== "limit";
}

/** What tests and styles may read of the model. */
function rootData({
  build,
  state,
  cursor,
  connection,
  problem,
}: BuildModel): Record<string, string | number> {
  return {
    "data-build": build,
    "data-status": state?.status ?? "unknown",
    "data-seq": cursor?.seq ?? 0,
    "data-epoch": cursor?.epoch ?? "",
    "data-percent": state?.percent ?? "",
    "data-connection": connection.phase,
    "data-transport": connection.transport ?? "",
    "data-problem": problem?.code ?? "",
  };
}

/** Whether the reader was busy in the view at the moment the build ended. */
function useEngaged(state: State | null, busy: () => boolean): boolean {
  const before = useRef<State["status"] | null>(null);
  const engaged = useRef(false);
  const status = state?.status ?? null;
  if (status !== null && status !== before.current) {
    engaged.current = before.current !== null && hasEnded(status) && busy();
    before.current = status;
  }
  return engaged.current;
}

interface WholeProps {
  readonly model: BuildModel;
  readonly state: State;
  readonly ended: boolean;
  readonly folded: boolean;
  readonly notice: Notice | null;
  onFold(folded: boolean): void;
}

function Whole({ model, state, ended, folded, notice, onFold }: WholeProps): JSX.Element {
  const bodyId = useIdentity();
  const [deleting, setDeleting] = useState(false);
  const [tab, setTab] = useState<TabName | null>(null);
  const askDelete = useCallback(() => setDeleting(true), []);
  const header = useRef<HTMLElement>(null);
  const endDelete = () => {
    setDeleting(false);
    header.current?.querySelector<HTMLElement>('[data-action="menu"]')?.focus();
  };
  const open = state.permissions.filter((row) => row.decision === undefined);
  const question = ended ? undefined : open[0];
  const answered = useDecisions(state.permissions, question);
  const [goTo, setGoTo] = useState<LogPlace | null>(null);
  const onLine = (line: number) => {
    setTab("log");
    setGoTo({ line });
    onFold(false);
  };
  const onOpen = (place: Place) => {
    if (place !== "todos" && place !== "progress") setTab(place);
    onFold(false);
  };
  return (
    <>
      <Header
        place={header}
        state={state}
        connection={model.connection}
        ahead={model.ahead ?? null}
        active={!ended && model.problem === null}
        stale={isStale(model)}
        folded={folded}
        bodyId={bodyId}
        onToggle={() => onFold(!folded)}
        onDelete={askDelete}
      />
      {deleting && <DeleteStrip name={state.name || "Build"} onDone={endDelete} />}
      {notice && <NoticeStrip notice={notice} />}
      {question && (
        <Permission
          key={question.request_id}
          permission={question}
          more={open.length - 1}
          onAnswer={answered}
        />
      )}
      {ended && (
        <Outcome state={state} folded={folded} stale={isStale(model)} onOpen={onOpen} onLine={onLine} />
      )}
      {!folded && <Body id={bodyId} state={state} ended={ended} tab={tab} setTab={setTab} goTo={goTo} />}
    </>
  );
}

interface BodyProps {
  readonly id: string;
  readonly state: State;
  readonly ended: boolean;
  readonly tab: TabName | null;
  readonly goTo: LogPlace | null;
  setTab(tab: TabName): void;
}

function Body({ id, state, ended, tab, goTo, setTab }: BodyProps): JSX.Element {
  const { todos, tools, progress, metrics } = state;
  return (
    <div class="bw-body" id={id}>
      {(todos.length > 0 || tools.length > 0) && (
        <Todos todos={todos} tools={tools} dropped={state.dropped.tools ?? 0} ended={ended} />
      )}
      {progress.length > 0 && <Progress bars={progress} status={state.status} />}
      {metrics.length > 0 && <Metrics metrics={metrics} />}
      <Pane state={state} ended={ended} chosen={tab} choose={setTab} goTo={goTo} />
    </div>
  );
}

/** Before the first state: one quiet line, or why there is none. */
function Opening({ model, notice }: { model: BuildModel; notice: Notice | null }): JSX.Element {
  const { connection } = model;
  const failed = connection.phase === "failed";
  return (
    <>
      <div class="bw-header bw-opening" data-testid="opening">
        <span class="bw-dim">
          {failed ? (connection.message ?? "The server cannot be reached.") : "Opening the build…"}
          {connection.phase === "reconnecting" &&
            ` ${connection.message ?? "The server does not answer yet."} (Try ${connection.attempt}.)`}
        </span>
        {failed && <Reconnect />}
      </div>
      {notice && <NoticeStrip notice={notice} />}
    </>
  );
}

function Reconnect(): JSX.Element {
  const { actions } = useBuild();
  return (
    <button type="button" class="bw-button" onClick={() => actions.reconnect()}>
      Retry
    </button>
  );
}
