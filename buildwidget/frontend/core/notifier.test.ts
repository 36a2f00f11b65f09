// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import { animationFrames, callAll, Notifier } from "./notifier";

const scheduled = () => {
  const frames: Array<() => void> = [];
  const notifier = new Notifier((callback) => frames.push(callback));
  const draw = () => {
    for (const frame of frames.splice(0)) frame();
  };
  return { notifier, frames, draw };
};

test("a burst of changes is told once, in one frame for all", () => {
  const { notifier, frames, draw } = scheduled();
  const [one, two] = [{ tellListeners: vi.fn() }, { tellListeners: vi.fn() }];
  for (let n = 0; n < 1_000; n += 1) {
    notifier.notify(one, false);
    notifier.notify(two, false);
  }
  expect(frames).toHaveLength(1);
  draw();
  expect(one.tellListeners).toHaveBeenCalledTimes(1);
  expect(two.tellListeners).toHaveBeenCalledTimes(1);
  notifier.notify(one, false);
  draw();
  expect(one.tellListeners).toHaveBeenCalledTimes(2);
});

test("what is urgent is told at once, and not again", () => {
  const { notifier, draw } = scheduled();
  const one = { tellListeners: vi.fn() };
  notifier.notify(one, false);
  notifier.notify(one, true);
  expect(one.tellListeners).toHaveBeenCalledTimes(1);
  draw();
  expect(one.tellListeners).toHaveBeenCalledTimes(1);
});

test("a page that draws nothing is told all the same, once", () => {
  vi.useFakeTimers();
  const frame = vi.spyOn(window, "requestAnimationFrame").mockReturnValue(1);
  const told = vi.fn();
  animationFrames(window)(told);
  vi.advanceTimersByTime(999);
  expect(told).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  frame.mock.calls[0]?.[0](0);
  expect(told).toHaveBeenCalledTimes(1);
  vi.useRealTimers();
  frame.mockRestore();
});

test("a listener that throws keeps nobody from hearing; the page's console gets the error", () => {
  const later = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => {});
  const heard = vi.fn();
  const throwing = () => {
    throw new Error("a view is broken");
  };
  callAll([throwing, heard]);
  expect(heard).toHaveBeenCalledTimes(1);
  expect(later.mock.calls[0]?.[0]).toThrow("a view is broken");
  later.mockRestore();
});
