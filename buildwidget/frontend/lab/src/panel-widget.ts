/** The side panel. It is connected only while it can be seen. */
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import { mountPanel, type PanelControl, type PanelHost } from "../../core/panel";
import panelStyle from "../../core/panel/style.css";
import { addSheet, addStyle } from "../../widget/style";
import { hammerIcon } from "./icon";

export class PanelWidget extends Widget {
  private control: PanelControl | null = null;
  private waiting: ((control: PanelControl) => void) | null = null;
  private unmount: (() => void) | null = null;

  constructor(private readonly host: PanelHost) {
    super();
    this.id = "buildwidget-panel";
    this.addClass("buildwidget-panel");
    this.title.icon = hammerIcon;
    this.title.caption = "Builds";
    this.node.setAttribute("role", "region");
    this.node.setAttribute("aria-label", "Builds");
  }

  /** Shows one build in the panel, which must be activated by the caller. */
  open(build: string): void {
    this.tell((control) => control.open(build));
  }

  launch(): void {
    this.tell((control) => control.launch());
  }

  private tell(say: (control: PanelControl) => void): void {
    if (this.control) say(this.control);
    else this.waiting = say;
  }

  protected override onAfterShow(_message: Message): void {
    this.draw();
  }

  protected override onAfterAttach(_message: Message): void {
    if (this.isVisible) this.draw();
  }

  protected override onBeforeHide(_message: Message): void {
    this.clear();
  }

  protected override onBeforeDetach(_message: Message): void {
    this.clear();
  }

  protected override onActivateRequest(_message: Message): void {
    if (!this.node.contains(document.activeElement)) this.node.querySelector<HTMLElement>("input")?.focus();
  }

  private draw(): void {
    if (this.unmount) return;
    addStyle(document.body);
    addSheet(document.body, panelStyle);
    this.unmount = mountPanel(this.node, this.host, (control) => {
      this.control = control;
      if (control) this.waiting?.(control);
      this.waiting = null;
    });
  }

  private clear(): void {
    this.unmount?.();
    this.unmount = null;
  }
}
