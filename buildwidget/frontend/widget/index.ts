/**
 * The anywidget. The build comes from the page's Jupyter server where it has the extension, and else from the kernel;
 * of the widget's model only the build's id and its database's are read.
 */
import type { BuildSession, Summary } from "../core";
import { animationFrames } from "../core/notifier";
import { browserClock, type PageServer, pageServer } from "../core/page-client";
import { saveInBrowser } from "../core/rest-actions";
import { mountBuild } from "../core/view";
import { KernelClient, type KernelTransport } from "./kernel";
import { addStyle } from "./style";

interface Model {
  get(name: string): unknown;
  send(content: unknown): void;
  on(name: string, callback: (content?: unknown) => void): void;
  off(name: string, callback: (content?: unknown) => void): void;
}

interface InitializeProps {
  readonly model: Model;
  readonly signal?: AbortSignal;
}

interface RenderProps extends InitializeProps {
  readonly el: HTMLElement;
}

/** Called once a model: what initialize and render share lives here. */
export default function widget() {
  let kernel: KernelClient | null = null;
  const kernelOf = (model: Model): KernelClient => {
    kernel ??= new KernelClient(String(model.get("build_id")), kernelTransport(model), {
      clock: browserClock(),
      schedule: animationFrames(window),
      save: saveInBrowser,
    });
    return kernel;
  };
  return {
    /** Listens before anything is drawn: the kernel may send its frames before that. */
    initialize({ model }: InitializeProps) {
      const client = kernelOf(model);
      return () => client.close();
    },
    render({ model, el }: RenderProps) {
      addStyle(el);
      return show(el, pageServer(), model, () => kernelOf(model).open());
    },
  };
}

/** Shows the server's session at once, and the kernel's where the server turns out to have no extension. */
function show(el: HTMLElement, server: PageServer | null, model: Model, openKernel: () => BuildSession) {
  let unmount: (() => void) | null = null;
  let removed = false;
  const mount = (session: BuildSession, onOpenBuild?: (summary: Summary) => void) => {
    unmount?.();
    const stop = mountBuild(el, session, onOpenBuild ? { onOpenBuild } : {});
    unmount = () => {
      stop();
      session.close();
    };
  };
  if (server === null) {
    mount(openKernel());
  } else {
    const database = String(model.get("database"));
    const open = (build: string) => {
      mount(server.open(build, { database }), ({ id }) => open(id));
    };
    open(String(model.get("build_id")));
    void server.status().then(({ probe }) => {
      if (probe === "missing" && !removed) mount(openKernel());
    });
  }
  return () => {
    removed = true;
    unmount?.();
  };
}

function kernelTransport(model: Model): KernelTransport {
  const listen = (name: string, callback: (content?: unknown) => void) => {
    model.on(name, callback);
    return () => model.off(name, callback);
  };
  return {
    send: (content) => model.send(content),
    onMessage: (listener) => listen("msg:custom", listener),
    onCommChange: (listener) => listen("comm_live_update", () => listener()),
  };
}
