/** One build of the list: what it is, how far, how long, and what can be done with it. */
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { isActive } from "../feed";
import type { Summary } from "../protocol/types.gen";
import { copyText } from "../view/clipboard";
import { useElapsed, wallClock } from "../view/clock";
import { clock, span } from "../view/format";
import { Icon } from "../view/icons";
import { memo } from "../view/memo";
import { attachCode, canRetry, type MenuItem, MenuList } from "../view/menu";
import { messageOf } from "../view/session";
import { type Standing, StatusIcon, standingWord } from "../view/status";
import { DeleteQuestion } from "../view/strips";
import type { PanelHost } from "./host";
import { madeBy, when } from "./rows";

interface Props {
  readonly host: PanelHost;
  readonly build: Summary;
  /** Whether Tab reaches this row; the arrows reach the others from it. */
  readonly reachable: boolean;
  onOpen(build: string): void;
  onRemoved(build: string): void;
}

type Said = { readonly tone: "plain" | "error"; readonly text: string } | null;

const SAID_MS = 4_000;

export const BuildRow = memo(function BuildRow(props: Props): JSX.Element {
  const { host, build, reachable, onOpen, onRemoved } = props;
  const [menu, setMenu] = useState(false);
  const [asking, setAsking] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [said, setSaid] = useState<Said>(null);
  const row = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const active = isActive(build);
  const actions = () => host.server.actions(build.id);
  const say = (text: string, tone: "plain" | "error" = "plain") => {
    setSaid({ text, tone });
    if (tone === "plain") setTimeout(() => setSaid(null), SAID_MS);
  };
  const act = (run: Promise<unknown>) => run.catch((error: unknown) => say(messageOf(error), "error"));
  const copy = (text: string) =>
    act(copyText(text, row.current ?? document.body).then(() => say(`Copied ${text}`)));
  const cancel = () => act(actions().cancel());
  const retry = () => act(actions().retry());
  const remove = () => {
    if (removing) return;
    setRemoving(true);
    const removed = actions()
      .remove()
      .then(() => onRemoved(build.id));
    act(removed).finally(() => setRemoving(false));
  };
  const items = menuItems(props, { active, copy, cancel, retry, ask: () => setAsking(true) });
  const name = build.name || "Build";
  // A bar that grows says that it runs; a word beside it would only cut off the rest.
  const percent = active && !build.cancelling ? build.percent : null;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the menu also has its own button.
    <div
      ref={row}
      class="bw-build"
      data-status={build.status}
      onContextMenu={(event) => {
        event.preventDefault();
        setMenu(true);
      }}
    >
      <button
        type="button"
        data-main
        class="bw-build-main"
        tabIndex={reachable ? 0 : -1}
        title={name}
        onClick={() => onOpen(build.id)}
        onKeyDown={(event) => {
          if (event.key === "Delete" && !active) setAsking(true);
        }}
      >
        <StatusIcon standing={standingOf(build)} />
        <span class="bw-build-text">
          <span class="bw-build-line">
            <span class="bw-build-name">{name}</span>
            <Took build={build} />
          </span>
          <span class="bw-build-line bw-dim">
            <span class="bw-build-what">
              {percent === null ? `${wordOf(build)} · ${madeBy(build)}` : madeBy(build)}
            </span>
            {percent !== null && <Percent percent={percent} />}
            {!active && <span class="bw-build-when">{when(build.created_at, wallClock())}</span>}
          </span>
        </span>
      </button>
      {(active || canRetry(build.kind)) && (
        <button
          type="button"
          class="bw-icon-button bw-build-action"
          data-action={active ? "cancel-build" : "retry-build"}
          aria-label={`${active ? "Cancel" : "Retry"} ${name}`}
          title={active ? "Cancel" : "Retry"}
          aria-disabled={build.cancelling}
          tabIndex={reachable ? 0 : -1}
          onClick={active ? cancel : retry}
        >
          <Icon name={active ? "stop" : "retry"} />
        </button>
      )}
      <button
        ref={trigger}
        type="button"
        class="bw-icon-button bw-build-menu"
        data-action="build-menu"
        aria-label={`More about ${name}`}
        title="More"
        aria-haspopup="menu"
        aria-expanded={menu}
        tabIndex={reachable ? 0 : -1}
        onClick={() => setMenu(!menu)}
      >
        <Icon name="dots" class="bw-icon-bold" />
      </button>
      {menu && (
        <MenuList
          items={items}
          anchor={trigger.current}
          onClose={() => {
            setMenu(false);
            trigger.current?.focus();
          }}
          onLeave={() => setMenu(false)}
        />
      )}
      {asking && (
        <DeleteQuestion
          name={name}
          pending={removing}
          onDelete={remove}
          onKeep={() => {
            setAsking(false);
            trigger.current?.focus();
          }}
        />
      )}
      {said && (
        <div class="bw-strip" data-tone={said.tone} role={said.tone === "error" ? "alert" : "status"}>
          <span class="bw-strip-text">{said.text}</span>
          {said.tone === "error" && (
            <button type="button" class="bw-icon-button" aria-label="Dismiss" onClick={() => setSaid(null)}>
              <Icon name="cross" />
            </button>
          )}
        </div>
      )}
    </div>
  );
});

interface Doings {
  readonly active: boolean;
  copy(text: string): void;
  cancel(): void;
  retry(): void;
  ask(): void;
}

function menuItems({ host, build, onOpen }: Props, doings: Doings): MenuItem[] {
  const { active } = doings;
  const { openTab, goToCell } = host;
  const { notebook } = build;
  return [
    { key: "open", label: "Open", run: () => onOpen(build.id) },
    ...(openTab ? [{ key: "open-tab", label: "Open in a tab", run: () => openTab(build) }] : []),
    ...(goToCell && notebook
      ? [{ key: "go-to-cell", label: "Go to the cell that launched it", run: () => goToCell(notebook) }]
      : []),
    { key: "copy-id", label: "Copy id", run: () => doings.copy(build.id) },
    {
      key: "copy-attach",
      label: `Copy ${attachCode("…")}`,
      run: () => doings.copy(attachCode(build.id)),
    },
    { key: "cancel", label: "Cancel", disabled: !active || build.cancelling, run: doings.cancel },
    ...(canRetry(build.kind) ? [{ key: "retry", label: "Retry", disabled: active, run: doings.retry }] : []),
    { key: "delete", label: "Delete…", disabled: active, run: doings.ask },
  ];
}

function standingOf(build: Summary): Standing {
  return isActive(build) && build.cancelling ? "cancelling" : build.status;
}

function wordOf(build: Summary): string {
  return standingWord(standingOf(build), build.ahead ?? null);
}

function Took({ build }: { build: Summary }): JSX.Element | null {
  const start = build.started_at ?? (build.status === "queued" ? build.created_at : null);
  const ms = useElapsed(start, build.ended_at ?? null);
  if (ms === null) return null;
  return <span class="bw-elapsed">{isActive(build) ? clock(ms) : span(ms)}</span>;
}

function Percent({ percent }: { percent: number }): JSX.Element {
  return (
    <span class="bw-percent">
      <span class="bw-bar" aria-hidden="true">
        <span class="bw-fill" style={{ transform: `scaleX(${percent / 100})` }} />
      </span>
      <span class="bw-percent-number">{`${percent} %`}</span>
    </span>
  );
}
