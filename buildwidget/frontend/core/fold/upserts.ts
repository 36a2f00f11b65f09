/** The sections of a state that are plain upserts: protocol/upserts.py in TypeScript. */
import { MAX_OPTIONS, MAX_PERMISSION_INPUT_WEIGHT } from "../protocol/limits.gen";
import { weight } from "../protocol/text";
import type {
  ArtifactEvent,
  ArtifactRow,
  DisplayEvent,
  DisplayRow,
  PermissionEvent,
  PermissionRow,
} from "../protocol/types.gen";
import { label } from "./metadata";
import { Rows } from "./rows";
import { type Mutable, shared, sharedJson } from "./sharing";

/** Rows told apart by a field that their events have too; at most `limit`. */
export class Upserts<Row, Event> {
  private readonly rows: Rows<Row>;

  constructor(
    rows: readonly Row[],
    limit: number,
    keyOf: (row: Row) => string,
    private readonly eventKey: (event: Event) => string,
    private readonly merge: (row: Row | undefined, event: Event, key: string) => Row,
  ) {
    this.rows = new Rows(rows, keyOf, limit);
  }

  /** Takes one event; how many rows fell out. */
  apply(event: Event): number {
    const key = label(this.eventKey(event));
    return this.rows.put(key, this.merge(this.rows.get(key), event, key));
  }

  result(): readonly Row[] {
    return this.rows.result();
  }
}

export function mergeDisplay(old: DisplayRow | undefined, event: DisplayEvent, key: string): DisplayRow {
  const row: Mutable<DisplayRow> = { ...old, id: key, mime: label(event.mime), size: event.size };
  if (event.title !== undefined) row.title = label(event.title);
  return row;
}

export function mergeArtifact(old: ArtifactRow | undefined, event: ArtifactEvent, key: string): ArtifactRow {
  const row: Mutable<ArtifactRow> = { ...old, path: key, name: label(event.name) };
  if (event.mime !== undefined) row.mime = label(event.mime);
  if (event.size !== undefined) row.size = event.size;
  return row;
}

/** The prompt after the event; its first decision stays. */
export function mergePermission(
  old: PermissionRow | undefined,
  event: PermissionEvent,
  key: string,
): PermissionRow {
  const asked = sharedJson(old?.input, event.input ?? old?.input ?? null);
  const options = event.options?.slice(0, MAX_OPTIONS).map(label) ?? old?.options ?? [];
  const row: Mutable<PermissionRow> = {
    ...old,
    request_id: key,
    tool: label(event.tool),
    input: weight(asked) > MAX_PERMISSION_INPUT_WEIGHT ? null : asked,
    options: shared(old?.options, options),
  };
  if (row.decision === undefined && event.decision !== undefined) row.decision = event.decision;
  return row;
}
