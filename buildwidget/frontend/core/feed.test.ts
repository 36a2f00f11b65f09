import { describe, expect, it } from "vitest";
import { ASK_EVERY_MS, Feed, LINGER_MS } from "./feed";
import type { BuildList } from "./model";
import type { Summary } from "./protocol/types.gen";
import { FakeClock, settled } from "./testing/fake-clock";
import { summary } from "./testing/summary";

const LIVE = { phase: "live", attempt: 0, retryAt: null, transport: "websocket", message: null } as const;

class Page {
  readonly clock = new FakeClock();
  active = false;
  asked = 0;
  shown = true;
  open = 0;
  opened = 0;
  private model: ReturnType<BuildList["get"]> = { builds: [], connection: LIVE, loaded: false };
  private listener: () => void = () => {};
  readonly feed = new Feed({
    clock: this.clock,
    visible: () => this.shown,
    anyActive: async () => {
      this.asked += 1;
      return this.active;
    },
    list: () => {
      this.open += 1;
      this.opened += 1;
      this.model = { ...this.model, builds: [], loaded: false };
      return {
        get: () => this.model,
        subscribe: (listener) => {
          this.listener = listener;
          return () => {};
        },
        close: () => {
          this.open -= 1;
        },
      };
    },
  });

  tell(...builds: Summary[]): void {
    this.model = { builds, connection: LIVE, loaded: true };
    this.listener();
  }
}

describe("a page nobody looks at builds on", () => {
  it("asks at times and has no connection while nothing runs", async () => {
    const page = new Page();
    page.feed.look();
    await settled();
    await page.clock.advance(ASK_EVERY_MS);
    await settled();
    expect([page.asked, page.opened]).toEqual([2, 0]);
    page.active = true;
    await page.clock.advance(ASK_EVERY_MS);
    await settled();
    expect([page.asked, page.open]).toEqual([3, 1]);
  });

  it("asks nothing while it is hidden", async () => {
    const page = new Page();
    page.shown = false;
    page.feed.look();
    await page.clock.advance(5 * ASK_EVERY_MS);
    await settled();
    expect(page.asked).toBe(0);
  });

  it("lets the connection go some time after the last build ended, and tells which ended", async () => {
    const page = new Page();
    const ended: string[] = [];
    page.feed.onEnd(({ id, status }) => ended.push(`${id} ${status}`));
    page.active = true;
    page.feed.look();
    await settled();
    page.tell(summary("a", { status: "running" }), summary("old"));
    await page.clock.advance(10 * LINGER_MS);
    expect(page.open).toBe(1);
    page.tell(summary("a", { status: "failed" }), summary("old"));
    expect(ended).toEqual(["a failed"]);
    await page.clock.advance(LINGER_MS);
    expect(page.open).toBe(0);
    expect(page.feed.get().builds).toHaveLength(2);
  });
});

describe("a page that shows the panel", () => {
  it("is connected as long, whatever runs", async () => {
    const page = new Page();
    const release = page.feed.hold();
    page.tell();
    await page.clock.advance(10 * LINGER_MS);
    expect(page.open).toBe(1);
    release();
    await page.clock.advance(LINGER_MS);
    expect(page.open).toBe(0);
  });

  it("keeps what it knew until the server tells the list anew", async () => {
    const page = new Page();
    const release = page.feed.hold();
    page.tell(summary("a"));
    release();
    await page.clock.advance(LINGER_MS);
    page.feed.hold();
    expect(page.feed.get().builds).toHaveLength(1);
    page.tell();
    expect(page.feed.get().builds).toHaveLength(0);
  });
});
