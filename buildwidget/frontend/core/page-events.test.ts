// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import { browserPageEvents } from "./page-events";

test("the page's own events become woke, offline and hidden, until it is stopped", () => {
  const heard: string[] = [];
  const visible = vi.spyOn(document, "visibilityState", "get");
  const stop = browserPageEvents(document, window).subscribe((event) => heard.push(event));
  for (const name of ["online", "pageshow", "offline"]) window.dispatchEvent(new Event(name));
  visible.mockReturnValue("hidden");
  document.dispatchEvent(new Event("visibilitychange"));
  visible.mockReturnValue("visible");
  document.dispatchEvent(new Event("visibilitychange"));
  expect(heard).toEqual(["woke", "woke", "offline", "hidden", "woke"]);
  stop();
  window.dispatchEvent(new Event("online"));
  document.dispatchEvent(new Event("visibilitychange"));
  expect(heard).toHaveLength(5);
});
