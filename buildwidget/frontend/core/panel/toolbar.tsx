import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../view/icons";
import type { Filter, StatusChoice } from "./rows";

/** How long the reader must stop typing before the server is asked. */
const TYPING_MS = 200;

const CHOICES: ReadonlyArray<readonly [StatusChoice, string]> = [
  ["all", "All"],
  ["active", "Running"],
  ["succeeded", "Succeeded"],
  ["failed", "Failed"],
  ["cancelled", "Cancelled"],
  ["lost", "Lost"],
];

interface Props {
  readonly filter: Filter;
  readonly launching: boolean;
  onFilter(filter: Filter): void;
  onLaunch(): void;
}

export function Toolbar({ filter, launching, onFilter, onLaunch }: Props): JSX.Element {
  const [typed, setTyped] = useState(filter.q);
  useEffect(() => {
    if (typed === filter.q) return;
    const timer = setTimeout(() => onFilter({ ...filter, q: typed }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, filter]);
  return (
    <div class="bw-toolbar">
      <span class="bw-field bw-search-field">
        <Icon name="search" />
        <input
          type="search"
          placeholder="Search builds"
          aria-label="Search builds"
          spellcheck={false}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </span>
      <span class="bw-field bw-select-field" data-chosen={filter.status !== "all"}>
        <select
          aria-label="Status"
          value={filter.status}
          onChange={(event) => onFilter({ ...filter, status: event.currentTarget.value as StatusChoice })}
        >
          {CHOICES.map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </span>
      <button
        type="button"
        class="bw-icon-button"
        data-action="launch"
        aria-label="Launch a build"
        title="Launch a build"
        aria-expanded={launching}
        onClick={onLaunch}
      >
        <Icon name="plus" class="bw-icon-bold" />
      </button>
    </div>
  );
}
