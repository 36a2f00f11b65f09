/** Name, state, time and the few things one does to a whole build. */
import type { JSX } from "preact";
import type { ConnectionStatus } from "../model";
import { useLoaded } from "./blob";
import { useElapsed } from "./clock";
import { Connection } from "./connection";
import { hasEnded } from "./fold";
import { clock, count, short, stoppedClock } from "./format";
import { Icon } from "./icons";
import { memo } from "./memo";
import { canRetry, Menu } from "./menu";
import { operationWords } from "./operation";
import { useAction, useBuild } from "./session";
import { StatusIcon, standingOf, standingWord, WORDS } from "./status";
import type { State, Usage } from "./types";

interface HeaderProps {
  readonly place: { current: HTMLElement | null };
  readonly state: State;
  readonly connection: ConnectionStatus;
  readonly ahead: number | null;
  readonly active: boolean;
  /** Whether this is only what was known last of a build that cannot be followed any more. */
  readonly stale: boolean;
  readonly folded: boolean;
  readonly bodyId: string;
  onToggle(): void;
  onDelete(): void;
}

export function Header(props: HeaderProps): JSX.Element {
  const { state, connection, active, stale, folded } = props;
  const standing = standingOf(state);
  const ended = hasEnded(state.status);
  const agent = [state.agent?.id, state.model].filter(Boolean).join(" · ");
  const operation = state.operation && operationWords(state.operation);
  const place = [state.project, operation].filter(Boolean).join(" · ");
  const name = state.name || "Build";
  return (
    <header ref={props.place} class="bw-header">
      <div class="bw-line">
        <StatusIcon standing={standing} />
        <span class="bw-name" data-testid="name" title={name}>
          {name}
        </span>
        {agent && (
          <span class="bw-agent" data-testid="agent" title={agent}>
            {agent}
          </span>
        )}
        <span class="bw-push" />
        <Connection connection={connection} active={active && !ended} />
        {(ended || !stale) && <Elapsed state={state} />}
        {ended && (
          <button
            type="button"
            class="bw-icon-button"
            data-action="toggle"
            aria-expanded={!folded}
            aria-controls={props.bodyId}
            aria-label={folded ? "Show details" : "Hide details"}
            title={folded ? "Show details" : "Hide details"}
            onClick={props.onToggle}
          >
            <Icon name="chevron" class={folded ? "bw-turn-down" : "bw-turn-up"} />
          </button>
        )}
        <Menu
          ended={ended}
          canRetry={canRetry(state.kind)}
          hasLog={state.log.count > 0}
          onDelete={props.onDelete}
        />
      </div>
      <div class="bw-line bw-line-second">
        <span class="bw-where">
          <span class="bw-word" data-standing={standing} data-testid="status">
            {stale && !ended
              ? `Last seen ${WORDS[standing].toLowerCase()}`
              : standingWord(standing, props.ahead)}
          </span>
          {place && (
            <span class="bw-place" title={place}>
              {place}
            </span>
          )}
          <span class="bw-about">
            {state.follows && <Continues build={state.follows} />}
            <UsageText usage={state.usage} />
          </span>
        </span>
        <span class="bw-controls">
          <PercentBar percent={state.percent} standing={standing} hidden={ended && state.percent === null} />
          {!ended && !stale && (
            <CancelButton cancelling={state.cancelling} kernel={connection.transport === "kernel"} />
          )}
        </span>
      </div>
    </header>
  );
}

/** The build's clock: from its start, or while it waits from its creation. */
const Elapsed = memo(function Elapsed({ state }: { state: State }): JSX.Element | null {
  const waiting = state.status === "queued";
  const start = state.started_at ?? (waiting ? state.created_at : null);
  const ms = useElapsed(start, state.ended_at ?? null);
  if (ms === null) return null;
  const started = new Date(start ?? 0).toLocaleString();
  return (
    <span
      class="bw-elapsed"
      data-testid="elapsed"
      title={`${waiting ? "Waiting since" : "Started"} ${started}`}
    >
      {hasEnded(state.status) ? stoppedClock(ms) : clock(ms)}
    </span>
  );
});

interface PercentProps {
  readonly percent: number | null;
  readonly standing: string;
  readonly hidden: boolean;
}

const PercentBar = memo(function PercentBar({ percent, standing, hidden }: PercentProps): JSX.Element | null {
  if (hidden || percent === null) return null;
  return (
    <span class="bw-percent">
      <span
        class="bw-bar"
        role="progressbar"
        aria-label="Progress of the build"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        data-standing={standing}
      >
        <span class="bw-fill" style={{ transform: `scaleX(${percent / 100})` }} />
      </span>
      <span class="bw-percent-number" data-testid="percent">
        {`${percent} %`}
      </span>
    </span>
  );
});

/** The build before this one, by its name where it is still known. */
function Continues({ build }: { build: string }): JSX.Element {
  const { actions, openEarlier } = useBuild();
  const { value } = useLoaded(build, () => actions.summary(build));
  const text = `continues ${value?.name || "an earlier build"}`;
  return (
    <span class="bw-place" title={text} data-testid="follows">
      {value && openEarlier ? (
        <button type="button" class="bw-link" onClick={() => openEarlier(value)}>
          {text}
        </button>
      ) : (
        text
      )}
    </span>
  );
}

const COUNTS = [
  ["input_tokens", "in"],
  ["cache_read_tokens", "of them read from the cache"],
  ["cache_write_tokens", "of them written to the cache"],
  ["output_tokens", "out"],
  ["reasoning_tokens", "of them for reasoning"],
] as const;

const UsageText = memo(function UsageText({ usage }: { usage: Usage }): JSX.Element | null {
  const tokens = (usage.input_tokens ?? 0) + (usage.output_tokens ?? 0);
  const text = [tokens > 0 ? `${short(tokens)} tokens` : null, costText(usage.cost_usd)].filter(Boolean);
  const parts = COUNTS.flatMap(([name, word]) =>
    usage[name] ? [`${count(Number(usage[name]))} ${word}`] : [],
  );
  return text.length > 0 ? (
    <span class="bw-usage" data-testid="usage" title={`Tokens: ${parts.join(", ")}`}>
      {text.join(" · ")}
    </span>
  ) : null;
});

/** Dollars as a person reads them; what is less than a cent is not nothing. */
function costText(cost: unknown): string | null {
  if (typeof cost !== "number" || cost <= 0) return null;
  return cost < 0.01 ? "<$0.01" : `$${cost.toFixed(2)}`;
}

function CancelButton({ cancelling, kernel }: { cancelling: boolean; kernel: boolean }): JSX.Element {
  const { actions } = useBuild();
  const [pending, cancel] = useAction(() => actions.cancel());
  const busy = pending || cancelling;
  return (
    <button
      type="button"
      class="bw-button"
      data-action="cancel"
      // Not `disabled`: that would drop the keyboard focus to the page's start.
      aria-disabled={busy}
      title={pending && kernel ? "The kernel hears this when its cell has ended" : undefined}
      onClick={() => busy || cancel()}
    >
      {busy ? (pending && kernel && !cancelling ? "Kernel busy…" : "Cancelling…") : "Cancel"}
    </button>
  );
}
