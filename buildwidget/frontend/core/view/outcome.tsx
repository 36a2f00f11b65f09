/** How a build ended: its summary, or what went wrong, and what there is to look at. */
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { ansiText } from "./ansi";
import { CauseLines, CauseLink } from "./cause";
import { NextSteps } from "./follow-up";
import { plural } from "./format";
import { Icon } from "./icons";
import { Markdown } from "./markdown";
import { memo } from "./memo";
import type { State } from "./types";

/** Where a count leads: a place of the unfolded view. */
export type Place = "todos" | "progress" | "log" | "text" | "output" | "artifacts";

interface OutcomeProps {
  readonly state: State;
  readonly folded: boolean;
  /** Whether the build is only remembered: nothing can be done with it. */
  readonly stale: boolean;
  onOpen(place: Place): void;
  /** Opens the log at a line. */
  onLine(line: number): void;
}

/** The message of an ended build, or null where there is nothing to say. */
export function outcomeText(state: State): string | null {
  switch (state.status) {
    case "succeeded":
      return state.summary ?? null;
    case "failed":
      return state.error?.message ?? state.summary ?? exitText(state.exit_code) ?? "The build failed.";
    case "cancelled":
      return state.summary ?? state.error?.message ?? null;
    case "lost":
      return state.error?.message ?? state.summary ?? "The process that ran this build is gone.";
    default:
      return null;
  }
}

/** Whether the summary is what an agent said in the end, which agents write as Markdown. */
function isAnswer(state: State): boolean {
  return state.kind === "agent" && state.status === "succeeded";
}

function exitText(code: number | null | undefined): string | null {
  return code === undefined || code === null ? null : `Ended with exit code ${code}.`;
}

const LOST_HINT = "Everything it reported until then is kept. What it did after that is not known.";
const TAIL_LINES = 6;

/** The class of the error, which says something; the word for "ended with exit code 2" does not. */
function errorClass({ error }: State, text: string | null): string | null {
  if (!error || text?.includes(error.kind)) return null;
  return error.traceback || (error.line !== undefined && /[A-Z]/.test(error.kind)) ? error.kind : null;
}

export function Outcome({ state, folded, stale, onOpen, onLine }: OutcomeProps): JSX.Element | null {
  const text = outcomeText(state);
  const bad = state.status === "failed" || state.status === "lost";
  const kind = errorClass(state, text);
  const line = bad ? state.error?.line : undefined;
  const tailed = bad && folded && line === undefined && !state.error?.traceback;
  const tail = tailed ? state.log.lines.slice(-TAIL_LINES) : [];
  const hasFacts = folded && facts(state).length > 0;
  const goesOn = state.agent?.session !== undefined && !stale;
  if (text === null && !goesOn && !hasFacts) return null;
  return (
    <section class="bw-outcome" data-status={state.status} data-testid="outcome" aria-label="Result">
      {text !== null && (
        <Message state={state} text={text}>
          {kind && <strong>{`${kind}: `}</strong>}
        </Message>
      )}
      {bad && state.error?.launcher && (
        <p class="bw-hint bw-launcher" data-testid="launcher">{`Passed on as: ${state.error.launcher}`}</p>
      )}
      {line !== undefined && folded && <CauseLines log={state.log} line={line} onLine={onLine} />}
      {state.error?.traceback && <Traceback text={state.error.traceback} />}
      {tail.length > 0 && (
        <pre class="bw-pre bw-tail" data-testid="tail">
          {ansiText(tail.map((line) => line[1]).join("\n"))}
        </pre>
      )}
      <div class="bw-outcome-end">
        {line !== undefined && state.log.count >= line && <CauseLink line={line} onLine={onLine} />}
        {hasFacts && <Facts state={state} onOpen={onOpen} />}
        {!stale && <NextSteps state={state} />}
      </div>
    </section>
  );
}

interface MessageProps {
  readonly state: State;
  readonly text: string;
  readonly children: ComponentChildren;
}

function Message({ state, text, children }: MessageProps): JSX.Element {
  if (isAnswer(state)) {
    return (
      <div class="bw-message" data-testid="message">
        <Markdown text={text} />
      </div>
    );
  }
  return (
    <p class="bw-message" data-testid="message">
      {children}
      {text}
      {state.status === "lost" && <span class="bw-hint">{` ${LOST_HINT}`}</span>}
    </p>
  );
}

const Traceback = memo(function Traceback({ text }: { text: string }): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <div class="bw-fold">
      <button
        type="button"
        class="bw-fold-button"
        aria-expanded={open}
        data-action="traceback"
        onClick={() => setOpen(!open)}
      >
        <Icon name="chevron" class={open ? "bw-turn-down" : ""} />
        Traceback
      </button>
      {open && (
        <pre
          class="bw-pre"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
          tabIndex={0}
          data-testid="traceback"
        >
          {ansiText(text)}
        </pre>
      )}
    </div>
  );
});

function facts(state: State): Array<[Place, string]> {
  const found: Array<[Place, number, string]> = [
    ["todos", state.todos.length, "todo"],
    ["todos", state.tools.length + (state.dropped.tools ?? 0), "tool"],
    ["progress", state.metrics.length, "metric"],
    ["log", state.log.count, "log line"],
    ["text", state.texts.length, "text"],
    ["output", state.displays.length, "output"],
    ["artifacts", state.artifacts.length, "artifact"],
  ];
  return found
    .filter(([, amount]) => amount > 0)
    .map(([place, amount, word]) => [place, plural(amount, word)]);
}

function Facts({ state, onOpen }: { state: State; onOpen(place: Place): void }): JSX.Element {
  return (
    <div class="bw-facts">
      {facts(state).map(([place, text]) => (
        <button type="button" class="bw-fact" key={text} data-place={place} onClick={() => onOpen(place)}>
          {text}
        </button>
      ))}
    </div>
  );
}
