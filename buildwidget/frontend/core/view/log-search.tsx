/** Searching the whole log on the server: hits with their numbers; Enter or a click shows one where it stands. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { plural } from "./format";
import { Icon } from "./icons";
import type { LogRow } from "./log-buffer";
import { LogList } from "./log-list";
import { messageOf, useBuild } from "./session";

const LIMIT = 1_000;
const PAUSE_MS = 250;
const NOTHING: readonly LogRow[] = [];

interface Props {
  onPick(number: number): void;
  onEnd(): void;
}

export function LogSearch({ onPick, onEnd }: Props): JSX.Element {
  const { actions } = useBuild();
  const input = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState("");
  const [hits, setHits] = useState<readonly LogRow[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => input.current?.focus(), []);
  useEffect(() => {
    setProblem(null);
    if (query === "") {
      setHits(null);
      return;
    }
    let wanted = true;
    const timer = setTimeout(() => {
      actions.log({ q: query, limit: LIMIT }).then(
        (page) => wanted && setHits(page.lines.map(([number, stream, text]) => ({ number, stream, text }))),
        (error: unknown) => wanted && setProblem(messageOf(error)),
      );
    }, PAUSE_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [query]);
  const found =
    hits === null ? "" : `${plural(hits.length, "line")}${hits.length >= LIMIT ? " or more" : ""}`;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape ends the search from anywhere in it.
    <div
      class="bw-log-place"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onEnd();
      }}
    >
      <search class="bw-search">
        <Icon name="search" class="bw-dim" />
        <input
          ref={input}
          type="text"
          class="bw-input"
          placeholder="Search the whole log"
          aria-label="Search the whole log"
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={(event) => {
            const first = hits?.at(-1);
            if (event.key === "Enter" && first) onPick(first.number);
          }}
        />
        <span class="bw-dim bw-found">{problem ?? found}</span>
        <button
          type="button"
          class="bw-icon-button"
          aria-label="End the search"
          title="End the search"
          onClick={onEnd}
        >
          <Icon name="cross" />
        </button>
      </search>
      {hits?.length === 0 && <p class="bw-empty">No line has these words.</p>}
      <LogList
        rows={hits ?? NOTHING}
        partial={[]}
        following={false}
        target={null}
        query={query}
        label="Lines found"
        onPick={onPick}
      />
    </div>
  );
}
