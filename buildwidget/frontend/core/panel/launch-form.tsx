/** Launches a command. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Summary } from "../protocol/types.gen";
import { useIdentity } from "../view/identity";
import { messageOf } from "../view/session";
import type { PanelHost } from "./host";

interface Props {
  readonly host: PanelHost;
  onDone(build: Summary): void;
  onCancel(): void;
}

const FIELDS = [
  ["command", "Command", "make all"],
  ["name", "Name", "optional"],
  ["project", "Project", "optional"],
  ["cwd", "Directory", "the server's root"],
] as const;

export function LaunchForm({ host, onDone, onCancel }: Props): JSX.Element {
  const form = useRef<HTMLFormElement>(null);
  const id = useIdentity();
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, setPending] = useState(false);
  useEffect(() => form.current?.querySelector("input")?.focus(), []);
  const submit = () => {
    if (pending || !form.current) return;
    const values = new FormData(form.current);
    const told = (name: string) => String(values.get(name) ?? "").trim() || undefined;
    const command = told("command");
    if (command === undefined) {
      setProblem("Tell the command to run.");
      return;
    }
    setPending(true);
    setProblem(null);
    host.server
      .launch({ command, name: told("name"), project: told("project"), cwd: told("cwd") })
      .then(onDone, (error: unknown) => setProblem(messageOf(error)))
      .finally(() => setPending(false));
  };
  return (
    <form
      ref={form}
      class="bw-form"
      aria-label="Launch a command"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      onKeyDown={(event) => event.key === "Escape" && onCancel()}
    >
      {FIELDS.map(([name, label, hint]) => (
        <div class="bw-form-line" key={name}>
          <label for={`${id}-${name}`}>{label}</label>
          <span class="bw-field">
            <input
              id={`${id}-${name}`}
              name={name}
              class={name === "command" ? "bw-mono" : ""}
              placeholder={hint}
              spellcheck={false}
              autocomplete="off"
              aria-required={name === "command"}
            />
          </span>
        </div>
      ))}
      {problem !== null && (
        <p class="bw-bad" role="alert">
          {problem}
        </p>
      )}
      <div class="bw-buttons">
        <button type="submit" class="bw-button bw-primary" aria-disabled={pending}>
          {pending ? "Launching…" : "Launch"}
        </button>
        <button type="button" class="bw-button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
