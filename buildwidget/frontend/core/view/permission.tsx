/** A tool asks for permission: what it wants to do, and the two answers. */
import type { JSX } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icons";
import { memo } from "./memo";
import { useAction, useBuild } from "./session";
import { InputView } from "./tool-detail";
import { summarizeTool } from "./tool-summary";
import type { PermissionRow } from "./types";

type Decision = "allow" | "deny";

interface Props {
  readonly permission: PermissionRow;
  /** How many more questions wait behind this one. */
  readonly more: number;
  /** Called before an answer is sent. */
  onAnswer(requestId: string): void;
}

const DECISIONS: ReadonlyMap<string | undefined, string> = new Map([
  ["allow", "was allowed elsewhere."],
  ["deny", "was denied elsewhere."],
  ["timeout", "was denied: nobody answered in time."],
]);

/** Tells of a question that went away though nobody answered it here; returns how to say that somebody does. */
export function useDecisions(
  permissions: readonly PermissionRow[],
  question: PermissionRow | undefined,
): (requestId: string) => void {
  const { notify } = useBuild();
  const asked = useRef<string | undefined>(undefined);
  const answered = useRef<string | null>(null);
  const current = question?.request_id;
  useEffect(() => {
    const before = permissions.find((row) => row.request_id === asked.current);
    asked.current = current;
    const word = DECISIONS.get(before?.decision);
    if (before && word && answered.current !== before.request_id) {
      notify({ tone: "plain", text: `${before.tool} ${word}` });
    }
  }, [permissions, current]);
  return useCallback((requestId: string) => {
    answered.current = requestId;
  }, []);
}

export const Permission = memo(function Permission({ permission, more, onAnswer }: Props): JSX.Element {
  const { actions } = useBuild();
  const box = useRef<HTMLElement>(null);
  // Between the server's answer and the event that takes the question away nothing more is to be pressed.
  const [sent, setSent] = useState<Decision | null>(null);
  const answer = async (decision: Decision) => {
    onAnswer(permission.request_id);
    await actions.answer(permission.request_id, decision);
    setSent(decision);
  };
  const [pendingAllow, allow] = useAction(() => answer("allow"));
  const [pendingDeny, deny] = useAction(() => answer("deny"));
  useLayoutEffect(() => {
    const before = document.activeElement;
    focusUnlessBusy(box.current);
    return () => {
      // Answered: the focus goes back to where it was taken from.
      if (!box.current?.contains(document.activeElement)) return;
      if (before instanceof HTMLElement && before !== document.body) before.focus({ preventScroll: true });
    };
  }, []);
  const summary = summarizeTool({ name: permission.tool, input: permission.input });
  const allowing = pendingAllow || sent === "allow";
  const denying = pendingDeny || sent === "deny";
  const busy = allowing || denying;
  return (
    <section
      ref={box}
      class="bw-permission"
      role="alertdialog"
      aria-label={`Permission for ${permission.tool}`}
      tabIndex={-1}
      data-testid="permission"
      data-request-id={permission.request_id}
    >
      <p class="bw-question">
        <Icon name="question" />
        <span>
          <strong>{summary.label || permission.tool}</strong>
          {" asks for permission:"}
        </span>
        {more > 0 && <span class="bw-dim">{`${more} more waiting`}</span>}
      </p>
      <div class="bw-permission-input">
        <InputView
          name={permission.tool}
          input={permission.input}
          fallback={summary.text || "It is not told, or too long to be shown here."}
        />
      </div>
      <div class="bw-buttons">
        <button
          type="button"
          class="bw-button bw-primary"
          data-action="allow"
          aria-disabled={busy}
          onClick={() => busy || allow()}
        >
          {allowing ? "Allowing…" : "Allow"}
        </button>
        <button
          type="button"
          class="bw-button"
          data-action="deny"
          aria-disabled={busy}
          onClick={() => busy || deny()}
        >
          {denying ? "Denying…" : "Deny"}
        </button>
      </div>
    </section>
  );
});

/** The prompt takes the focus, but never out of a cell in which somebody types: the next Enter would answer it. */
function focusUnlessBusy(box: HTMLElement | null): void {
  if (!box) return;
  const focused = document.activeElement;
  const root = box.closest(".buildwidget");
  if (!focused || focused === document.body || root?.contains(focused)) box.focus({ preventScroll: true });
}
