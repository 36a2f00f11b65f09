/** Where the page's Jupyter server is, read from what it wrote into the page. */

export interface ServerSettings {
  /** Absolute URL of the server's base, with a trailing slash. */
  readonly base: URL;
  /** Absolute `ws:` or `wss:` URL of the same base. */
  readonly socketBase: URL;
  /** Empty where the cookie alone authenticates. */
  readonly token: string;
}

const CONFIG_ELEMENT = "jupyter-config-data";

/**
 * The settings that Lab, Notebook 7 and a Hub's single-user server put into their page, or null where there are
 * none (VS Code, Colab, an exported page): there the kernel's comm is the only way.
 */
export function readServerSettings(page: Document): ServerSettings | null {
  const text = page.getElementById(CONFIG_ELEMENT)?.textContent;
  if (!text) return null;
  try {
    return settingsOf(JSON.parse(text), page.location.href);
  } catch {
    return null;
  }
}

function settingsOf(config: unknown, pageUrl: string): ServerSettings | null {
  if (typeof config !== "object" || config === null) return null;
  const { baseUrl, wsUrl, token } = config as Record<string, unknown>;
  if (typeof baseUrl !== "string") return null;
  const base = withSlash(new URL(baseUrl || "/", pageUrl));
  const socketBase = withSlash(new URL(typeof wsUrl === "string" && wsUrl ? wsUrl : base.href, base));
  socketBase.protocol = socketBase.protocol.replace("http", "ws");
  return { base, socketBase, token: typeof token === "string" ? token : "" };
}

function withSlash(url: URL): URL {
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  url.search = "";
  url.hash = "";
  return url;
}

/** Never with `?token=`: that skips the server's Origin check. The same-origin cookie authenticates. */
export function socketUrl(settings: ServerSettings): string {
  return new URL("buildwidget/ws", settings.socketBase).href;
}

export function apiUrl(settings: ServerSettings, path: string, query: Record<string, unknown> = {}): string {
  const url = new URL(`buildwidget/api/${path}`, settings.base);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) url.searchParams.append(name, String(value));
  }
  return url.href;
}

/**
 * The headers of every request, GETs included: a Hub refuses even reads without the XSRF token. Of several
 * `_xsrf` cookies (one a path) the last counts, as in JupyterLab's own ServerConnection.
 */
export function requestHeaders(settings: ServerSettings, cookies: string): Record<string, string> {
  const headers: Record<string, string> = {};
  if (settings.token) headers.Authorization = `token ${settings.token}`;
  const xsrf = [...cookies.matchAll(/(?:^|;\s*)_xsrf=([^;]*)/g)].at(-1)?.[1];
  if (xsrf) headers["X-XSRFToken"] = xsrf;
  return headers;
}
