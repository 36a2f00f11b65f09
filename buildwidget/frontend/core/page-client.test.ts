// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import { pageServer } from "./page-client";

const KEY = Symbol.for("buildwidget.client");
const page = globalThis as { [key: symbol]: unknown };
const configure = () => {
  document.body.innerHTML = '<script id="jupyter-config-data">{"baseUrl": "/"}</script>';
};

beforeEach(() => {
  document.body.innerHTML = "";
  for (const key of Object.getOwnPropertySymbols(page)) {
    if (key.description?.startsWith("buildwidget.")) delete page[key];
  }
});

test("every bundle of one version shares one", () => {
  configure();
  expect(pageServer()).not.toBeNull();
  expect(pageServer()).toBe(pageServer());
  expect(page[KEY]).toBe(pageServer());
});

test("a bundle of another version keeps its own", () => {
  configure();
  const other = { version: "0.0" };
  page[KEY] = other;
  expect(pageServer()).not.toBe(other);
  expect(pageServer()).toBe(pageServer());
  expect(page[KEY]).toBe(other);
});

test("a page without a server has none, until it has", () => {
  expect(pageServer()).toBeNull();
  configure();
  expect(pageServer()).not.toBeNull();
});

test("status is asked once, unless nobody answered", async () => {
  configure();
  const fetch = vi.fn<() => Promise<Response>>(() => Promise.reject(new TypeError("Failed to fetch")));
  vi.stubGlobal("fetch", fetch);
  const server = pageServer();
  expect((await server?.status())?.probe).toBe("unreachable");
  fetch.mockImplementation(async () => Response.json({ database: "d", protocol: 1 }));
  expect((await server?.status())?.probe).toBe("ok");
  expect((await server?.status())?.database).toBe("d");
  expect(fetch).toHaveBeenCalledTimes(2);
  vi.unstubAllGlobals();
});
