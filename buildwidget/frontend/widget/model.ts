/** The widget's model as anywidget hands it over, and the kernel's messages that come through it. */
import type { KernelTransport } from "./kernel";

export interface Model {
  get(name: string): unknown;
  send(content: unknown): void;
  on(name: string, callback: (content?: unknown) => void): void;
  off(name: string, callback: (content?: unknown) => void): void;
}

export interface Identity {
  readonly build: string;
  /** The id of the database that has the build. */
  readonly database: string;
}

/** Calls back once the model says which build it shows; a model is made first, and told that right after. */
export function whenIdentified(model: Model, callback: (identity: Identity) => void): () => void {
  const names = ["change:build_id", "change:database"];
  const stop = () => {
    for (const name of names) model.off(name, look);
  };
  const look = () => {
    const [build, database] = [model.get("build_id"), model.get("database")];
    if (typeof build !== "string" || typeof database !== "string" || !build || !database) return;
    stop();
    callback({ build, database });
  };
  for (const name of names) model.on(name, look);
  look();
  return stop;
}

/** Listens from now on; what comes before somebody asks for it is kept for them. */
export function kernelTransport(model: Model): KernelTransport {
  let early: unknown[] | null = [];
  const keep = (content?: unknown) => early?.push(content);
  model.on("msg:custom", keep);
  const listen = (name: string, callback: (content?: unknown) => void) => {
    model.on(name, callback);
    return () => model.off(name, callback);
  };
  return {
    send(content) {
      try {
        model.send(content);
      } catch {
        // The comm of a kernel that is gone throws; that no answer comes tells the same.
      }
    },
    onMessage(listener) {
      model.off("msg:custom", keep);
      for (const content of early ?? []) listener(content);
      early = null;
      return listen("msg:custom", listener);
    },
    onCommChange: (listener) => listen("comm_live_update", () => listener()),
  };
}
