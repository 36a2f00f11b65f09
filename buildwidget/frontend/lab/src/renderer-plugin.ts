import type { JupyterFrontEndPlugin } from "@jupyterlab/application";
import { INotebookTracker } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { type Awareness, turnOf } from "../../core/turns";
import { BuildOutput, MIME_TYPE } from "./build-output";
import { feed } from "./feed";

/** Before the widget view, whose factory the widgets' manager adds to every notebook with -10. */
const RANK = -100;

export const rendererPlugin: JupyterFrontEndPlugin<void> = {
  id: "@buildwidget/lab:renderer",
  description: "Draws builds in the outputs of cells.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [INotebookTracker],
  activate: (_app, registry: IRenderMimeRegistry, notebooks: INotebookTracker | null) => {
    // The widgets' manager adds its factory to the registry of each notebook, not to the page's.
    const panelOf = (output: Node) => notebooks?.find((panel) => panel.node.contains(output)) ?? null;
    const registryOf = (output: Node) => panelOf(output)?.content.rendermime ?? null;
    const modelOf = (output: Node) => panelOf(output)?.content.model ?? null;
    const sharing = {
      isShared: (output: Node) => modelOf(output)?.collaborative === true,
      turnOf: (output: Node) =>
        turnOf((modelOf(output)?.sharedModel as { awareness?: Awareness } | undefined)?.awareness),
    };
    registry.addFactory(
      {
        safe: true, // what is drawn comes from the server, and the saved state through the same view
        mimeTypes: [MIME_TYPE],
        createRenderer: () => new BuildOutput(() => feed().look(), registryOf, sharing),
      },
      RANK,
    );
  },
};
