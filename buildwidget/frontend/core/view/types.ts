/** The rows of a build's state under short names, taken from the generated types so that they cannot drift. */
import type { State } from "../protocol/types.gen";

export type { MetricPoint, State, Summary, ToolRow } from "../protocol/types.gen";

export type Status = State["status"];
export type Todo = State["todos"][number];
export type TextRow = State["texts"][number];
export type LogState = State["log"];
export type ProgressRow = State["progress"][number];
export type MetricRow = State["metrics"][number];
export type DisplayRow = State["displays"][number];
export type ArtifactRow = State["artifacts"][number];
export type PermissionRow = State["permissions"][number];
export type Usage = State["usage"];
/** A number on the wire: JSON has no non-finite floats, so they travel as "NaN", "Infinity" and "-Infinity". */
export type WireNumber = ProgressRow["current"];
