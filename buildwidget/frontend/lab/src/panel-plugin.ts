/** Everything around the outputs: panel, tabs, commands, status bar, Running panel, launcher, notifications. */
import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from "@jupyterlab/application";
import { ICommandPalette, WidgetTracker } from "@jupyterlab/apputils";
import { ILauncher } from "@jupyterlab/launcher";
import { INotebookTracker } from "@jupyterlab/notebook";
import { IRunningSessionManagers } from "@jupyterlab/running";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { IStatusBar } from "@jupyterlab/statusbar";
import { pageServer, type Summary } from "../../core";
import { BuildTab } from "./build-tab";
import { feed } from "./feed";
import { hammerIcon } from "./icon";
import { goToCell, rememberRenames } from "./notebook-cell";
import { notifyEnds } from "./notifications";
import { PanelWidget } from "./panel-widget";
import { runningBuilds } from "./running";
import { currentSettings, followSettings, type Settings } from "./settings";
import { StatusItem } from "./status-item";

const PLUGIN = "@buildwidget/lab:panel";
const CATEGORY = "Builds";

const COMMANDS = {
  showPanel: "buildwidget:show-panel",
  launch: "buildwidget:launch",
  open: "buildwidget:open",
  openNewest: "buildwidget:open-newest",
} as const;

/** What only some pages have; Notebook has few of them. */
interface Optional {
  readonly labShell: ILabShell | null;
  readonly restorer: ILayoutRestorer | null;
  readonly palette: ICommandPalette | null;
  readonly launcher: ILauncher | null;
  readonly notebooks: INotebookTracker | null;
  readonly running: IRunningSessionManagers | null;
  readonly registry: ISettingRegistry | null;
  readonly statusBar: IStatusBar | null;
}

export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: "Lists builds and what can be done with them.",
  autoStart: true,
  optional: [
    ILabShell,
    ILayoutRestorer,
    ICommandPalette,
    ILauncher,
    INotebookTracker,
    IRunningSessionManagers,
    ISettingRegistry,
    IStatusBar,
  ],
  activate: (
    app,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    notebooks: INotebookTracker | null,
    running: IRunningSessionManagers | null,
    registry: ISettingRegistry | null,
    statusBar: IStatusBar | null,
  ) => activate(app, { labShell, restorer, palette, launcher, notebooks, running, registry, statusBar }),
};

function activate(app: JupyterFrontEnd, has: Optional): void {
  const server = pageServer();
  if (server === null) return;
  const { labShell, notebooks } = has;
  rememberRenames(app);
  const open = (build: string) => void app.commands.execute(COMMANDS.open, { build });
  const panel = new PanelWidget({
    server,
    feed: feed(),
    viewOptions: () => ({ logLines: currentSettings().logLines }),
    openTab: labShell ? ({ id }: Summary) => open(id) : null,
    goToCell: notebooks ? (notebook) => void goToCell(app, notebooks, notebook) : null,
  });
  const showPanel = () => {
    app.shell.activateById(panel.id);
  };
  const show = ({ id }: Summary) => (labShell ? open(id) : showInPanel(id));
  const showInPanel = (id: string) => {
    showPanel();
    panel.open(id);
  };
  addTabs(app, has, showInPanel);
  addCommands(app, has, panel, show);
  let side: Settings["panelSide"] | null = null;
  void followSettings(has.registry, PLUGIN, (changed) => {
    if (side === changed.panelSide) return;
    side = changed.panelSide;
    app.shell.add(panel, side, { rank: 450, type: "Builds" });
  });
  notifyEnds(feed(), currentSettings, show);
  has.restorer?.add(panel, panel.id);
  has.running?.add(runningBuilds(feed(), pageServer, show));
  has.statusBar?.registerStatusItem("@buildwidget/lab:running", {
    item: new StatusItem(feed(), showPanel),
    align: "left",
    rank: 4,
  });
  has.launcher?.add({ command: COMMANDS.launch, category: "Other", rank: 90 });
}

/** Builds as documents of the main area, which come back with the layout. */
function addTabs(app: JupyterFrontEnd, { labShell, restorer }: Optional, showInPanel: (id: string) => void) {
  const tracker = new WidgetTracker<BuildTab>({ namespace: "buildwidget-builds" });
  app.commands.addCommand(COMMANDS.open, {
    label: "Open Build",
    describedBy: { args: { type: "object", properties: { build: { type: "string" } }, required: ["build"] } },
    execute: (args) => {
      const build = String(args.build ?? "");
      if (build === "") return;
      if (!labShell) {
        showInPanel(build);
        return;
      }
      let tab = tracker.find((opened) => opened.build === build);
      if (!tab) {
        tab = new BuildTab(build, (id) => void app.commands.execute(COMMANDS.open, { build: id }));
        tab.id = `buildwidget-build-${build}`;
        void tracker.add(tab);
        labShell.add(tab, "main", { type: "Build" });
      }
      labShell.activateById(tab.id);
    },
  });
  void restorer?.restore(tracker, {
    command: COMMANDS.open,
    args: ({ build }) => ({ build }),
    name: ({ build }) => build,
  });
}

function addCommands(
  app: JupyterFrontEnd,
  { palette }: Optional,
  panel: PanelWidget,
  show: (build: Summary) => void,
): void {
  const { commands, shell } = app;
  commands.addCommand(COMMANDS.showPanel, {
    label: "Show Builds",
    caption: "Show the panel of builds",
    icon: hammerIcon,
    describedBy: { args: {} },
    execute: () => shell.activateById(panel.id),
  });
  commands.addCommand(COMMANDS.launch, {
    label: (args) => (args.isPalette ? "Launch a Build…" : "Build"),
    caption: "Launch a command or a coding agent as a build",
    icon: (args) => (args.isPalette ? undefined : hammerIcon),
    describedBy: { args: {} },
    execute: () => {
      shell.activateById(panel.id);
      panel.launch();
    },
  });
  commands.addCommand(COMMANDS.openNewest, {
    label: "Open the Newest Build",
    describedBy: { args: {} },
    execute: async () => {
      const newest = (await pageServer()?.builds({ limit: 1 }))?.builds[0];
      if (newest) show(newest);
    },
  });
  for (const command of [COMMANDS.showPanel, COMMANDS.launch, COMMANDS.openNewest]) {
    palette?.addItem({ command, category: CATEGORY, args: { isPalette: true } });
  }
}
