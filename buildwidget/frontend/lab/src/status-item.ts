/** The number of running builds in the status bar. */
import { Widget } from "@lumino/widgets";
import type { Feed } from "../../core/feed";
import { isActive } from "../../core/feed";
import { plural } from "../../core/view/format";
import { hammerIcon } from "./icon";

export class StatusItem extends Widget {
  private readonly text = document.createElement("span");
  private readonly stop: () => void;

  constructor(
    private readonly feed: Feed,
    open: () => void,
  ) {
    const node = document.createElement("button");
    super({ node });
    node.type = "button";
    node.className = "jp-StatusBar-GroupItem jp-mod-highlighted buildwidget-status";
    node.style.cssText =
      "display:flex;align-items:center;gap:4px;border:0;background:none;color:inherit;font:inherit";
    node.addEventListener("click", open);
    const icon = hammerIcon.element({ stylesheet: "statusBar", tag: "span" });
    icon.setAttribute("aria-hidden", "true");
    node.append(icon, this.text);
    this.stop = feed.subscribe(() => this.tell());
    this.tell();
  }

  override dispose(): void {
    this.stop();
    super.dispose();
  }

  private tell(): void {
    const active = this.feed.get().builds.filter(isActive);
    const count = active.filter(({ status }) => status === "running").length;
    const queued = active.length - count;
    this.text.textContent = String(count);
    const words = `${count === 0 ? "No build" : plural(count, "build")} running${queued > 0 ? `, ${queued} queued` : ""}`;
    this.node.title = words;
    this.node.setAttribute("aria-label", words);
    this.node.dataset.count = String(count);
  }
}
