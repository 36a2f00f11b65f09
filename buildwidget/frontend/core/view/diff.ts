/** Line differences between two texts, for the detail of an edit. */

export interface DiffLine {
  readonly kind: "same" | "added" | "removed" | "gap";
  readonly text: string;
}

/** Above this many comparisons the texts are shown one after the other instead. */
const MAX_CELLS = 400_000;
const CONTEXT = 3;

export function diffLines(before: string, after: string): DiffLine[] {
  const a = before === "" ? [] : before.split("\n");
  const b = after === "" ? [] : after.split("\n");
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const middle = between(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const same = (text: string): DiffLine => ({ kind: "same", text });
  return trim([...a.slice(0, start).map(same), ...middle, ...a.slice(a.length - end).map(same)]);
}

function between(a: string[], b: string[]): DiffLine[] {
  if (a.length * b.length > MAX_CELLS) {
    return [...a.map((text) => line("removed", text)), ...b.map((text) => line("added", text))];
  }
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const here = i * width + j;
      longest[here] =
        a[i] === b[j]
          ? (longest[here + width + 1] ?? 0) + 1
          : Math.max(longest[here + width] ?? 0, longest[here + 1] ?? 0);
    }
  }
  return walk(a, b, longest, width);
}

function walk(a: string[], b: string[], longest: Uint32Array, width: number): DiffLine[] {
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(line("same", a[i]));
      i += 1;
      j += 1;
    } else if (
      j >= b.length ||
      (i < a.length && (longest[(i + 1) * width + j] ?? 0) >= (longest[i * width + j + 1] ?? 0))
    ) {
      lines.push(line("removed", a[i]));
      i += 1;
    } else {
      lines.push(line("added", b[j]));
      j += 1;
    }
  }
  return lines;
}

const line = (kind: DiffLine["kind"], text: string | undefined): DiffLine => ({ kind, text: text ?? "" });

/** Leaves out what did not change, but for a few lines around each change. */
function trim(lines: DiffLine[]): DiffLine[] {
  const near = new Uint8Array(lines.length);
  lines.forEach((each, index) => {
    if (each.kind === "same") return;
    near.fill(1, Math.max(0, index - CONTEXT), index + CONTEXT + 1);
  });
  const kept: DiffLine[] = [];
  lines.forEach((each, index) => {
    if (near[index]) kept.push(each);
    else if (kept.at(-1)?.kind !== "gap") kept.push({ kind: "gap", text: "⋯" });
  });
  return kept;
}

/** A unified diff as rows. */
export function readUnified(text: string): DiffLine[] {
  let inHunk = false;
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((each) => {
      if (/^(@@ |diff |\\ )/.test(each)) inHunk = each.startsWith("@@") || (inHunk && each.startsWith("\\"));
      else if (inHunk || !/^(index |--- |\+\+\+ )/.test(each)) return changedLine(each);
      return line("gap", each);
    });
}

function changedLine(each: string): DiffLine {
  if (each.startsWith("+")) return line("added", each.slice(1));
  if (each.startsWith("-")) return line("removed", each.slice(1));
  return line("same", each.startsWith(" ") ? each.slice(1) : each);
}
