/** One readable line for a tool call, whatever agent made it. Pure: a row in, words out. */
import { shortPath } from "./format";
import type { IconName } from "./icons";
import { changesOf, type FileChange } from "./tool-diff";
import type { ToolRow } from "./types";

export interface ToolSummary {
  /** An icon, or null for the `$` of a command. */
  readonly icon: IconName | null;
  /** What kind of call it is, in a word; empty where the icon says it. */
  readonly label: string;
  /** What it is about: a command, a path, a query. One line. */
  readonly text: string;
  /** Lines added and removed, where that is known. */
  readonly added?: number;
  readonly removed?: number;
}

type Describe = (input: unknown) => Omit<ToolSummary, "icon" | "label"> & Partial<Pick<ToolSummary, "label">>;

const MAX_TEXT = 300;

/** A field of a tool's input; also out of the cut JSON text that stands in for an input over the limit. */
export function field(input: unknown, ...names: string[]): unknown {
  if (typeof input === "string") return cutField(input, names);
  if (typeof input !== "object" || input === null) return undefined;
  for (const name of names) {
    const value = Object.hasOwn(input, name) ? (input as Record<string, unknown>)[name] : undefined;
    if (value !== undefined && value !== null && value !== "") return value;
  }
  return undefined;
}

const TEXT_VALUE = /\s*:\s*"((?:[^"\\]|\\.)*)("?)/y;

/** The first field of this name whose value is a text: what is between its quotes, and the closing one. */
function textValue(text: string, name: string): RegExpExecArray | null {
  const key = `"${name}"`;
  for (let at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + key.length)) {
    TEXT_VALUE.lastIndex = at + key.length;
    const found = TEXT_VALUE.exec(text);
    if (found) return found;
  }
  return null;
}

function cutField(text: string, names: string[]): string | undefined {
  if (!text.startsWith("{")) return undefined;
  for (const name of names) {
    const found = textValue(text, name);
    if (!found?.[1]) continue;
    try {
      const whole = JSON.parse(`"${found[1]}"`) as string;
      return found[2] ? whole : `${whole}…`;
    } catch {
      // Cut in the middle of an escape: the raw text is still the best there is.
      return found[1];
    }
  }
  return undefined;
}

/** Text on one line: white space becomes single blanks, and what nobody reads is cut. */
export function oneLine(value: unknown): string {
  const text = typeof value === "string" ? value : compact(value);
  const line = text
    .slice(0, 4 * MAX_TEXT)
    .replace(/\s+/g, " ")
    .trim();
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line;
}

function compact(value: unknown): string {
  if (value === undefined || value === null) return "";
  return JSON.stringify(value) ?? "";
}

const SHELL = /^(?:\/\S*\/)?(?:ba|z|da)?sh\s+-l?c\s+(?:'([\s\S]*)'|"([\s\S]*)")\s*$/;

/** A command without the shell that was wrapped around it. */
export function shellCommand(value: unknown): string {
  const whole = Array.isArray(value) ? unwrapWords(value) : String(value ?? "");
  const inner = SHELL.exec(whole);
  return inner ? (inner[1] ?? inner[2] ?? "") : whole;
}

/** The same on one line. */
export function commandText(value: unknown): string {
  return oneLine(shellCommand(value));
}

function unwrapWords(words: unknown[]): string {
  const [shell, flag, script] = words;
  const wrapped = words.length === 3 && /sh$/.test(String(shell)) && /^-l?c$/.test(String(flag));
  return wrapped ? String(script) : words.map(String).join(" ");
}

export function lineCount(text: unknown): number {
  if (typeof text !== "string" || text === "") return 0;
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

const path = (input: unknown): string =>
  shortPath(oneLine(field(input, "file_path", "path", "notebook_path", "filename", "file") ?? ""));

const command: Describe = (input) => ({
  text:
    typeof input === "string" && !input.startsWith("{")
      ? commandText(input)
      : commandText(field(input, "command", "cmd", "script") ?? ""),
});

const read: Describe = (input) => ({ text: path(input) });

const write: Describe = (input) => {
  const content = typeof input === "object" ? field(input, "content", "contents", "text") : undefined;
  return {
    text: path(input),
    ...(typeof content === "string" ? { added: lineCount(content), removed: 0 } : {}),
  };
};

const edit: Describe = (input) => {
  const parts = field(input, "edits");
  const edits = Array.isArray(parts) ? parts : typeof input === "object" ? [input] : [];
  let added = 0;
  let removed = 0;
  for (const part of edits) {
    const [before, after] = [
      field(part, "old_string", "old_str"),
      field(part, "new_string", "new_str", "new_source"),
    ];
    if (before === undefined && after === undefined) return { text: path(input) };
    const changed = changedLines(String(before ?? ""), String(after ?? ""));
    added += changed.added;
    removed += changed.removed;
  }
  return { text: path(input), ...(edits.length > 0 ? { added, removed } : {}) };
};

/** Lines that differ between two texts, the common start and end left out: an estimate without a whole diff. */
function changedLines(before: string, after: string): { added: number; removed: number } {
  const [a, b] = [before === "" ? [] : before.split("\n"), after === "" ? [] : after.split("\n")];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  return { added: b.length - start - end, removed: a.length - start - end };
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ["add", "Write"],
  ["delete", "Delete"],
]);

