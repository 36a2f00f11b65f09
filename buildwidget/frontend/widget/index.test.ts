// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import type { BuildSession } from "../core";
import { settled } from "../core/testing/fake-clock";
import { FakeLog } from "../core/testing/fake-server";
import widget from "./index";

const mounted: Array<{
  session: BuildSession;
  options: { onOpenBuild?: (summary: { id: string }) => void };
}> = [];
const server = { open: vi.fn(), status: vi.fn(), builds: vi.fn(), missing: false };
const states = new Map<string, { status: string }>();
let pageHasServer = true;

vi.mock("./style", () => ({ addStyle: () => {} }));
vi.mock("../core/view", () => ({
  mountBuild: (_: HTMLElement, session: BuildSession, options: object) => {
    const mount = { session, options };
    mounted.push(mount);
    return () => mounted.splice(mounted.indexOf(mount), 1);
  },
}));
vi.mock("../core/page-client", async (original) => ({
  ...(await original<object>()),
  pageServer: () => (pageHasServer ? server : null),
}));

class FakeModel {
  readonly traits: Record<string, unknown> = { build_id: "b", database: "d" };
  readonly sent: unknown[] = [];
  private readonly listeners = new Map<string, Set<(content?: unknown) => void>>();

  get = (name: string) => this.traits[name];
  send = (content: unknown) => void this.sent.push(content);

  on = (name: string, callback: (content?: unknown) => void) => {
    this.listeners.set(name, (this.listeners.get(name) ?? new Set()).add(callback));
  };

  off = (name: string, callback: (content?: unknown) => void) =>
    void this.listeners.get(name)?.delete(callback);

  trigger(name: string, content?: unknown): void {
    for (const listener of [...(this.listeners.get(name) ?? [])]) listener(content);
  }

  get listening(): number {
    return [...this.listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }
}

let model: FakeModel;
let closed: string[];
let made: ReturnType<typeof widget>;

beforeEach(() => {
  [model, closed] = [new FakeModel(), []];
  mounted.length = 0;
  pageHasServer = true;
  Object.assign(server, { missing: false });
  server.open.mockReset().mockImplementation((id: string) => ({
    id,
    get: () => ({ build: id, state: states.get(id) ?? null, problem: null }),
    subscribe: () => () => {},
    close: () => closed.push(id),
  }));
  server.builds.mockReset().mockResolvedValue({ builds: [] });
  states.clear();
  server.status.mockReset().mockResolvedValue({ probe: "ok" });
  made = widget();
});

const initialize = () => made.initialize({ model });
const render = () => made.render({ model, el: document.createElement("div") });
const snapshot = () => {
  const { state } = new FakeLog("b", "e");
  model.trigger("msg:custom", { type: "snapshot", build: "b", epoch: "e", seq: 0, state });
};

test("the page's server is asked, for the build in its database", async () => {
  initialize();
  const stop = render();
  await settled();
  expect(server.open).toHaveBeenCalledWith("b", { database: "d" });
  expect(mounted).toHaveLength(1);
  expect(model.sent).toEqual([]);
  stop();
  expect([mounted.length, closed]).toEqual([0, ["b"]]);
});

test("a retried build takes the place of the old one", () => {
  initialize();
  render();
  mounted[0]?.options.onOpenBuild?.({ id: "new" });
  expect(server.open).toHaveBeenLastCalledWith("new", { database: "d" });
  expect([mounted.length, closed]).toEqual([1, ["b"]]);
});

test("a failed build that was retried before this page was opened shows the newest retry", async () => {
  states.set("b", { status: "failed" });
  const retried: Record<string, string> = { b: "b2", b2: "b3" };
  server.builds.mockImplementation(async ({ retry_of }: { retry_of: string }) => {
    const id = retried[retry_of];
    return { builds: id ? [{ id }] : [] };
  });
  initialize();
  render();
  await settled();
  expect(server.open).toHaveBeenLastCalledWith("b3", { database: "d" });
  expect([mounted.length, closed]).toEqual([1, ["b"]]);
});

test("a build that succeeded is not asked about", async () => {
  states.set("b", { status: "succeeded" });
  initialize();
  render();
  await settled();
  expect(server.builds).not.toHaveBeenCalled();
});

test("a model that does not know its build yet is waited for", () => {
  model.traits.build_id = "";
  initialize();
  const stop = render();
  expect(mounted).toHaveLength(0);
  model.traits.build_id = "b";
  model.trigger("change:build_id");
  model.trigger("change:build_id");
  expect(server.open).toHaveBeenCalledTimes(1);
  stop();
  expect(mounted).toHaveLength(0);
});

test("removed before it was known, nothing is drawn", () => {
  model.traits.database = "";
  render()();
  model.traits.database = "d";
  model.trigger("change:database");
  expect(mounted).toHaveLength(0);
});

test("a page without a server shows what the kernel sends, from the first frame on", () => {
  pageHasServer = false;
  model.traits.build_id = "";
  initialize();
  snapshot();
  model.traits.build_id = "b";
  model.trigger("change:build_id");
  render();
  expect(mounted[0]?.session.get()).toMatchObject({ build: "b", cursor: { seq: 0 } });
  expect(model.sent).toEqual([]);
});

test("a server without the extension hands over to the kernel", async () => {
  server.status.mockResolvedValue({ probe: "missing" });
  initialize();
  const stop = render();
  await settled();
  expect(closed).toEqual(["b"]);
  expect(mounted).toHaveLength(1);
  expect(model.sent).toEqual([{ type: "subscribe", build: "b" }]);
  stop();
  expect(mounted).toHaveLength(0);
});

test("a server that refuses the page hands over to the kernel, too", async () => {
  server.status.mockResolvedValue({ probe: "forbidden" });
  initialize();
  render();
  await settled();
  expect(model.sent).toEqual([{ type: "subscribe", build: "b" }]);
  expect(mounted[0]?.options).toEqual({});
});

test("what to install is said once a page", async () => {
  vi.resetModules();
  const fresh = (await import("./index")).default;
  server.status.mockResolvedValue({ probe: "missing" });
  for (let outputs = 0; outputs < 2; outputs += 1) {
    const { render } = fresh();
    render({ model, el: document.createElement("div") });
    await settled();
  }
  const hints = mounted.map(({ options }) => (options as { hint?: string }).hint);
  expect(hints[0]).toContain("Install buildwidget in the server's environment");
  expect(hints[1]).toBeUndefined();
});

test("once that is known, the server is not asked again", () => {
  server.missing = true;
  initialize();
  render();
  expect(server.open).not.toHaveBeenCalled();
});

test("a view that is gone by then is not drawn again", async () => {
  server.status.mockResolvedValue({ probe: "missing" });
  initialize();
  render()();
  await settled();
  expect(mounted).toHaveLength(0);
});

test("the comm of a kernel that is gone throws; the page does not", () => {
  pageHasServer = false;
  model.send = () => {
    throw new Error("Canceled");
  };
  initialize();
  expect(render).not.toThrow();
});

test("a model that is closed is listened to no more", () => {
  initialize()();
  expect(model.listening).toBe(0);
});
