/** Terminal text as text nodes: SGR colours become styles of spans, nothing ever becomes markup. */
import Anser, { type AnserJsonEntry, type AnserOptions } from "anser";
import type { ComponentChildren } from "preact";
import { occurrences, type Range } from "./case-fold";

export interface AnsiSpan {
  readonly text: string;
  readonly class: string;
  readonly color?: string;
  readonly background?: string;
}

const ESCAPE = "\u001b";
// What is left of other escapes and of control characters says nothing to a reader. Tab and newline stay.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const OSC = /\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** Numbers of a code before its last few: Anser takes quadratic time for a hundred thousand of them. */
const LONG_CODE = /^[\d;]*(?=[\d;]{256})/;

/**
 * Anser adds a decoration to its list each time it is switched on, and gives every piece of text the same list. So
 * text that is made bold over and over would have a list that grows with it, and what is switched on later would
 * show on the text before. Here each piece gets a list of its own, with each decoration once.
 */
class Parser extends Anser {
  declare decorations: AnserJsonEntry["decorations"];

  override processChunkJson(text: string, options?: AnserOptions, markup?: boolean): AnserJsonEntry {
    this.decorations = [...this.decorations];
    const entry = super.processChunkJson(text.replace(LONG_CODE, ""), options, markup);
    this.decorations = [...new Set(this.decorations)];
    entry.decorations = [...new Set(entry.decorations)];
    return entry;
  }
}

export function ansiSpans(text: string): AnsiSpan[] {
  if (!text.includes(ESCAPE)) return [{ text: text.replace(CONTROL, ""), class: "" }];
  return new Parser()
    .ansiToJson(text.replace(OSC, ""), { use_classes: true, remove_empty: true })
    .map(spanOf)
    .filter((span) => span.text !== "");
}

function spanOf(entry: AnserJsonEntry): AnsiSpan {
  const background = colorOf(entry.bg, entry.bg_truecolor);
  const named = colorOf(entry.fg, entry.fg_truecolor);
  // On a ground of its own text without a colour, or a black one, takes that of the page: it stands off from any.
  // Reverse video is among these: the parser has swapped the colours, with black on white where there were none.
  const color = background && (!named || entry.fg === "ansi-black") ? "var(--bw-ground)" : named;
  return {
    text: entry.content.replace(CONTROL, ""),
    class: entry.decorations
      .filter((name) => name !== "blink")
      .map((name) => `bw-sgr-${name}`)
      .join(" "),
    ...(color ? { color } : {}),
    ...(background ? { background } : {}),
  };
}

/** Anser's names are `ansi-red`, `ansi-bright-red`, `ansi-palette-123` and `ansi-truecolor`; the style has the rest. */
function colorOf(name: string | null, rgb: string | null): string | null {
  if (!name) return null;
  if (name === "ansi-truecolor") return rgb && /^[\d, ]+$/.test(rgb) ? `rgb(${rgb})` : null;
  const palette = /^ansi-palette-(\d+)$/.exec(name);
  if (palette) return paletteColor(Number(palette[1]));
  return /^ansi-[a-z-]+$/.test(name) ? `var(--bw-${name.slice("ansi-".length)})` : null;
}

/** The xterm palette above the sixteen named colours: a cube of 6 x 6 x 6, then 24 greys. */
export function paletteColor(index: number): string {
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return `rgb(${grey}, ${grey}, ${grey})`;
  }
  const cube = index - 16;
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  return `rgb(${level(Math.floor(cube / 36))}, ${level(Math.floor(cube / 6) % 6)}, ${level(cube % 6)})`;
}

/** The text as it is shown, without colours and escapes. */
export function visibleText(text: string): string {
  return ansiSpans(text)
    .map((span) => span.text)
    .join("");
}

/** The spans as nodes; every occurrence of `query` is marked, whatever its case, also across colours. */
export function ansiText(text: string, query = ""): ComponentChildren {
  const spans = ansiSpans(text);
  const hits = query ? occurrences(spans.map((span) => span.text).join(""), query) : [];
  let start = 0;
  let hit = 0;
  return spans.map((span, index) => {
    const end = start + span.text.length;
    const first = hit;
    // The last hit may go on in the next span.
    while ((hits[hit]?.[1] ?? Number.POSITIVE_INFINITY) <= end) hit += 1;
    const content = hits.length > 0 ? marked(span.text, start, hits.slice(first, hit + 1)) : span.text;
    start = end;
    if (!span.class && !span.color && !span.background) return content;
    const style = {
      ...(span.color ? { color: span.color } : {}),
      ...(span.background ? { background: span.background } : {}),
    };
    return (
      <span key={index} class={span.class} style={style}>
        {content}
      </span>
    );
  });
}

/** A part of a text that begins at `start`, with what of the hits lies in it. */
function marked(text: string, start: number, hits: readonly Range[]): ComponentChildren {
  const parts: ComponentChildren[] = [];
  let done = 0;
  for (const [from, to] of hits) {
    const [first, last] = [Math.max(from - start, 0), Math.min(to - start, text.length)];
    if (first >= last) continue;
    parts.push(text.slice(done, first), <mark>{text.slice(first, last)}</mark>);
    done = last;
  }
  parts.push(text.slice(done));
  return parts;
}
