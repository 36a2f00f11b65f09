/** From a build session to the components. */
import { createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import type { BuildActions, BuildModel, BuildSession } from "../model";
import type { Summary } from "./types";

/** A hidden page gets no animation frames, but its state must stay right. */
const HIDDEN_FRAME_MS = 120;

/** Calls `run` in the next frame, or soon where no frames come; returns how to call it off. */
export function nextFrame(run: () => void): () => void {
  let open = true;
  const once = () => {
    if (!open) return;
    stop();
    run();
  };
  const frame = requestAnimationFrame(once);
  const timer = setTimeout(once, HIDDEN_FRAME_MS);
  const stop = () => {
    open = false;
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  return stop;
}

/** The model of a session, drawn in the very frame in which the session tells of it: that is at most once in each. */
export function useModel(session: BuildSession): BuildModel {
  const [model, setModel] = useState(() => session.get());
  useEffect(() => {
    const draw = () => setModel(session.get());
    const stop = session.subscribe(draw);
    // What changed between the first drawing and this subscription would else be missed.
    draw();
    return stop;
  }, [session]);
  return model;
}

export interface Notice {
  readonly tone: "plain" | "error";
  readonly text: string;
  /** Text the reader may copy, e.g. how to attach to the new build. */
  readonly copy?: string;
  /** Whether it stays until the reader dismisses it; errors always do. */
  readonly stays?: boolean;
}

/** What every component may reach without being handed it through all the others. */
export interface BuildContext {
  readonly build: string;
  readonly actions: BuildActions;
  /** Says something about what the reader just did. */
  notify(notice: Notice | null): void;
  /** Shows another build, where the host can. */
  readonly openBuild: ((summary: Summary) => void) | null;
  /** Shows the build that goes on from this one, where the host can. */
  readonly openFollowUp: ((summary: Summary) => void) | null;
  /** Shows the build before this one in this one's place, where the host can and it is not in sight already. */
  readonly openEarlier: ((summary: Summary) => void) | null;
  /** How many lines of a log are held while its end is followed. */
  readonly logLines: number;
}

export const BuildActionsContext = createContext<BuildContext | null>(null);

export function useBuild(): BuildContext {
  const context = useContext(BuildActionsContext);
  if (!context) throw new Error("This component must stand inside a build view.");
  return context;
}

/** Runs one action at a time; a failure becomes a notice. Returns whether it runs, and what starts it. */
export function useAction(run: () => Promise<void>): [boolean, () => void] {
  const { notify } = useBuild();
  const [pending, setPending] = useState(false);
  // A second click may come before the first one is drawn.
  const running = useRef(false);
  const start = () => {
    if (running.current) return;
    running.current = true;
    setPending(true);
    notify(null);
    run()
      .catch((error: unknown) => notify({ tone: "error", text: messageOf(error) }))
      .finally(() => {
        running.current = false;
        setPending(false);
      });
  };
  return [pending, start];
}

export function messageOf(error: unknown): string {
  return error instanceof Error && error.message
    ? error.message
    : "That did not work, and no reason was given.";
}
