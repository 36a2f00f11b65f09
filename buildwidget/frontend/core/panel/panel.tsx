/** The list of builds, the form that launches one, and one build opened in their place. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Summary } from "../protocol/types.gen";
import { BuildList } from "./build-list";
import { Detail } from "./detail";
import type { PanelControl, PanelHost } from "./host";
import { type LaunchDraft, LaunchForm } from "./launch-form";
import { NO_FILTER } from "./rows";
import { Toolbar } from "./toolbar";

interface Props {
  readonly host: PanelHost;
  /** Is handed the panel's control, and null when the panel goes. */
  readonly onControl: (control: PanelControl | null) => void;
}

export function Panel({ host, onControl }: Props): JSX.Element {
  const root = useRef<HTMLDivElement>(null);
  const [opened, setOpened] = useState<string | null>(null);
  const [launching, setLaunching] = useState(false);
  const [filter, setFilter] = useState(NO_FILTER);
  const draft = useRef<LaunchDraft>({ kind: "command", values: {} });
  useEffect(() => {
    onControl({
      open: setOpened,
      launch() {
        setOpened(null);
        setLaunching(true);
      },
    });
    return () => onControl(null);
  }, []);
  const back = () => {
    const key = opened;
    setOpened(null);
    // The row stands where it stood; the list needs one drawing to have it again.
    setTimeout(() => root.current?.querySelector<HTMLElement>(`[data-line="${key}"] [data-main]`)?.focus());
  };
  const launched = (build: Summary) => {
    setLaunching(false);
    setOpened(build.id);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape goes back from wherever the focus is.
    <div
      ref={root}
      class="buildwidget bw-panel"
      // Lab would else take keys pressed in here for commands on the notebook's cells.
      data-lm-suppress-shortcuts="true"
      data-jp-suppress-context-menu
      onKeyDown={(event) => {
        if (event.key === "Escape" && opened !== null) back();
      }}
    >
      {opened !== null && <Detail host={host} build={opened} onBack={back} onOpen={setOpened} />}
      <div class="bw-panel-list" hidden={opened !== null}>
        <Toolbar
          filter={filter}
          launching={launching}
          onFilter={setFilter}
          onLaunch={() => setLaunching(!launching)}
        />
        {launching && (
          <LaunchForm
            host={host}
            draft={draft.current}
            onDone={launched}
            onCancel={() => setLaunching(false)}
          />
        )}
        <BuildList host={host} filter={filter} onOpen={setOpened} />
      </div>
    </div>
  );
}
