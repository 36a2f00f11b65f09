/** What the panel may ask of the page it stands in; nothing here knows which one that is. */
import type { Feed } from "../feed";
import type { PageServer } from "../page-client";
import type { NotebookRef, Summary } from "../protocol/types.gen";
import type { ViewOptions } from "../view";

export interface PanelHost {
  readonly server: PageServer;
  readonly feed: Feed;
  /** How the build is drawn that is opened in the panel. */
  viewOptions(): ViewOptions;
  /** Opens a build as a document of its own; null where the page has no place for that. */
  readonly openTab: ((build: Summary) => void) | null;
  /** Shows the cell that launched a build; null where there are no notebooks. */
  readonly goToCell: ((notebook: NotebookRef) => void) | null;
}

/** What the page may tell the panel to do. */
export interface PanelControl {
  /** Shows one build in the panel. */
  open(build: string): void;
  /** Shows the form that launches a build. */
  launch(): void;
}
