/** Hostile texts, and the measurement that code takes linear time on them. tests/hostile is this in Python. */

/** How many times larger the second input is. */
const GROWTH = 4;
/** Between 4, which is linear, and 16, which is quadratic. */
const MAX_RATIO = 9;
const ROUNDS = 30;

export const UNITS = [
  ..."aA10./\\[](){}<>*_`~\"'-+=:;,#%|!&$@^? \t\n\r\0\u001béß🙂",
  ...[
    "ab",
    "a ",
    "1 ",
    "1/",
    "[]",
    "()",
    "][",
    '""',
    "{}",
    "a=",
    "a:",
    "\\\\",
    '\\"',
    "a\n",
    " \n",
    "\n\n",
    "\r\n",
  ],
  ...[
    "\u001b[",
    "\u001b[1",
    "\u001b[31m",
    "\u001b[31ma",
    "\u001b[38;5;",
    "\u001b[K",
    "\u001b]",
    "\u001b]0;",
    "a\u001b[7m",
  ],
  ...[
    "**",
    "*a",
    "*a*",
    "*a_",
    "**a",
    "__a",
    "a*",
    "a_ ",
    "**a *b* ",
    "`a",
    "``",
    "[a](",
    "[a][",
    "[a]: ",
    "[]()",
    "![",
  ],
  ...[
    "<a",
    "</a>",
    "<!--",
    "<a href='",
    "&amp;",
    "&#",
    "> ",
    "- ",
    "- > ",
    "+ ",
    "1. ",
    "1) ",
    "* * ",
    "# ",
    "| a ",
    "|-",
  ],
  ...[
    "a|b\n-|-\n",
    "- a\n",
    "- a\n\n",
    "> a\n",
    "  - a\n",
    "    a\n",
    "```\n",
    "> ```\n",
    "a\n=\n",
    "~~a",
    "http://",
    "a@b.",
  ],
  ...[
    "data:",
    "data: a\n",
    "id: ",
    "\n@@ ",
    "+a\n",
    "-a\n",
    '{"a":',
    '"a":"',
    '{"path":"',
    "/sh -c '",
    "; _xsrf=",
  ],
];

/** A text of about `size` characters: `before`, the unit over and over, `after`. */
const repeated =
  (unit, before = "", after = "") =>
  (size) =>
    before +
    unit.repeat(Math.max(0, Math.floor((size - before.length - after.length) / unit.length))) +
    after;

export const generic = () => new Map(UNITS.map((unit) => [JSON.stringify(unit), repeated(unit)]));

const CLASSES = {
  s: [" ", "\t"],
  S: ["a", '"'],
  w: ["a", "_"],
  W: [" ", "/"],
  d: ["1"],
  D: ["a"],
  b: [],
  B: [],
};
const CONTROLS = { n: "\n", r: "\r", t: "\t", f: "\f", v: "\v", 0: "\0" };

/** Characters that each place of a pattern takes, in order; what repeats them, and groups, is left out. */
function places(source) {
  const found = [];
  const token =
    /\\(?:u\{?([0-9a-f]+)\}?|x([0-9a-f]{2})|[pP]\{\w+\}|(.))|\[(\^?)((?:\\[\s\S]|[^\]])*)\]|\(\?(?:[:=!]|<[=!]|<\w+>)|\{\d*,?\d*\}|([()|*+?^$])|([\s\S])/giu;
  for (const [all, code, hex, escaped, negated, members, mark, plain] of source.matchAll(token)) {
    if (code ?? hex) found.push([String.fromCodePoint(Number.parseInt(code ?? hex, 16))]);
    else if (escaped !== undefined) found.push(CLASSES[escaped] ?? [CONTROLS[escaped] ?? escaped]);
    else if (members !== undefined)
      found.push(
        negated
          ? ["a", " ", "["]
          : places(members.replaceAll(/(?<!\\)[()|*+?^$]/g, "\\$&"))
              .flat()
              .slice(0, 6),
      );
    else if (plain !== undefined) found.push(plain === "." ? ["a", " "] : [plain]);
    else if (mark === undefined && all.startsWith("\\p")) found.push(["é", "\ud800"]);
  }
  return found.filter((characters) => characters.length > 0);
}

/** The generic texts, and those made of the pattern's own characters: a beginning, a long run, an end that fails. */
export function forPattern(source) {
  const found = generic();
  const all = places(source);
  const own = [...new Set(all.flat())].slice(0, 14);
  const begun = [
    ...new Set([
      "",
      ...all.map((_, at) =>
        all
          .slice(0, at + 1)
          .map(([first]) => first)
          .join(""),
      ),
    ]),
  ];
  const add = (unit, before, after) =>
    found.set(JSON.stringify([before, unit, after]), repeated(unit, before, after));
  for (const first of own) for (const second of own) add(first + second, "", "");
  for (const before of begun.slice(0, 40))
    for (const unit of own) for (const after of ["", "\0", "\n!"]) add(unit, before, after);
  for (const before of begun.slice(0, 40)) for (const unit of own) add(before + unit.repeat(3), "", "");
  return found;
}

/** CPU time of one call where the runtime has it by thread: other processes and tests do not count. */
function milliseconds(call, argument) {
  const start = now();
  call(argument);
  return now() - start;
}

const now = () => {
  if (!process.threadCpuUsage) return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** Times of both calls, the best of several; null as soon as they are in proportion, or the larger one is quick. */
function growth(call, small, large, { floor, hopeless }) {
  let best = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS; round += 1) {
    best = [Math.min(best[0], milliseconds(call, small)), Math.min(best[1], milliseconds(call, large))];
    if (best[1] <= floor || best[1] / best[0] <= MAX_RATIO) return null;
    if (best[1] > hopeless && round > 1) break;
  }
  return best;
}

/**
 * How the time of a call grows, in words, if it is more than in proportion to the size; null where it is linear.
 * `floor`: milliseconds. A call that takes less on the larger input is not measured again, since a quadratic one
 * takes longer. `hopeless`: milliseconds; a larger input than the one that took this long is not tried.
 */
export function superlinear(call, make, { size = 16_000, floor = 2, hopeless = 300 } = {}) {
  const [smallest, small, large] = [make(size / GROWTH ** 2), make(size / GROWTH), make(size)];
  for (const tried of [smallest, small]) {
    const took = Math.min(milliseconds(call, tried), milliseconds(call, tried));
    if (took > hopeless) return `${tried.length}: ${took.toFixed(0)} ms`;
  }
  if (milliseconds(call, large) <= floor) return null;
  const first = growth(call, small, large, { floor, hopeless });
  // Once more with other sizes: the first time a collector of garbage may have begun its work between the two.
  const grown = first && growth(call, make(size / 2), make(size * 2), { floor, hopeless });
  if (!grown) return null;
  const [fast, slow] = first.map((ms) => ms.toFixed(2));
  return `${small.length}: ${fast} ms, ${large.length}: ${slow} ms`;
}
