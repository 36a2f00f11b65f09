/** Where a text occurs in another whatever the case of its letters: what the server's search calls a match. */

/** From `start` up to, and without, `end`. */
export type Range = readonly [start: number, end: number];

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII.
const ASCII = /^[\u0000-\u007f]*$/;

/** The text without case: equal for two texts if, and only if, Python's `str.casefold` is equal for them. */
export function caseFold(text: string): string {
  return ASCII.test(text) ? text.toLowerCase() : Array.from(text, foldPoint).join("");
}

/** By itself, for the language's own rule depends on the neighbours (a Greek sigma at the end of a word). */
function foldPoint(point: string): string {
  // The upper case of the dotless i is a plain I, but it is another letter.
  return point === "ı" ? point : point.toLowerCase().toUpperCase().toLowerCase();
}

/** The occurrences of `query` in `text`, in order. They do not overlap, and cover whole letters: ß is a match of s. */
export function occurrences(text: string, query: string): Range[] {
  const wanted = caseFold(query);
  if (wanted === "") return [];
  if (ASCII.test(text)) {
    const found = indexesOf(text.toLowerCase(), wanted);
    return found.map((at) => [at, at + wanted.length]);
  }
  const { folded, points } = foldedWithOrigin(text);
  const ranges: Range[] = [];
  for (const at of indexesOf(folded, wanted)) {
    const start = points[at]?.[0] ?? 0;
    const end = points[at + wanted.length - 1]?.[1] ?? text.length;
    if (start >= (ranges.at(-1)?.[1] ?? 0)) ranges.push([start, end]);
  }
  return ranges;
}

function indexesOf(text: string, wanted: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) found.push(at);
  return found;
}

/** Folding changes lengths (ß, İ), so each unit of the result knows the code point that it comes from. */
function foldedWithOrigin(text: string): { folded: string; points: Range[] } {
  const parts: string[] = [];
  const points: Range[] = [];
  let start = 0;
  for (const point of text) {
    const part = foldPoint(point);
    const range: Range = [start, start + point.length];
    for (let unit = 0; unit < part.length; unit += 1) points.push(range);
    parts.push(part);
    start += point.length;
  }
  return { folded: parts.join(""), points };
}
