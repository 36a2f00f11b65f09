// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { MetricPicture } from "../model";
import type { MetricPoint } from "../protocol/types.gen";
import { fold } from "../reducer";
import { START } from "../testing/states";
import { mountBuild } from ".";
import { FakeSession } from "./harness/fake-session";
import { QUIET_MS } from "./whole-series";

const FIRST = 2_000;
const points = (from: number, to: number): MetricPoint[] =>
  Array.from({ length: to - from }, (_, index) => [
    from + index,
    Math.sin((from + index) / 50),
    from + index,
  ]);
const metric = (from: number, to: number) =>
  ({ type: "metric", at: 1, name: "loss", points: points(from, to) }) as const;
const picture = (to: number): MetricPicture => ({
  name: "loss",
  epoch: "e1",
  seq: 1,
  count: to,
  range: [0, to - 1],
  points: points(0, to),
});

let session: FakeSession;
let place: HTMLElement;
let unmount: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(668);
  session = new FakeSession(fold(START, [metric(0, FIRST)]));
  place = document.createElement("div");
  document.body.append(place);
  unmount = mountBuild(place, session, { fold: false });
});

afterEach(() => {
  unmount();
  document.body.replaceChildren();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const plot = () => place.querySelector<HTMLElement>("[data-plot]") as HTMLElement;
const asked = () => session.calls.filter((call) => call.startsWith("metric"));

async function open(): Promise<void> {
  place.querySelector<HTMLElement>('[data-metric="loss"]')?.click();
  await pass(60);
}

test("an opened plot shows the state's picture, then the whole series", async () => {
  session.pictures.set("loss", picture(FIRST));
  await open();
  const ofState = Number(plot().dataset.points);
  expect(ofState).toBe(session.get().state?.metrics[0]?.points.length);
  expect(asked()).toEqual(['metric {"name":"loss","points":3600,"width":600}']);
  await pass(100);
  expect(plot().dataset).toMatchObject({ points: String(FIRST), whole: String(FIRST) });
});

test("live points go on from the answer; it is asked again once the series stands still, or has grown much", async () => {
  session.pictures.set("loss", picture(FIRST));
  await open();
  await pass(100);
  session.apply([metric(FIRST, FIRST + 10)]);
  await pass(200);
  expect(Number(plot().dataset.points)).toBeGreaterThan(FIRST);
  expect(asked()).toHaveLength(1);
  session.pictures.set("loss", picture(FIRST + 10));
  await pass(QUIET_MS + 100);
  expect(asked()).toHaveLength(2);
  expect(plot().dataset).toMatchObject({ points: String(FIRST + 10), whole: String(FIRST + 10) });
  session.apply([metric(FIRST + 10, FIRST * 2)]);
  await pass(200);
  expect(asked()).toHaveLength(3);
  await pass(10 * QUIET_MS);
});

test("a short series is whole in the state, and nothing is asked for", async () => {
  session.set({ state: fold(START, [metric(0, 400)]) });
  await pass(60);
  await open();
  await pass(QUIET_MS);
  expect(asked()).toEqual([]);
  expect(plot().dataset.points).toBe("400");
});

test("where it cannot be had the state's picture stays, and it is not asked for all the time", async () => {
  await open();
  await pass(10 * QUIET_MS);
  expect(asked()).toHaveLength(1);
  expect(Number(plot().dataset.points)).toBe(session.get().state?.metrics[0]?.points.length);
});
