/** What an agent says: answers as Markdown, its reasoning folded, its plan. */
import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { plural } from "./format";
import { Icon } from "./icons";
import { Markdown } from "./markdown";
import { memo } from "./memo";
import type { TextRow } from "./types";

/** This much is laid out at first, newest first; the rest when asked for. */
const SHOWN_LENGTH = 24_000;
const NEAR_PX = 24;

/** The index of the first text that is shown when about `limit` characters are. */
export function firstShown(texts: readonly TextRow[], limit: number): number {
  let length = 0;
  for (let index = texts.length - 1; index >= 0; index -= 1) {
    length += texts[index]?.text.length ?? 0;
    if (length > limit) return Math.min(index + 1, texts.length - 1);
  }
  return 0;
}

interface Props {
  readonly texts: readonly TextRow[];
  readonly ended: boolean;
}

export const Texts = memo(function Texts({ texts, ended }: Props): JSX.Element {
  const scroller = useRef<HTMLElement>(null);
  const [limit, setLimit] = useState(SHOWN_LENGTH);
  const following = useRef(!ended);
  const from = firstShown(texts, limit);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && following.current) element.scrollTop = element.scrollHeight;
  });
  return (
    <section
      ref={scroller}
      class="bw-texts"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
      tabIndex={0}
      aria-label="Text"
      data-testid="texts"
      onScroll={(event) => {
        const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
        following.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
      }}
    >
      {from > 0 && (
        <button
          type="button"
          class="bw-fold-button"
          onClick={() => {
            following.current = false;
            setLimit(limit * 4);
          }}
        >
          {`Show ${plural(from, "earlier text")}`}
        </button>
      )}
      {texts.slice(from).map((row) => (
        <Text key={row.id} row={row} />
      ))}
    </section>
  );
});

const Text = memo(function Text({ row }: { row: TextRow }): JSX.Element {
  if (row.kind === "reasoning") return <Reasoning row={row} />;
  return (
    <article class="bw-text" data-kind={row.kind} data-text-id={row.id}>
      {row.kind === "plan" && <div class="bw-block-label">plan</div>}
      <Markdown text={row.text} />
    </article>
  );
});

function Reasoning({ row }: { row: TextRow }): JSX.Element {
  const [open, setOpen] = useState(false);
  // Only the beginning: the first line of 64 KiB may be all of it.
  const first = row.text.slice(0, 300).trim().split("\n", 1)[0]?.replaceAll("**", "") ?? "";
  return (
    <article class="bw-text bw-fold" data-kind="reasoning" data-text-id={row.id}>
      <button type="button" class="bw-fold-button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="chevron" class={open ? "bw-turn-down" : ""} />
        <span class="bw-row-text">{open ? "Reasoning" : `Reasoning: ${first}`}</span>
      </button>
      {open && <div class="bw-reasoning">{row.text}</div>}
    </article>
  );
}
