/** What happens to the page that says something about its connection. */

/**
 * - `woke`: the network or the page is back (`online`, `pageshow`, becoming visible): worth an immediate try
 * - `offline`: the browser has no network
 * - `hidden`: nobody can see the page now
 */
export type PageEvent = "woke" | "offline" | "hidden";

export interface PageEvents {
  /** Whether the browser believes it has a network. */
  online(): boolean;
  /** Whether the page can be seen. */
  visible(): boolean;
  /** Returns the function that stops it. */
  subscribe(listener: (event: PageEvent) => void): () => void;
}

export function browserPageEvents(page: Document, browser: Window): PageEvents {
  return {
    online: () => browser.navigator.onLine !== false,
    visible: () => page.visibilityState === "visible",
    subscribe(listener) {
      const stop = new AbortController();
      const options = { signal: stop.signal };
      browser.addEventListener("online", () => listener("woke"), options);
      browser.addEventListener("pageshow", () => listener("woke"), options);
      browser.addEventListener("offline", () => listener("offline"), options);
      page.addEventListener(
        "visibilitychange",
        () => {
          listener(page.visibilityState === "visible" ? "woke" : "hidden");
        },
        options,
      );
      return () => stop.abort();
    },
  };
}
