/** One build as a document of the main area. */
import { Widget } from "@lumino/widgets";
import { pageServer } from "../../core";
import panelStyle from "../../core/panel/style.css";
import { mountBuild } from "../../core/view";
import { addSheet, addStyle } from "../../widget/style";
import { hammerIcon } from "./icon";
import { currentSettings } from "./settings";

export class BuildTab extends Widget {
  private readonly stop: () => void;

  constructor(
    readonly build: string,
    openBuild: (build: string) => void,
  ) {
    super();
    this.addClass("buildwidget-tab");
    this.title.icon = hammerIcon;
    this.title.label = "Build";
    this.title.closable = true;
    // Lab's current document is the one that has the focus.
    this.node.tabIndex = -1;
    addStyle(document.body);
    addSheet(document.body, panelStyle);
    const session = pageServer()?.open(build);
    if (!session) {
      this.node.textContent = "This page has no Jupyter server.";
      this.stop = () => {};
      return;
    }
    const unmount = mountBuild(this.node, session, {
      fold: false,
      maxHeight: "none",
      logLines: currentSettings().logLines,
      onOpenBuild: ({ id }) => openBuild(id),
    });
    const name = () => {
      const { state, problem } = session.get();
      if (problem?.code === "deleted") this.close();
      else if (state) this.title.label = state.name || "Build";
    };
    const stopNaming = session.subscribe(name);
    name();
    this.stop = () => {
      stopNaming();
      unmount();
      session.close();
    };
  }

  protected override onActivateRequest(): void {
    if (!this.node.contains(document.activeElement)) this.node.focus({ preventScroll: true });
  }

  protected override onCloseRequest(): void {
    this.dispose();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.stop();
    super.dispose();
  }
}
