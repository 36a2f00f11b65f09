/** Says changes of status, and nothing else, to those who hear the page. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { outcomeText } from "./outcome";
import { standingOf, standingWord } from "./status";
import type { State } from "./types";

export function LiveRegion({ state }: { state: State | null }): JSX.Element {
  const [said, setSaid] = useState("");
  const last = useRef<string | null>(null);
  const standing = state ? standingOf(state) : null;
  useEffect(() => {
    if (!state || standing === null) return;
    const before = last.current;
    last.current = standing;
    // What a page shows when it opens is read like any other text.
    if (before === null || before === standing) return;
    const text = outcomeText(state);
    setSaid(`${state.name || "Build"}: ${standingWord(standing, null)}${text ? `. ${text}` : ""}`);
  }, [standing]);
  return (
    <div class="bw-hidden" role="status" aria-live="polite" data-testid="live">
      {said}
    </div>
  );
}
