import type { JupyterFrontEndPlugin } from "@jupyterlab/application";

export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: "@buildwidget/lab:panel",
  description: "Lists builds and what can be done with them.",
  autoStart: true,
  activate: () => {},
};