/** The line for files that were changed, or are about to be. */
function changed(changes: readonly FileChange[]): ReturnType<Describe> & { readonly label: string } {
  const sum = (of: "added" | "removed") => changes.reduce((total, change) => total + (change[of] ?? 0), 0);
  const [first] = changes;
  const sort = changes.every(({ kind }) => kind === first?.kind) ? first?.kind : undefined;
  return {
    text: `${shortPath(oneLine(first?.path))}${changes.length > 1 ? ` and ${changes.length - 1} more` : ""}`,
    label: KINDS.get(sort ?? "") ?? "Edit",
    added: sum("added"),
    removed: sum("removed"),
  };
}

const query: Describe = (input) => {
  const what = oneLine(field(input, "pattern", "query", "q", "search") ?? "");
  const where = field(input, "path", "glob", "include");
  return { text: where === undefined ? what : `${what}  in ${shortPath(oneLine(where))}` };
};

const url: Describe = (input) => ({ text: oneLine(field(input, "url", "uri") ?? "") });

const agent: Describe = (input) => ({
  text: oneLine(field(input, "description", "title", "prompt", "message") ?? ""),
  label: oneLine(field(input, "subagent_type", "agent", "name") ?? "agent"),
});

/** Any of these fields, whatever it is. */
const about =
  (...names: string[]): Describe =>
  (input) => ({ text: oneLine(field(input, ...names) ?? "") });

const question: Describe = (input) => {
  const asked = field(input, "questions");
  return { text: oneLine(field(Array.isArray(asked) ? asked[0] : input, "question", "header") ?? "") };
};

const todo: Describe = (input) => {
  const todos = field(input, "todos", "items", "plan");
  if (Array.isArray(todos)) return { text: `${todos.length} todos` };
  const status = field(input, "status");
  const subject = field(input, "subject", "content");
  return {
    text: oneLine(
      subject ??
        [`#${field(input, "taskId", "id") ?? "?"}`, String(status ?? "").replace("_", " ")].join(" "),
    ),
  };
};

interface Family {
  readonly names: RegExp;
  readonly icon: IconName | null;
  readonly label: string;
  readonly describe: Describe;
}

const FAMILIES: readonly Family[] = [
  {
    names:
      /^(bash|sh|shell|local_?shell|exec|exec_?command|command_?execution|run_?command|terminal|command)$/,
    icon: null,
    label: "",
    describe: command,
  },
  {
    names: /^(read|read_?file|notebook_?read|view|view_?image)$/,
    icon: "file",
    label: "Read",
    describe: read,
  },
  { names: /^(ls|list|list_?files?|list_?dir)$/, icon: "list", label: "List", describe: read },
  { names: /^(write|write_?file|create|create_?file)$/, icon: "pencil", label: "Write", describe: write },
  {
    names: /^(edit|multi_?edit|edit_?file|str_?replace.*|notebook_?edit)$/,
    icon: "pencil",
    label: "Edit",
    describe: edit,
  },
  { names: /^(file_?change|apply_?patch|patch)$/, icon: "pencil", label: "Edit", describe: edit },
  {
    names: /^(grep|glob|search|find|tool_?search|search_?files)$/,
    icon: "search",
    label: "Search",
    describe: query,
  },
  { names: /^(web_?search)$/, icon: "globe", label: "Search", describe: query },
  { names: /^(web_?fetch|fetch|browse)$/, icon: "globe", label: "Fetch", describe: url },
  {
    names:
      /^(agent|task|subagent|collab_?tool_?call|spawn_?agent|send_?(input|message)|wait|close_?agent|resume_?agent)$/,
    icon: "agent",
    label: "agent",
    describe: agent,
  },
  {
    names: /^(bash_?output|task_?output)$/,
    icon: null,
    label: "Output of",
    describe: about("bash_id", "task_id"),
  },
  {
    names: /^(kill_?(shell|bash)|task_?stop)$/,
    icon: null,
    label: "Stop",
    describe: about("shell_id", "task_id"),
  },
  {
    names: /^(skill|slash_?command)$/,
    icon: "gear",
    label: "Skill",
    describe: about("skill", "command", "name"),
  },
  { names: /^ask_?user_?question$/, icon: "question", label: "Asks", describe: question },
  { names: /^exit_?plan_?mode$/, icon: "list", label: "Plan", describe: about("plan") },
  {
    names: /^(todo_?write|todo_?list|update_?plan|task_?(create|update|list|get))$/,
    icon: "list",
    label: "Plan",
    describe: todo,
  },
];

const familyOf = (name: string): Family | undefined =>
  FAMILIES.find((each) => each.names.test(name.toLowerCase()));

/** The line for a tool call. */
export function summarizeTool(tool: Pick<ToolRow, "name" | "input"> & Partial<ToolRow>): ToolSummary {
  const family = familyOf(tool.name);
  const changes = changesOf(tool);
  if (changes.length > 0) return { icon: "pencil", ...changed(changes) };
  if (family) {
    const described = family.describe(tool.input);
    if (described.text !== "") return { icon: family.icon, label: family.label, ...described };
  }
  return { icon: family ? family.icon : "gear", label: readableName(tool.name), text: generic(tool.input) };
}

/** `mcp__github__create_issue` as `github · create_issue`. */
function readableName(name: string): string {
  const [prefix, server, ...rest] = name.split("__");
  return prefix === "mcp" && server && rest.length > 0 ? `${server} · ${rest.join("__")}` : name || "tool";
}

/** The only value of a small object, else its fields by name. */
function generic(input: unknown): string {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return oneLine(input);
  const told = Object.entries(input).map(([name, value]) => [name, oneLine(value)] as const);
  if (told.length === 1 && told[0]) return told[0][1];
  return oneLine(told.map(([name, value]) => `${name}: ${value}`).join(", "));
}
