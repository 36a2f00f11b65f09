/** What an agent is asked for after a build: a task of the reader's own, or to mend what failed. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icons";
import { attachCode, canRetry, useRetry } from "./menu";
import { operationWords } from "./operation";
import { useAction, useBuild } from "./session";
import type { State } from "./types";

/** What a follow-up may be; the first is what it is unless the reader says so. */
const OPERATIONS = ["continuation", "enhancement", "focused_edit"];

/** Starts a build that goes on from this one and shows it, or tells how to. */
function useFollowUp(onDone: () => void): [boolean, (prompt?: string, operation?: string) => void] {
  const { actions, notify, openFollowUp } = useBuild();
  const asked = useRef({});
  const [pending, start] = useAction(async () => {
    const summary = await actions.followUp(asked.current);
    onDone();
    if (openFollowUp) openFollowUp(summary);
    else notify({ tone: "plain", text: "Continued in a new build.", copy: attachCode(summary.id) });
  });
  const followUp = (prompt?: string, operation?: string) => {
    if (pending) return;
    asked.current = { ...(prompt === undefined ? {} : { prompt }), ...(operation ? { operation } : {}) };
    start();
  };
  return [pending, followUp];
}

/** The ways on from a build that has ended. */
export function NextSteps({ state }: { state: State }): JSX.Element | null {
  const [asking, setAsking] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const close = () => {
    setAsking(false);
    // The button is back only with the next drawing.
    setTimeout(() => opener.current?.focus({ preventScroll: true }));
  };
  const failed = state.status === "failed";
  const bad = failed || state.status === "lost";
  const goesOn = state.agent?.session !== undefined;
  if (asking) return <FollowUpBox onClose={close} />;
  if (!bad && !goesOn) return null;
  return (
    <div class="bw-buttons bw-next">
      {bad && canRetry(state.kind) && <RetryButton />}
      {failed && <FixButton />}
      {goesOn && (
        <button
          ref={opener}
          type="button"
          class="bw-button"
          data-action="follow-up"
          onClick={() => setAsking(true)}
        >
          Follow up
        </button>
      )}
    </div>
  );
}

function RetryButton(): JSX.Element {
  const [pending, retry] = useRetry();
  return (
    <button
      type="button"
      class="bw-button"
      data-action="retry-button"
      aria-disabled={pending}
      onClick={retry}
    >
      <Icon name="retry" />
      {pending ? "Starting…" : "Retry"}
    </button>
  );
}

function FixButton(): JSX.Element {
  const [pending, followUp] = useFollowUp(() => {});
  return (
    <button
      type="button"
      class="bw-button"
      data-action="autofix"
      title="A coding agent is told the error and asked to mend it"
      aria-disabled={pending}
      onClick={() => followUp(undefined, "autofix")}
    >
      <Icon name="agent" />
      {pending ? "Starting…" : "Fix with agent"}
    </button>
  );
}

function FollowUpBox({ onClose }: { onClose(): void }): JSX.Element {
  const [prompt, setPrompt] = useState("");
  const [operation, setOperation] = useState(OPERATIONS[0]);
  const [pending, followUp] = useFollowUp(onClose);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus({ preventScroll: true }), []);
  const empty = prompt.trim() === "";
  const send = () => {
    if (empty) field.current?.focus();
    else followUp(prompt, operation);
  };
  return (
    <form
      class="bw-follow-up"
      aria-label="Follow up"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onClose();
      }}
    >
      <textarea
        ref={field}
        class="bw-input"
        rows={3}
        aria-label="What the agent is to do next"
        placeholder="What next?"
        value={prompt}
        onInput={(event) => setPrompt(event.currentTarget.value)}
      />
      <div class="bw-buttons bw-next">
        <select
          class="bw-input bw-operation"
          aria-label="What that is"
          value={operation}
          onChange={(event) => setOperation(event.currentTarget.value)}
        >
          {OPERATIONS.map((each) => (
            <option key={each} value={each}>
              {operationWords(each)}
            </option>
          ))}
        </select>
        <button type="button" class="bw-button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="submit"
          class="bw-button bw-primary"
          data-action="send"
          title="Ctrl+Enter"
          aria-disabled={pending || empty}
        >
          {pending ? "Starting…" : "Follow up"}
        </button>
      </div>
    </form>
  );
}
