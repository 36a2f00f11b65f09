/** What the form asks for each kind of build, and the request that its values make. All pure. */
import type { Launch } from "../page-client";

export type LaunchKind = Launch["kind"];
/** What stands in the form, by the names of the request's fields. */
export type Values = Readonly<Record<string, string>>;

export interface Choice {
  readonly value: string;
  readonly label: string;
  /** What it means, in a sentence. */
  readonly meaning?: string;
  readonly dangerous?: boolean;
}

export interface Field {
  readonly name: string;
  readonly label: string;
  /** What stands in it while it is empty. */
  readonly hint?: string;
  /** The sentence for a field that must not be left empty. */
  readonly required?: string;
  readonly choices?: readonly Choice[];
  readonly multiline?: boolean;
  readonly code?: boolean;
}

export const KINDS: ReadonlyArray<readonly [LaunchKind, string]> = [
  ["command", "Command"],
  ["agent", "Agent"],
];

const AGENTS: readonly Choice[] = [
  { value: "claude-code", label: "Claude Code" },
  { value: "codex", label: "Codex" },
];

export const PERMISSIONS: readonly Choice[] = [
  {
    value: "ask",
    label: "Ask first",
    meaning: "Whatever needs leave is asked here, and denied when nobody answers.",
  },
  {
    value: "edits",
    label: "Edit files",
    meaning: "Edits files in its directory unasked; asks for everything else.",
  },
  { value: "plan", label: "Only plan", meaning: "Looks around and makes a plan, changes nothing." },
  {
    value: "all",
    label: "Everything",
    meaning: "Dangerous: runs any command and changes any file unasked, with your rights on this machine.",
    dangerous: true,
  },
];

const COMMON: readonly Field[] = [
  { name: "name", label: "Name", hint: "optional" },
  { name: "project", label: "Project", hint: "optional" },
  { name: "cwd", label: "Directory", hint: "the server's root", code: true },
];

const OWN: Record<LaunchKind, readonly Field[]> = {
  command: [
    { name: "command", label: "Command", hint: "make all", code: true, required: "Tell the command to run." },
  ],
  agent: [
    {
      name: "prompt",
      label: "Task",
      hint: "What the agent is to do",
      multiline: true,
      required: "Tell the agent what to do.",
    },
    { name: "agent", label: "Agent", choices: AGENTS },
    { name: "model", label: "Model", hint: "the agent's own", code: true },
    { name: "permission", label: "Permission", choices: PERMISSIONS },
  ],
};

export function fieldsOf(kind: LaunchKind): readonly Field[] {
  return [...OWN[kind], ...COMMON];
}

/** What a field stands at: what was typed or chosen, else the first of its choices. */
export function currentValue(field: Field, values: Values): string {
  return values[field.name] ?? field.choices?.[0]?.value ?? "";
}

/** The first field that must not be empty and is. */
export function missingField(kind: LaunchKind, values: Values): Field | null {
  return fieldsOf(kind).find((field) => field.required && currentValue(field, values).trim() === "") ?? null;
}

/** The request; fields that were left empty are left out. */
export function launchOf(kind: LaunchKind, values: Values): Launch {
  const told = fieldsOf(kind)
    .map((field) => [field.name, currentValue(field, values).trim()] as const)
    .filter(([, value]) => value !== "");
  return { kind, ...Object.fromEntries(told) } as Launch;
}
