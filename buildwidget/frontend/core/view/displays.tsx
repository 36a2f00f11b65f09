/** Figures and tables the build showed. Pictures as pictures; HTML only in a frame that may do nothing. */
import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useBlobAddress, useLoaded } from "./blob";
import { bytes } from "./format";
import { Markdown } from "./markdown";
import { memo } from "./memo";
import { useBuild } from "./session";
import { useDark } from "./theme";
import { saveBlob } from "./tool-detail";
import type { DisplayRow } from "./types";

/** More text than this is not laid out. */
const MAX_TEXT = 100_000;

export const Displays = memo(function Displays({
  displays,
}: {
  displays: readonly DisplayRow[];
}): JSX.Element {
  return (
    <section
      class="bw-displays"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
      tabIndex={0}
      aria-label="Output"
      data-testid="displays"
    >
      {displays.map((display) => (
        <Display key={display.id} display={display} />
      ))}
    </section>
  );
});

interface Content {
  readonly blob: Blob;
  readonly text: string;
}

const isImage = (mime: string): boolean => /^image\/(png|jpeg|gif|webp|svg\+xml)$/.test(mime);

const Display = memo(function Display({ display }: { display: DisplayRow }): JSX.Element {
  const { actions } = useBuild();
  const loaded = useLoaded(`${display.id}:${display.size}:${display.mime}`, async (): Promise<Content> => {
    const blob = await actions.display(display.id);
    return { blob, text: isImage(display.mime) ? "" : await blob.text() };
  });
  return (
    <figure class="bw-display" data-display-id={display.id} data-mime={display.mime}>
      {display.title && <figcaption>{display.title}</figcaption>}
      {loaded.value ? (
        <Shown display={display} content={loaded.value} />
      ) : (
        <p class="bw-empty">
          {loaded.problem ?? "Fetching…"}
          {loaded.problem !== null && (
            <button type="button" class="bw-button bw-small" onClick={loaded.again}>
              Try again
            </button>
          )}
        </p>
      )}
    </figure>
  );
});

function Shown({ display, content }: { display: DisplayRow; content: Content }): JSX.Element {
  const mime = display.mime.split(";", 1)[0] ?? "";
  if (isImage(mime)) return <Picture blob={content.blob} mime={mime} title={display.title ?? "figure"} />;
  if (content.text.length > MAX_TEXT && mime !== "text/html") {
    return (
      <button
        type="button"
        class="bw-button"
        onClick={() => saveBlob(content.blob, display.title ?? display.id)}
      >
        {`Download (${bytes(content.blob.size)})`}
      </button>
    );
  }
  if (mime === "text/html") return <Framed html={content.text} title={display.title ?? "table"} />;
  if (mime === "text/markdown") return <Markdown text={content.text} />;
  return (
    <pre class="bw-pre bw-plain">{mime === "application/json" ? prettyJson(content.text) : content.text}</pre>
  );
}

/** An SVG as an image runs no script and fetches nothing, and unlike a frame it knows its own size. */
function Picture({ blob, mime, title }: { blob: Blob; mime: string; title: string }): JSX.Element | null {
  const typed = useRef(blob.type === mime ? blob : new Blob([blob], { type: mime }));
  const address = useBlobAddress(typed.current);
  return address === null ? null : <img class="bw-picture" src={address} alt={title} />;
}

function Framed({ html, title }: { html: string; title: string }): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const dark = useDark(place);
  const [page, setPage] = useState<string | null>(null);
  useLayoutEffect(() => {
    if (place.current) setPage(framePage(html, lookOf(place.current, html, dark)));
  }, [html, dark]);
  return (
    <div ref={place}>
      {page !== null && (
        <iframe
          // A frame that is given another page before it was in sight can stay blank: each page has its own.
          key={page}
          class="bw-frame"
          title={title}
          // Empty: no scripts, no forms, no popups, an origin of its own.
          sandbox=""
          srcdoc={page}
          referrerpolicy="no-referrer"
          loading="lazy"
          style={{ height: `${frameHeight(html)}px` }}
        />
      )}
    </div>
  );
}

export interface Look {
  readonly color: string;
  readonly background: string;
  readonly scheme: "light" | "dark";
  readonly fontFamily: string;
}

const PAPER = { color: "#1a1a1a", background: "#fff", scheme: "light" } as const;

/**
 * HTML with colours of its own was made for a white page, and is shown on one in every theme: half of its colours on
 * a dark ground would be unreadable. HTML without takes the colours of its surroundings.
 */
export function hasColours(html: string): boolean {
  return /\b(?:background|color|fill|bgcolor)\b[\w-]*\s*[:=]/i.test(html);
}

function lookOf(element: HTMLElement, html: string, dark: boolean): Look {
  const { color, fontFamily } = getComputedStyle(element);
  // A transparent frame whose colour scheme differs from its page's is painted white by the browser.
  if (hasColours(html)) return { ...PAPER, fontFamily };
  return { color, background: "transparent", scheme: dark ? "dark" : "light", fontFamily };
}

/** A page around foreign HTML that may load nothing. */
export function framePage(html: string, { color, background, scheme, fontFamily }: Look): string {
  const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:";
  const font = fontFamily.replace(/[<>{}]/g, "");
  const style =
    `:root{color-scheme:${scheme};color:${color};background:${background};font:13px ${font}}body{margin:4px}` +
    "table{border-collapse:collapse;font-size:12px}th,td{padding:4px 8px;text-align:right;border:none}" +
    "tbody tr:nth-child(odd){background:rgba(128,128,128,.1)}thead{border-bottom:1px solid rgba(128,128,128,.6)}" +
    "table[border]{border:none}a{color:inherit}";
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><style>${style}</style>${html}`;
}

/** A closed frame cannot be asked how tall it is; its rows and lines tell about. The reader may drag it. */
export function frameHeight(html: string): number {
  const rows = html.match(/<(tr|p|li|br|h[1-6]|div)\b/gi)?.length ?? 0;
  return Math.min(360, Math.max(60, 30 + rows * 25));
}

function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // Not JSON after all: the reader may still want to see it.
    return text;
  }
}
