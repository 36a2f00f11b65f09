/** Launches a build: a command, or a coding agent with a task. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Summary } from "../protocol/types.gen";
import { RestError } from "../rest";
import { useIdentity } from "../view/identity";
import { messageOf } from "../view/session";
import type { PanelHost } from "./host";
import {
  currentValue,
  type Field,
  fieldsOf,
  KINDS,
  type LaunchKind,
  launchOf,
  missingField,
  type Values,
} from "./launch-fields";

/** What was typed and not launched yet; it outlives the form, so that closing it loses no task. */
export interface LaunchDraft {
  kind: LaunchKind;
  values: Values;
}

interface Props {
  readonly host: PanelHost;
  readonly draft: LaunchDraft;
  onDone(build: Summary): void;
  onCancel(): void;
}

interface Problem {
  readonly text: string;
  /** The field it stands at; null: below them all. */
  readonly field: string | null;
}

export function LaunchForm({ host, draft, onDone, onCancel }: Props): JSX.Element {
  const form = useRef<HTMLFormElement>(null);
  const id = useIdentity();
  const [{ kind, values }, setShown] = useState({ ...draft });
  const [problem, setProblem] = useState<Problem | null>(null);
  const [pending, setPending] = useState(false);
  const fields = fieldsOf(kind);
  const change = (more: Partial<LaunchDraft>) => setShown({ ...Object.assign(draft, more) });
  useEffect(() => controlOf(form.current, fields[0]?.name)?.focus(), []);
  useEffect(() => {
    if (problem?.field) controlOf(form.current, problem.field)?.focus();
  }, [problem]);
  const refuse = (text: string, name: string | null) => {
    setProblem({ text, field: fields.some((field) => field.name === name) ? name : null });
  };
  const submit = () => {
    if (pending) return;
    const missing = missingField(kind, values);
    if (missing) {
      refuse(missing.required ?? "", missing.name);
      return;
    }
    setPending(true);
    setProblem(null);
    host.server
      .launch(launchOf(kind, values))
      .then(
        (build) => {
          change({ values: kept(values) });
          onDone(build);
        },
        (error: unknown) => refuse(messageOf(error), error instanceof RestError ? error.field : null),
      )
      .finally(() => setPending(false));
  };
  return (
    <form
      ref={form}
      class="bw-form"
      aria-label="Launch a build"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") onCancel();
        // In a task of several lines Enter is a new line.
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
      }}
    >
      <KindSwitch
        kind={kind}
        onKind={(chosen) => {
          change({ kind: chosen });
          setProblem(null);
        }}
      />
      {fields.map((field) => (
        <FormLine
          key={field.name}
          id={`${id}-${field.name}`}
          field={field}
          value={currentValue(field, values)}
          problem={problem?.field === field.name ? problem.text : null}
          onValue={(value) => change({ values: { ...draft.values, [field.name]: value } })}
        />
      ))}
      {problem?.field === null && (
        <p class="bw-bad" role="alert">
          {problem.text}
        </p>
      )}
      <div class="bw-buttons">
        <button
          type="submit"
          class="bw-button bw-primary"
          aria-disabled={pending}
          title={kind === "agent" ? "Ctrl+Enter" : undefined}
        >
          {pending ? "Launching…" : "Launch"}
        </button>
        <button type="button" class="bw-button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}

/** What the next build of the same sort starts from: everything but what this one was about. */
function kept({ command: _command, prompt: _prompt, name: _name, ...values }: Values): Values {
  return values;
}

function controlOf(form: HTMLElement | null, name: string | undefined): HTMLElement | null {
  return form?.querySelector<HTMLElement>(`[name="${name}"]`) ?? null;
}

function KindSwitch({ kind, onKind }: { kind: LaunchKind; onKind(kind: LaunchKind): void }): JSX.Element {
  const name = useIdentity();
  return (
    <fieldset class="bw-kinds">
      <legend class="bw-hidden">Kind of build</legend>
      {KINDS.map(([value, word]) => (
        <label key={value} class="bw-kind" data-kind={value}>
          <input
            type="radio"
            class="bw-hidden"
            name={name}
            value={value}
            checked={value === kind}
            onChange={() => onKind(value)}
          />
          {word}
        </label>
      ))}
    </fieldset>
  );
}

interface LineProps {
  readonly id: string;
  readonly field: Field;
  readonly value: string;
  readonly problem: string | null;
  onValue(value: string): void;
}

function FormLine({ id, field, value, problem, onValue }: LineProps): JSX.Element {
  const meaning = field.choices?.find((choice) => choice.value === value);
  const notes = [problem !== null && `${id}-problem`, meaning?.meaning && `${id}-meaning`].filter(Boolean);
  const control = {
    id,
    name: field.name,
    value,
    "aria-required": field.required !== undefined,
    "aria-invalid": problem !== null,
    ...(notes.length > 0 ? { "aria-describedby": notes.join(" ") } : {}),
    onInput: (event: { currentTarget: { value: string } }) => onValue(event.currentTarget.value),
  };
  return (
    <div class="bw-form-line" data-wide={field.multiline ?? false} data-field={field.name}>
      <label for={id}>{field.label}</label>
      <span class="bw-field" data-invalid={problem !== null}>
        <Control field={field} control={control} />
      </span>
      {problem !== null && (
        <p id={`${id}-problem`} class="bw-note bw-bad" role="alert">
          {problem}
        </p>
      )}
      {meaning?.meaning && (
        <p id={`${id}-meaning`} class={`bw-note ${meaning.dangerous ? "bw-bad" : "bw-dim"}`}>
          {meaning.meaning}
        </p>
      )}
    </div>
  );
}

interface ControlProps {
  readonly field: Field;
  readonly control: Readonly<Record<string, unknown>>;
}

function Control({ field, control }: ControlProps): JSX.Element {
  if (field.choices) {
    return (
      <select {...control}>
        {field.choices.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    );
  }
  if (field.multiline) return <textarea rows={4} placeholder={field.hint} {...control} />;
  return (
    <input
      class={field.code ? "bw-mono" : ""}
      placeholder={field.hint}
      spellcheck={false}
      autocomplete="off"
      {...control}
    />
  );
}
