/** A server, or something in its place, that answers every route in some wrong way: few requests, one true sentence. */
import { expect, test } from "vitest";
import { PageClient } from "./client";
import { Feed } from "./feed";
import type { BuildActions } from "./model";
import { OlderBuilds } from "./panel/older";
import { type PollSource, PollTransport } from "./poll";
import { Rest } from "./rest";
import { StreamTransport } from "./stream";
import { FakeClock } from "./testing/fake-clock";
import { FakePageEvents } from "./testing/fake-page";
import { openWebSocket } from "./transport";

const TEN_MINUTES = 600_000;
const MOST_REQUESTS = 40;
const ANSWER_WITHIN_MS = 10_000;

const never = (clock: FakeClock) =>
  new Promise<Response>((_, reject) => {
    clock.after(ANSWER_WITHIN_MS, () => reject(new DOMException("too slow", "TimeoutError")));
  });
const html = (status: number) => new Response("<html>Sign in</html>", { status });
const unavailable = () =>
  Response.json(
    { error: { code: "unavailable", message: "The database file builds.db was deleted or moved." } },
    { status: 503 },
  );

test.each<[string, (clock: FakeClock) => Response | Promise<Response>, RegExp]>([
  ["404", () => html(404), /does not have the buildwidget extension\. Install buildwidget/],
  [
    "404 as JSON",
    () => Response.json({ message: "Not Found" }, { status: 404 }),
    /does not have the buildwidget/,
  ],
  ["403", () => html(403), /refused access\. Log in again/],
  ["401", () => html(401), /refused access\. Log in again/],
  ["500", () => html(500), /answered with an error \(500\)/],
  ["502 by a proxy", () => html(502), /answered with an error \(502\)/],
  ["503 by the extension", unavailable, /was deleted or moved/],
  ["a login page", () => html(200), /Something else than the Jupyter server answers/],
  [
    "garbage",
    () => new Response("\0\u{fffd}{[", { status: 200 }),
    /Something else than the Jupyter server answers/,
  ],
  [
    "JSON of another program",
    () => Response.json({ ok: true }),
    /Something else than the Jupyter server answers/,
  ],
  ["an empty list", () => Response.json([]), /Something else than the Jupyter server answers/],
  ["a redirect loop", () => Promise.reject(new TypeError("redirected too often")), /cannot be reached/],
  ["nothing", never, /cannot be reached/],
])("%s to every route", async (_, answer, sentence) => {
  const clock = new FakeClock();
  let requests = 0;
  const count = <T>(value: T): T => {
    requests += 1;
    return value;
  };
  const settings = { base: new URL("http://h/"), socketBase: new URL("ws://h/"), token: "" };
  const fetched = () => count(Promise.resolve().then(() => answer(clock)));
  const rest = new Rest(settings, { fetch: fetched as typeof fetch, cookies: () => "" });
  const refusing = () => {
    const socket = { readyState: 3, close: () => {}, onclose: (_: { code: number; reason: string }) => {} };
    clock.after(1, () => socket.onclose({ code: 1006, reason: "" }));
    return count(socket) as unknown as WebSocket;
  };
  const polled = { ...rest, after: clock.after.bind(clock), visible: () => true } as unknown as PollSource;
  const client = new PageClient({
    clock,
    random: () => 0.5,
    page: new FakePageEvents(),
    schedule: (callback) => callback(),
    hydrate: (build, signal) => rest.hydrate(build, signal),
    status: () => rest.status(),
    actions: () => ({}) as BuildActions,
    open(way, listener, subscriptions) {
      if (way === "websocket") return openWebSocket("ws://h/", refusing, listener);
      if (way === "poll") return new PollTransport({ ...polled, status: () => rest.status() }, listener);
      const soon = (callback: () => void) => clock.after(50, callback);
      return new StreamTransport({ request: rest.stream.bind(rest), subscriptions, soon }, listener);
    },
  });
  const session = client.open("a");
  const feed = new Feed({
    clock,
    list: () => client.list(),
    anyActive: async () => (await rest.json<{ active_builds: number }>("status")).active_builds > 0,
    visible: () => true,
  });
  feed.hold();
  const older: OlderBuilds = new OlderBuilds(
    (query) => rest.builds(query),
    () => older?.fetchMore(), // the panel asks again with every change of what is drawn
  );
  older.choose({ q: "", status: "all" } as never);
  await clock.advance(TEN_MINUTES);
  expect(requests).toBeLessThanOrEqual(MOST_REQUESTS);
  expect(requests).toBeGreaterThan(1);
  expect(session.get().connection.message).toMatch(sentence);
  expect(older.model.problem ?? "").not.toMatch(/undefined|\[object/);
});
