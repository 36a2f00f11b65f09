/**
 * The anywidget. The build comes from the page's Jupyter server where it has the extension, and else from the kernel;
 * of the widget's model only the build's id and its database's are read.
 */
import type { BuildSession, PageServer } from "../core";
import { animationFrames } from "../core/notifier";
import { browserClock, pageServer } from "../core/page-client";
import { saveInBrowser } from "../core/rest-actions";
import { followRetries } from "../core/retries";
import { mountBuild, type ThreadOptions } from "../core/view";
import { KernelClient, type KernelTransport } from "./kernel";
import { type Identity, kernelTransport, type Model, whenIdentified } from "./model";
import { addStyle } from "./style";

const WITHOUT_EXTENSION =
  "This Jupyter server does not have the buildwidget extension, so the kernel sends this build, for as long as it " +
  "lives. Install buildwidget in the server's environment (pip install buildwidget) and restart the server to see " +
  "builds after the kernel is gone, too.";
let hinted = false;

/** Said once a page. */
function hintOnce(): { hint?: string } {
  if (hinted) return {};
  hinted = true;
  return { hint: WITHOUT_EXTENSION };
}

interface InitializeProps {
  readonly model: Model;
}

interface RenderProps extends InitializeProps {
  readonly el: HTMLElement;
}

/** Called once a model: what initialize and render share lives here. */
export default function widget() {
  let transport: KernelTransport | null = null;
  let kernel: KernelClient | null = null;
  const openKernel = (model: Model, build: string): BuildSession => {
    transport ??= kernelTransport(model);
    kernel ??= makeKernelClient(build, transport);
    return kernel.open();
  };
  return {
    /** Listens before anything is drawn: the kernel may send its frames before that. */
    initialize({ model }: InitializeProps) {
      const early = kernelTransport(model);
      transport = early;
      const stop = whenIdentified(model, ({ build }) => {
        kernel = makeKernelClient(build, early);
      });
      return () => {
        stop();
        kernel?.close();
      };
    },
    render({ model, el }: RenderProps) {
      addStyle(el);
      let hide: (() => void) | null = null;
      const stop = whenIdentified(model, (identity) => {
        hide = show(el, identity, pageServer(), () => openKernel(model, identity.build));
      });
      return () => {
        stop();
        hide?.();
      };
    },
  };
}

function makeKernelClient(build: string, transport: KernelTransport): KernelClient {
  const schedule = animationFrames(window);
  return new KernelClient(build, transport, { clock: browserClock(), schedule, save: saveInBrowser });
}

/** Shows the server's session at once, and the kernel's where the server turns out to have no extension. */
function show(
  el: HTMLElement,
  { build, database }: Identity,
  server: PageServer | null,
  openKernel: () => BuildSession,
): () => void {
  let unmount: (() => void) | null = null;
  let stopRetries = () => {};
  let hidden = false;
  const mount = (session: BuildSession, options: ThreadOptions = {}) => {
    stopRetries();
    unmount?.();
    const stop = mountBuild(el, session, options);
    unmount = () => {
      stop();
      session.close();
    };
  };
  const mountFromServer = (from: PageServer, id: string) => {
    const session = from.open(id, { database });
    mount(session, {
      onOpenBuild: (summary) => mountFromServer(from, summary.id),
      openSession: (build) => from.open(build, { database }),
    });
    stopRetries = followRetries(from, session, (retry) => mountFromServer(from, retry.id));
  };
  if (server === null) {
    mount(openKernel());
  } else if (server.missing) {
    mount(openKernel(), hintOnce());
  } else {
    mountFromServer(server, build);
    void server.status().then(({ probe }) => {
      if (hidden) return;
      if (probe === "missing") mount(openKernel(), hintOnce());
      // Voila and the like let no page ask the server, but its kernel may speak.
      if (probe === "forbidden") mount(openKernel());
    });
  }
  return () => {
    hidden = true;
    stopRetries();
    unmount?.();
  };
}
