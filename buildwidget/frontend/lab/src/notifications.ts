/** Tells that a long build has ended, unless its reader saw it. */
import { Notification } from "@jupyterlab/apputils";
import type { Summary } from "../../core";
import type { Feed } from "../../core/feed";
import { span } from "../../core/view/format";
import { WORDS } from "../../core/view/status";
import type { Settings } from "./settings";

const TYPES = { succeeded: "success", failed: "error", lost: "warning", cancelled: "info" } as const;
const CLOSE_AFTER_MS = 15_000;

export function notifyEnds(feed: Feed, settings: () => Settings, show: (build: Summary) => void): void {
  feed.onEnd((build) => {
    const { notifications, notificationThreshold } = settings();
    const took = (build.ended_at ?? 0) - (build.started_at ?? build.created_at);
    if (!notifications || took <= notificationThreshold * 1000 || isInView(build.id)) return;
    const type = TYPES[build.status as keyof typeof TYPES] ?? "info";
    const word = WORDS[build.status].toLowerCase();
    Notification.emit(`${build.name || "Build"} ${word} after ${span(took)}`, type, {
      autoClose: type === "success" || type === "info" ? CLOSE_AFTER_MS : false,
      actions: [{ label: "Show", displayType: "accent", callback: () => show(build) }],
    });
  });
}

/** Whether a view of the build stands in the window of a page that is looked at. */
function isInView(build: string): boolean {
  if (document.visibilityState !== "visible") return false;
  return [...document.querySelectorAll<HTMLElement>(".buildwidget[data-build]")].some((element) => {
    if (element.dataset.build !== build || !element.checkVisibility()) return false;
    const { top, bottom, width } = element.getBoundingClientRect();
    return width > 0 && bottom > 0 && top < window.innerHeight && isUncovered(element);
  });
}

/** A view scrolled out of its notebook still has a place in the window, under something else. */
function isUncovered(element: HTMLElement): boolean {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const x = (left + right) / 2;
  const y = (Math.max(top, 0) + Math.min(bottom, window.innerHeight)) / 2;
  return element.contains(document.elementFromPoint(x, y));
}
