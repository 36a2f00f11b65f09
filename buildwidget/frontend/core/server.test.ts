// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { apiUrl, readServerSettings, requestHeaders, type ServerSettings, socketUrl } from "./server";

const pageWith = (config: unknown) => {
  const content = typeof config === "string" ? config : JSON.stringify(config);
  document.body.innerHTML = `<script id="jupyter-config-data" type="application/json">${content}</script>`;
};
const settings = () => readServerSettings(document) as ServerSettings;

beforeEach(() => {
  document.body.innerHTML = "";
  (globalThis as { happyDOM?: { setURL(url: string): void } }).happyDOM?.setURL(
    "https://host:1/lab/tree/x?a#b",
  );
});

test("Lab: the base URL is a path of the page's origin", () => {
  pageWith({ baseUrl: "/", wsUrl: "", token: "t" });
  expect(apiUrl(settings(), "status")).toBe("https://host:1/buildwidget/api/status");
  expect(socketUrl(settings())).toBe("wss://host:1/buildwidget/ws");
  expect(settings().token).toBe("t");
});

test("a Hub: everything is below the user's prefix", () => {
  pageWith({ baseUrl: "/user/alice", wsUrl: "", token: "" });
  expect(apiUrl(settings(), "builds/x")).toBe("https://host:1/user/alice/buildwidget/api/builds/x");
  expect(socketUrl(settings())).toBe("wss://host:1/user/alice/buildwidget/ws");
});

test("a socket URL of its own is taken", () => {
  pageWith({ baseUrl: "http://other:2/p/", wsUrl: "ws://other:3/q", token: "" });
  expect(socketUrl(settings())).toBe("ws://other:3/q/buildwidget/ws");
});

test("the socket's URL never holds the token", () => {
  pageWith({ baseUrl: "/?token=secret", wsUrl: "wss://host:1/?token=secret", token: "secret" });
  expect(socketUrl(settings())).not.toContain("secret");
});

test("a query names only what is given", () => {
  pageWith({ baseUrl: "/" });
  const url = apiUrl(settings(), "builds/x/log", { after: 0, before: undefined, q: "a&b" });
  expect(new URL(url).search).toBe("?after=0&q=a%26b");
});

test.each(["", "nonsense", "null", "[]", "{}", '{"baseUrl": 3}'])(
  "a page with %j has no server",
  (config) => {
    pageWith(config);
    expect(readServerSettings(document)).toBeNull();
  },
);

test("a page without the element has no server", () => {
  expect(readServerSettings(document)).toBeNull();
});

test("headers: the token if there is one, and the last XSRF cookie", () => {
  pageWith({ baseUrl: "/", token: "t" });
  expect(requestHeaders(settings(), "_xsrf=2|a; user=x; _xsrf=2|b|c=; not_xsrf=d")).toEqual({
    Authorization: "token t",
    "X-XSRFToken": "2|b|c=",
  });
  pageWith({ baseUrl: "/", token: "" });
  expect(requestHeaders(settings(), "other=1")).toEqual({});
});
