import { beforeEach, expect, test } from "vitest";
import { Rest, type RestError } from "./rest";
import { restActions } from "./rest-actions";

let asked: Array<{ url: URL; init: RequestInit }>;
let answer: () => Response | Promise<Response>;
let rest: Rest;

beforeEach(() => {
  asked = [];
  answer = () => Response.json({});
  const settings = { base: new URL("http://h/p/"), socketBase: new URL("ws://h/p/"), token: "t" };
  const fetch = async (url: unknown, init: unknown) => {
    asked.push({ url: new URL(String(url)), init: init as RequestInit });
    return answer();
  };
  rest = new Rest(settings, { fetch: fetch as typeof globalThis.fetch, cookies: () => "_xsrf=x" });
});

const error = (status: number, code: string, message: string) =>
  Response.json({ error: { code, message } }, { status });
const failure = async (promise: Promise<unknown>): Promise<RestError> =>
  promise.then(
    () => expect.unreachable("it should have failed"),
    (reason) => reason,
  );

const hydrated = () => Response.json({ build: "b", epoch: "e", seq: 1, state: { status: "running" } });

test("every request, reads included, carries token, XSRF token and same-origin cookies", async () => {
  answer = hydrated;
  await rest.hydrate("b");
  await rest.status();
  await rest.json("builds/b/cancel", { method: "POST", body: {} });
  await rest.blob("builds/b/log", { download: 1 });
  await rest.stream({ builds: [], watch: null }, new AbortController().signal);
  expect(asked).toHaveLength(5);
  for (const { init } of asked) {
    expect(init.headers).toMatchObject({ Authorization: "token t", "X-XSRFToken": "x" });
    expect(init.credentials).toBe("same-origin");
  }
});

test("a build's id cannot change the path", async () => {
  answer = hydrated;
  await rest.hydrate("../x?y");
  expect(asked[0]?.url.pathname).toBe("/p/buildwidget/api/builds/..%2Fx%3Fy");
});

test("an error is told in the server's words, with its code", async () => {
  answer = () => error(409, "ended", "The build has ended.");
  expect(await failure(rest.json("x"))).toMatchObject({
    message: "The build has ended.",
    code: "ended",
    status: 409,
  });
});

test("an error tells the field that is wrong", async () => {
  const body = { error: { code: "invalid", message: "There is no such directory.", field: "cwd" } };
  answer = () => Response.json(body, { status: 400 });
  expect(await failure(rest.json("builds"))).toMatchObject({ field: "cwd", code: "invalid" });
  answer = () => error(409, "ended", "The build has ended.");
  expect((await failure(rest.json("x"))).field).toBeNull();
});

test("a summary is found by its id, and none where there is none", async () => {
  const actions = restActions(rest, "b", { reconnect: () => {}, save: () => {} });
  answer = () =>
    Response.json({
      builds: [
        { id: "other", name: "about x" },
        { id: "x", name: "it" },
      ],
    });
  expect(await actions.summary("x")).toEqual({ id: "x", name: "it" });
  expect(asked[0]?.url.searchParams.get("q")).toBe("x");
  answer = () => Response.json({ builds: [] });
  expect(await actions.summary("x")).toBeNull();
});

test("an error that is not ours is told as what it is", async () => {
  answer = () => new Response("<html>", { status: 502 });
  expect(await failure(rest.json("x"))).toMatchObject({
    message: expect.stringContaining("502"),
    code: null,
  });
  answer = () => new Response("<html>", { status: 403 });
  expect((await failure(rest.json("x"))).message).toContain("Log in");
});

test("no answer at all is told", async () => {
  answer = () => Promise.reject(new TypeError("Failed to fetch"));
  expect((await failure(rest.json("x"))).message).toBe("The Jupyter server cannot be reached.");
});

test.each([
  ["a page", () => new Response("<html>Log in</html>")],
  ["another program's JSON", () => Response.json({ fine: true })],
  ["null", () => Response.json(null)],
])("%s instead of an answer of ours is an error in words", async (_, response) => {
  answer = response as () => Response;
  const { signal } = new AbortController();
  for (const asked of [rest.hydrate("b"), rest.builds({}), rest.events("b", 0, 1, signal)]) {
    expect((await failure(asked)).message).toMatch(/^Something else than the Jupyter server answers/);
  }
});

