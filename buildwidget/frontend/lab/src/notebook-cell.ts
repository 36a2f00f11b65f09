/** From what a build knows of the notebook that launched it to the cell on the screen. */
import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import type { NotebookRef } from "../../core/protocol/types.gen";

/**
 * The path below the server's root. Kernels know the file's whole path; `root` may be written with `~`, so that only
 * its end can be compared.
 */
export function pathBelow(path: string, root: string): string {
  let end = root.length;
  while (root[end - 1] === "/") end -= 1;
  const bare = root.slice(root.startsWith("~") ? 1 : 0, end);
  if (bare === "") return path.replace(/^\/+/, "");
  const at = root.startsWith("~") ? path.indexOf(`${bare}/`) : path.startsWith(`${bare}/`) ? 0 : -1;
  return at < 0 ? path : path.slice(at + bare.length + 1);
}

export async function goToCell(
  app: JupyterFrontEnd,
  notebooks: INotebookTracker,
  { path, cell }: NotebookRef,
): Promise<void> {
  const opened = notebooks.find(({ context }) => path === context.path || path.endsWith(`/${context.path}`));
  const root =
    JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}").serverRoot ?? "";
  const panel: NotebookPanel | undefined =
    opened ?? (await app.commands.execute("docmanager:open", { path: pathBelow(path, String(root)) }));
  if (!panel?.content) return; // Notebook opens another page for it
  app.shell.activateById(panel.id);
  await panel.context.ready;
  await panel.revealed;
  const index = panel.content.widgets.findIndex(({ model }) => model.id === cell);
  const found = panel.content.widgets[index];
  if (!found) return; // the cell was deleted since
  panel.content.activeCellIndex = index;
  await panel.content.scrollToCell(found);
}
