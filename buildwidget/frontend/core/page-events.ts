/** What happens to the page that says something about its connection. */

/**
 * - `woke`: the network or the page is back (`online`, `pageshow`, becoming visible): worth an immediate try
 * - `offline`: the browser has no network
 */
export type PageEvent = "woke" | "offline";

export interface PageEvents {
  /** Whether the browser believes it has a network. */
  online(): boolean;
  /** Returns the function that stops it. */
  subscribe(listener: (event: PageEvent) => void): () => void;
}

export function browserPageEvents(page: Document, browser: Window): PageEvents {
  return {
    online: () => browser.navigator.onLine !== false,
    subscribe(listener) {
      const stop = new AbortController();
      const options = { signal: stop.signal };
      browser.addEventListener("online", () => listener("woke"), options);
      browser.addEventListener("pageshow", () => listener("woke"), options);
      browser.addEventListener("offline", () => listener("offline"), options);
      page.addEventListener(
        "visibilitychange",
        () => {
          if (page.visibilityState === "visible") listener("woke");
        },
        options,
      );
      return () => stop.abort();
    },
  };
}
