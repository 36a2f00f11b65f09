/** One-line messages under the header: notices about what the reader did, questions, and problems. */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Problem } from "../model";
import { copyText } from "./clipboard";
import { Icon } from "./icons";
import { messageOf, type Notice, useAction, useBuild } from "./session";

const PLAIN_NOTICE_MS = 6_000;

export function NoticeStrip({ notice }: { notice: Notice }): JSX.Element {
  const { notify } = useBuild();
  const strip = useRef<HTMLDivElement>(null);
  const { copy } = notice;
  useEffect(() => {
    if (notice.tone === "error" || notice.copy !== undefined || notice.stays) return;
    const timer = setTimeout(() => notify(null), PLAIN_NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  return (
    <div
      ref={strip}
      class="bw-strip"
      data-tone={notice.tone}
      role={notice.tone === "error" ? "alert" : undefined}
    >
      <span class="bw-strip-text">{notice.text}</span>
      {copy !== undefined && (
        <button
          type="button"
          class="bw-button bw-small"
          onClick={() => {
            copyText(copy, strip.current ?? document.body).then(
              () => notify({ tone: "plain", text: `Copied ${copy}` }),
              (error: unknown) => notify({ tone: "error", text: messageOf(error) }),
            );
          }}
        >
          {`Copy ${copy}`}
        </button>
      )}
      <button
        type="button"
        class="bw-icon-button"
        aria-label="Dismiss"
        title="Dismiss"
        onClick={() => notify(null)}
      >
        <Icon name="cross" />
      </button>
    </div>
  );
}

interface DeleteQuestionProps {
  readonly name: string;
  readonly pending: boolean;
  onDelete(): void;
  onKeep(): void;
}

/** Asks before a build goes for good; Escape keeps it. */
export function DeleteQuestion(props: DeleteQuestionProps): JSX.Element {
  const { name, pending, onDelete, onKeep } = props;
  const keep = useRef<HTMLButtonElement>(null);
  // With the drawing that asks, not after it: a key pressed in between would go to what had the focus before.
  useLayoutEffect(() => keep.current?.focus(), []);
  return (
    <div
      class="bw-strip"
      data-tone="error"
      role="alertdialog"
      aria-label="Delete this build?"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        // What the question stands in would close too.
        event.stopPropagation();
        onKeep();
      }}
    >
      <span class="bw-strip-text">{`Delete “${name}” with its log and files for good?`}</span>
      <button
        type="button"
        class="bw-button bw-small bw-danger"
        data-action="confirm-delete"
        aria-disabled={pending}
        onClick={onDelete}
      >
        {pending ? "Deleting…" : "Delete"}
      </button>
      <button ref={keep} type="button" class="bw-button bw-small" data-action="keep" onClick={onKeep}>
        Keep
      </button>
    </div>
  );
}

/** Asks it of the build that is drawn, and is done when that is gone, kept, or cannot be deleted. */
export function DeleteStrip({ name, onDone }: { name: string; onDone(): void }): JSX.Element {
  const { actions } = useBuild();
  const [pending, remove] = useAction(() => actions.remove().finally(onDone));
  return <DeleteQuestion name={name} pending={pending} onDelete={remove} onKeep={onDone} />;
}

const PROBLEMS: Record<Problem["code"], string> = {
  not_found: "This build is not in the server's database.",
  deleted: "This build was deleted.",
  forbidden: "You may not see this build.",
  unavailable: "The build cannot be read right now.",
  other_database: "The server of this page reads another database than the one this build is in.",
  limit: "The server follows as many builds as it may for this page.",
};

export function problemText(problem: Problem): string {
  return problem.message || PROBLEMS[problem.code] || "The build cannot be shown.";
}

export function ProblemStrip({ problem, known }: { problem: Problem; known: boolean }): JSX.Element {
  return (
    <div class="bw-strip" data-tone="warn" data-problem={problem.code} data-testid="problem">
      <span class="bw-strip-text">
        {problemText(problem)}
        {known && " What was known of it last is shown below."}
      </span>
    </div>
  );
}
