/** From what a build knows of the notebook that launched it to the cell on the screen. */
import type { JupyterFrontEnd } from "@jupyterlab/application";
import { Notification } from "@jupyterlab/apputils";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import type { NotebookRef } from "../../core/protocol/types.gen";
import { pathBelow, pathNow, readRenames, withRename } from "../../core/renames";

const RENAMES_KEY = "buildwidget:renames";

/** Remembers in this browser where files go, so that builds find the notebook that launched them. */
export function rememberRenames(app: JupyterFrontEnd): void {
  app.serviceManager.contents.fileChanged.connect((_, { type, oldValue, newValue }) => {
    if (type !== "rename" || !oldValue?.path || !newValue?.path) return;
    const renames = withRename(readRenames(localStorage.getItem(RENAMES_KEY)), oldValue.path, newValue.path);
    try {
      localStorage.setItem(RENAMES_KEY, JSON.stringify(renames));
    } catch {
      // The browser's storage is full: only the way back to the cell is lost.
    }
  });
}

export async function goToCell(
  app: JupyterFrontEnd,
  notebooks: INotebookTracker,
  { path, cell }: NotebookRef,
): Promise<void> {
  const root =
    JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}").serverRoot ?? "";
  const below = pathBelow(path, String(root));
  const isThere = ({ context }: NotebookPanel) => below === context.path || path.endsWith(`/${context.path}`);
  const hasCell = ({ content }: NotebookPanel) => content.widgets.some(({ model }) => model.id === cell);
  const opened =
    notebooks.find((panel) => isThere(panel) && hasCell(panel)) ??
    notebooks.find(hasCell) ??
    notebooks.find(isThere);
  const panel = opened ?? (await openNotebook(app, below));
  if (!panel?.content) return; // Notebook opens another page for it
  app.shell.activateById(panel.id);
  await panel.context.ready;
  await panel.revealed;
  const index = panel.content.widgets.findIndex(({ model }) => model.id === cell);
  const found = panel.content.widgets[index];
  if (!found) {
    Notification.info(`The cell that launched this build is no longer in ${panel.context.path}.`);
    return;
  }
  panel.content.activeCellIndex = index;
  await panel.content.scrollToCell(found);
}

async function openNotebook(app: JupyterFrontEnd, path: string): Promise<NotebookPanel | undefined> {
  const renamed = pathNow(readRenames(localStorage.getItem(RENAMES_KEY)), path);
  for (const candidate of new Set([path, renamed])) {
    if (await exists(app, candidate)) return app.commands.execute("docmanager:open", { path: candidate });
  }
  Notification.warning(
    `The notebook ${path} that launched this build was not found. It was moved or deleted.`,
  );
  return undefined;
}

async function exists(app: JupyterFrontEnd, path: string): Promise<boolean> {
  try {
    await app.serviceManager.contents.get(path, { content: false });
    return true;
  } catch {
    return false;
  }
}
