/** One build in the place of the list. */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { BuildSession } from "../model";
import { BuildView, type ViewOptions } from "../view/build-view";
import { Icon } from "../view/icons";
import { useModel } from "../view/session";
import type { PanelHost } from "./host";

interface Props {
  readonly host: PanelHost;
  readonly build: string;
  onBack(): void;
  onOpen(build: string): void;
}

export function Detail(props: Props): JSX.Element {
  const { host, build } = props;
  const session = useMemo(() => host.server.open(build), [host, build]);
  useEffect(() => () => session.close(), [session]);
  return <Opened key={build} {...props} session={session} />;
}

function Opened({ host, session, onBack, onOpen }: Props & { session: BuildSession }): JSX.Element {
  const { state, problem } = useModel(session);
  const back = useRef<HTMLButtonElement>(null);
  // With the drawing that hides the list, not after it: a key pressed in between would go to nobody.
  useLayoutEffect(() => back.current?.focus(), []);
  // Deleted from its own menu: there is nothing left to look at.
  useEffect(() => {
    if (problem?.code === "deleted") onBack();
  }, [problem]);
  const options = useMemo<ViewOptions>(
    () => ({ ...host.viewOptions(), fold: false, maxHeight: "none", onOpenBuild: ({ id }) => onOpen(id) }),
    [],
  );
  const notebook = state?.notebook;
  return (
    <div class="bw-panel-detail">
      <div class="bw-toolbar">
        <button ref={back} type="button" class="bw-fold-button" data-action="back" onClick={onBack}>
          <Icon name="back" />
          Builds
        </button>
        <span class="bw-push" />
        {notebook && host.goToCell && (
          <button
            type="button"
            class="bw-icon-button"
            aria-label="Go to the cell that launched it"
            title="Go to the cell that launched it"
            onClick={() => host.goToCell?.(notebook)}
          >
            <Icon name="link" />
          </button>
        )}
        {state && host.openTab && (
          <button
            type="button"
            class="bw-icon-button"
            data-action="open-tab"
            aria-label="Open in a tab"
            title="Open in a tab"
            onClick={() => {
              host.openTab?.({ ...state, head: 0 });
              onBack();
            }}
          >
            <Icon name="tab" />
          </button>
        )}
      </div>
      <BuildView session={session} options={options} />
    </div>
  );
}
