// @vitest-environment happy-dom
import { render } from "preact";
import { afterEach, expect, test } from "vitest";
import { SCENARIOS } from "../view/harness/scenarios";
import { Detail } from "./detail";
import type { PanelHost } from "./host";

afterEach(() => {
  render(null, document.body);
});

test("a build that is opened has the focus as soon as it is drawn", () => {
  const session = SCENARIOS.command?.();
  const host = { server: { open: () => session }, viewOptions: () => ({}) } as unknown as PanelHost;
  render(<Detail host={host} build="a" onBack={() => {}} onOpen={() => {}} />, document.body);
  expect((document.activeElement as HTMLElement).dataset.action).toBe("back");
});