test("an empty answer is none", async () => {
  answer = () => new Response(null, { status: 204 });
  expect(await rest.json("x", { method: "DELETE" })).toBeUndefined();
});

test.each<[string, () => Response | Promise<Response>, string]>([
  ["answers", () => Response.json({ database: "d", protocol: 1 }), "ok"],
  ["says 403", () => new Response("", { status: 403 }), "forbidden"],
  ["says 401", () => new Response("", { status: 401 }), "forbidden"],
  ["says 404", () => new Response("<html>", { status: 404 }), "missing"],
  ["says 503", () => error(503, "unavailable", "Opening."), "unavailable"],
  ["says 503 by a proxy", () => new Response("<html>", { status: 503 }), "unreachable"],
  ["says 500", () => new Response("<html>", { status: 500 }), "unreachable"],
  ["answers with another program's JSON", () => Response.json({ status: "fine" }), "unreachable"],
  ["answers with JSON that is no object", () => Response.json(null), "unreachable"],
  ["answers with a login page", () => new Response("<html>Log in</html>"), "unreachable"],
  ["is not there", () => Promise.reject(new TypeError("Failed to fetch")), "unreachable"],
])("status: the server %s", async (_, response, probe) => {
  answer = response;
  expect((await rest.status()).probe).toBe(probe);
});

test("status tells the database, and why builds cannot be served", async () => {
  answer = () => Response.json({ database: "d", protocol: 1, history: "h" });
  expect(await rest.status()).toMatchObject({ database: "d", history: "h", message: null });
  answer = () => error(503, "unavailable", "The database is being opened.");
  expect(await rest.status()).toMatchObject({ database: null, message: "The database is being opened." });
});

test("the stream asks for everything at once, with cursors", async () => {
  const builds = [
    { build: "a", cursor: { epoch: "e", seq: 7 } },
    { build: "b", cursor: null },
  ];
  await rest.stream({ builds, watch: { project: "p" } }, new AbortController().signal);
  const { searchParams } = (asked[0] as { url: URL }).url;
  expect(searchParams.getAll("build")).toEqual(["a:e:7", "b"]);
  expect([searchParams.get("watch"), searchParams.get("project")]).toEqual(["1", "p"]);
});

test("actions are the routes", async () => {
  const saved: string[] = [];
  const actions = restActions(rest, "b", { reconnect: () => {}, save: (_, name) => saved.push(name) });
  answer = () => Response.json({ build: { id: "n" } });
  await actions.cancel();
  expect(await actions.retry()).toEqual({ id: "n" });
  expect(await actions.followUp({ prompt: "more" })).toEqual({ id: "n" });
  await actions.followUp({ operation: "autofix" });
  await actions.answer("r", "deny", "no");
  await actions.answer("r", "allow");
  await actions.remove();
  await actions.tool("t/1");
  await actions.log({ after: 5, q: "x" });
  await actions.display("d");
  await actions.artifact(3);
  await actions.metric({ name: "train/loss", points: 3_600, width: 600 });
  await actions.downloadLog();
  const told = asked.map(({ url, init }) => {
    const path = url.pathname.replace("/p/buildwidget/api/builds/b", "") + url.search;
    return [init.method, path, init.body ?? ""].join(" ").trim();
  });
  expect(told).toEqual([
    "POST /cancel {}",
    "POST /retry {}",
    'POST /follow_up {"prompt":"more"}',
    'POST /follow_up {"operation":"autofix"}',
    'POST /answer {"request_id":"r","decision":"deny","message":"no"}',
    'POST /answer {"request_id":"r","decision":"allow"}',
    "DELETE",
    "GET /tools/t%2F1",
    "GET /log?after=5&q=x",
    "GET /displays/d",
    "GET /artifacts/3",
    "GET /metrics?name=train%2Floss&points=3600&width=600",
    "GET /log?download=1",
  ]);
  expect(saved).toEqual(["b.log"]);
});
