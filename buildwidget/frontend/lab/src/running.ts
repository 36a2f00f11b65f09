/** The builds of the Running panel. */
import type { IRunningSessions } from "@jupyterlab/running";
import { Signal } from "@lumino/signaling";
import type { PageServer, Summary } from "../../core";
import { type Feed, isActive } from "../../core/feed";
import { hammerIcon } from "./icon";

export function runningBuilds(
  feed: Feed,
  server: () => PageServer | null,
  open: (build: Summary) => void,
): IRunningSessions.IManager {
  const changed = new Signal<object, void>(feed);
  const active = () => feed.get().builds.filter(isActive);
  // Progress comes many times a second; only what the section shows counts.
  let before = "";
  feed.subscribe(() => {
    const now = JSON.stringify(active().map(({ id, name, cancelling }) => [id, name, cancelling]));
    if (now === before) return;
    before = now;
    changed.emit();
  });
  const cancel = (build: Summary) => server()?.actions(build.id).cancel();
  return {
    name: "Builds",
    running: () =>
      active().map((build) => ({
        icon: () => hammerIcon,
        label: () => build.name || "Build",
        labelTitle: () => [build.name, build.project, build.id].filter(Boolean).join("\n"),
        open: () => open(build),
        shutdown: () => void cancel(build),
      })),
    shutdownAll: () => {
      for (const build of active()) void cancel(build);
    },
    refreshRunning: () => feed.refresh(),
    runningChanged: changed,
    shutdownLabel: "Cancel",
    shutdownAllLabel: "Cancel All",
    shutdownAllConfirmationText: "Cancel all builds that run or wait?",
  };
}
