/** What the widget and the Lab plugin use of the core. */
export type { OpenOptions } from "./client";
export type {
  BuildActions,
  BuildList,
  BuildModel,
  BuildSession,
  Client,
  ConnectionPhase,
  ConnectionStatus,
  Cursor,
  LogPage,
  Problem,
} from "./model";
export { type PageServer, pageServer } from "./page-client";
export type { State, Summary, ToolRow } from "./protocol/types.gen";
