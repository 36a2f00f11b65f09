/** A build and, below it, the builds that were made to go on from it here. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { BuildSession } from "../model";
import { BuildView, type ViewOptions } from "./build-view";

export interface ThreadOptions extends ViewOptions {
  /** Opens the session of a follow-up, which then is shown below; without it `onFollowUp` counts. */
  readonly openSession?: (build: string) => BuildSession;
  /** Follow-ups that were made before, oldest first. */
  readonly followUps?: readonly string[];
  /** Called when one was made, or another shown in its place, with all of them. */
  readonly onFollowUps?: (builds: readonly string[]) => void;
}

interface Props {
  readonly session: BuildSession;
  readonly options: ThreadOptions;
}

export function Thread({ session, options }: Props): JSX.Element {
  const { openSession, onFollowUps } = options;
  const [builds, setBuilds] = useState(options.followUps ?? []);
  const made = useRef<string | null>(null);
  if (!openSession) return <BuildView session={session} options={options} />;
  const become = (next: readonly string[]) => {
    setBuilds(next);
    onFollowUps?.(next);
  };
  const followed = {
    ...options,
    onFollowUp: ({ id }: { id: string }) => {
      made.current = id;
      become([...builds, id]);
    },
  };
  return (
    <>
      <BuildView session={session} options={followed} />
      {builds.map((build, place) => (
        <Later
          key={build}
          build={build}
          open={openSession}
          isNew={build === made.current}
          options={{
            ...followed,
            onOpenBuild: ({ id }) => become(builds.map((each, at) => (at === place ? id : each))),
          }}
        />
      ))}
    </>
  );
}

interface LaterProps {
  readonly build: string;
  readonly options: ViewOptions;
  /** Whether the reader has just asked for it. */
  readonly isNew: boolean;
  open(build: string): BuildSession;
}

function Later({ build, options, isNew, open }: LaterProps): JSX.Element {
  const [session] = useState(() => open(build));
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isNew) place.current?.scrollIntoView({ block: "nearest" });
    return () => session.close();
  }, []);
  return (
    <div ref={place} class="buildwidget-later">
      <BuildView session={session} options={options} />
    </div>
  );
}
