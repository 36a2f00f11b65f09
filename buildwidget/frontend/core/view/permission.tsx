/** A tool asks for permission: what it wants to do, and the two answers. */
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icons";
import { memo } from "./memo";
import { useAction, useBuild } from "./session";
import { InputView } from "./tool-detail";
import { summarizeTool } from "./tool-summary";
import type { PermissionRow } from "./types";

interface Props {
  readonly permission: PermissionRow;
  /** How many more questions wait behind this one. */
  readonly more: number;
}

export const Permission = memo(function Permission({ permission, more }: Props): JSX.Element {
  const { actions } = useBuild();
  const box = useRef<HTMLElement>(null);
  const [pendingAllow, allow] = useAction(() => actions.answer(permission.request_id, "allow"));
  const [pendingDeny, deny] = useAction(() => actions.answer(permission.request_id, "deny"));
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
  const busy = pendingAllow || pendingDeny;
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
          <strong>{permission.tool}</strong>
          {" asks for permission:"}
        </span>
        {more > 0 && <span class="bw-dim">{`${more} more waiting`}</span>}
      </p>
      <div class="bw-permission-input">
        <InputView name={permission.tool} input={permission.input} fallback={summary.text} />
      </div>
      <div class="bw-buttons">
        <button
          type="button"
          class="bw-button bw-primary"
          data-action="allow"
          aria-disabled={busy}
          onClick={() => busy || allow()}
        >
          {pendingAllow ? "Allowing…" : "Allow"}
        </button>
        <button
          type="button"
          class="bw-button"
          data-action="deny"
          aria-disabled={busy}
          onClick={() => busy || deny()}
        >
          {pendingDeny ? "Denying…" : "Deny"}
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
