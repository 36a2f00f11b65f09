/** Draws a build in a cell's output. It needs no kernel and no widget's model: only what the output's metadata tells. */
import type { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";
import type { BuildSession, State, Summary } from "../../core";
import { pageServer } from "../../core";
import { isRecord } from "../../core/protocol/text";
import { followRetries } from "../../core/retries";
import { readSaved, savedState, withSaved } from "../../core/saved";
import { mountBuild, type ThreadOptions } from "../../core/view";
import { hasEnded } from "../../core/view/fold";
import { addStyle } from "../../widget/style";
import { currentSettings } from "./settings";

export const MIME_TYPE = "application/vnd.buildwidget.build+json";
const WIDGET_MIME_TYPE = "application/vnd.jupyter.widget-view+json";

/** Pages that share a document tell of themselves at the latest every 15 s (y-protocols' awareness). */
const KNOWN_AFTER_MS = 16_000;
/** Between the turns of two pages that share a document: longer than what one writes takes to the other. */
const TURN_MS = 5_000;

/** So many follow-ups an output shows again at most. */
const MAX_FOLLOW_UPS = 20;

/** What the output's metadata tells; `snapshot` is there once the build ended in front of somebody. */
interface Told {
  readonly build: string;
  readonly database: string | undefined;
  readonly snapshot: State | null;
  /** The builds that were made here to go on from it. */
  readonly followUps: readonly string[];
}

/** What is known of the other pages that have the notebook of an output open. */
export interface Sharing {
  /** Whether changes of the notebook go to other pages as they are made. */
  isShared(output: Node): boolean;
  /** This page's place among them, from 0. */
  turnOf(output: Node): number;
}

export class BuildOutput extends Widget implements IRenderMime.IRenderer {
  private model: IRenderMime.IMimeModel | null = null;
  private shown: string | null = null;
  private unmount: (() => void) | null = null;
  private keepTimer: ReturnType<typeof setTimeout> | null = null;

  /**
   * `onShown` is called whenever a build is shown that may be running; `registryOf` finds the renderers of the
   * notebook that an output is in; `sharing` tells of the other pages that have it open.
   */
  constructor(
    private readonly onShown: () => void,
    private readonly registryOf: (output: Node) => IRenderMimeRegistry | null,
    private readonly sharing: Sharing,
  ) {
    super();
    this.addClass("buildwidget-output");
  }

  /** Called again after every change of the output, our own included. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    const told = toldBy(model);
    if (told !== null && told.build === this.shown) return;
    this.clear();
    const server = pageServer();
    if (told === null || server === null) {
      this.node.textContent = plainText(model, server === null);
      return;
    }
    this.node.textContent = "";
    this.shown = told.build;
    addStyle(document.body);
    this.follow(told);
    this.onShown();
    if ((await server.status()).probe === "missing") await this.showWidget(model);
  }

  /** Where the server has no extension the widget draws the build: to it the kernel sends the frames. */
  private async showWidget(model: IRenderMime.IMimeModel): Promise<void> {
    const registry = this.registryOf(this.node);
    if (registry === null || this.isDisposed || model.data[WIDGET_MIME_TYPE] === undefined) return;
    const { shown } = this;
    this.clear();
    this.shown = shown;
    const renderer = registry.createRenderer(WIDGET_MIME_TYPE);
    this.unmount = () => renderer.dispose();
    await renderer.renderModel(model);
    if (!renderer.isDisposed) Widget.attach(renderer, this.node);
  }

  override dispose(): void {
    this.clear();
    super.dispose();
  }

  private clear(): void {
    if (this.keepTimer !== null) clearTimeout(this.keepTimer);
    this.keepTimer = null;
    this.unmount?.();
    this.unmount = null;
    this.shown = null;
  }

  private follow({ build, database, snapshot, followUps }: Told): void {
    const server = pageServer();
    if (server === null) return;
    const opened = server.open(build, database === undefined ? {} : { database });
    const keep = () => this.keep(opened);
    const stops = [opened.subscribe(keep), () => opened.close()];
    keep();
    const stop = () => {
      for (const each of stops) each();
    };
    this.mount(withSaved(opened, snapshot), stop, {
      followUps,
      onFollowUps: (builds) => this.tell({ follow_ups: builds }),
    });
    stops.push(followRetries(server, opened, (retry) => this.openBuild(retry)));
  }

  /** A build that is retried is shown in the place of the first, and the output names it from now on. */
  private openBuild({ id }: Summary): void {
    const told = this.model === null ? null : toldBy(this.model);
    this.unmount?.();
    this.shown = id;
    this.tell({ build: id, snapshot: undefined, follow_ups: undefined });
    this.follow({ build: id, database: told?.database, snapshot: null, followUps: [] });
    this.onShown();
  }

  private mount(session: BuildSession, onUnmount: () => void, options: ThreadOptions = {}): void {
    const server = pageServer();
    const stop = mountBuild(this.node, session, {
      logLines: currentSettings().logLines,
      onOpenBuild: (summary) => this.openBuild(summary),
      ...(server ? { openSession: (build) => server.open(build) } : {}),
      ...options,
    });
    this.unmount = () => {
      stop();
      onUnmount();
    };
  }

  /**
   * Puts the last state of an ended build into the output's metadata, once. Where several pages share the document,
   * two that write at the same time make two outputs of it; so each has its turn, and looks first whether it is done.
   */
  private keep(session: BuildSession): void {
    const { state, problem } = session.get();
    if (!state || problem !== null || !hasEnded(state.status) || this.keepTimer !== null) return;
    if (!this.sharing.isShared(this.node)) {
      this.keepNow(session);
      return;
    }
    const takeTurn = () => {
      this.keepTimer = setTimeout(() => this.keepNow(session), this.sharing.turnOf(this.node) * TURN_MS);
    };
    this.keepTimer = setTimeout(takeTurn, KNOWN_AFTER_MS);
  }

  private keepNow(session: BuildSession): void {
    this.keepTimer = null;
    const { build, state } = session.get();
    const told = this.model?.metadata[MIME_TYPE];
    if (this.isDisposed || !state || !isRecord(told) || told.build !== build) return;
    if (readSaved(told.snapshot, build)?.ended_at !== state.ended_at)
      this.tell({ snapshot: savedState(state) });
  }

  /** Adds to what the output's metadata tells, which is saved with the notebook. */
  private tell(more: Readonly<Record<string, unknown>>): void {
    const { model } = this;
    const told = model?.metadata[MIME_TYPE];
    if (!model || !isRecord(told)) return;
    const metadata = { ...model.metadata, [MIME_TYPE]: { ...told, ...more } };
    model.setData({ metadata: JSON.parse(JSON.stringify(metadata)) });
  }
}

function toldBy(model: IRenderMime.IMimeModel): Told | null {
  const told = model.metadata[MIME_TYPE];
  if (!isRecord(told) || typeof told.build !== "string" || told.build === "") return null;
  return {
    build: told.build,
    database: typeof told.database === "string" ? told.database : undefined,
    snapshot: readSaved(told.snapshot, told.build),
    followUps: idsOf(told.follow_ups),
  };
}

/** A notebook may say anything: no build twice, and not without end. */
function idsOf(value: unknown): string[] {
  const ids = Array.isArray(value) ? value.filter((id) => typeof id === "string") : [];
  return [...new Set(ids)].slice(-MAX_FOLLOW_UPS);
}

/** For outputs whose metadata was stripped, and pages without a server. */
function plainText(model: IRenderMime.IMimeModel, withoutServer: boolean): string {
  const data = model.data[MIME_TYPE];
  const name = isRecord(data) && typeof data.name === "string" ? data.name : "";
  const why = withoutServer
    ? "This page has no Jupyter server to read it from."
    : "This output does not tell which build that was; run its cell again to see one here.";
  return `Build “${name}”. ${why}`;
}
