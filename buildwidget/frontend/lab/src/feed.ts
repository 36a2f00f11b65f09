/** The page's one feed of builds, for outputs, panel, status bar and notifications alike. */
import { pageServer } from "../../core";
import { Feed } from "../../core/feed";
import { browserClock } from "../../core/page-client";

let made: Feed | null = null;

export function feed(): Feed {
  made ??= makeFeed();
  return made;
}

function makeFeed(): Feed {
  const server = () => {
    const found = pageServer();
    if (found === null) throw new Error("This page has no Jupyter server.");
    return found;
  };
  const feed = new Feed({
    clock: browserClock(),
    list: () => server().list(),
    async anyActive() {
      if (pageServer() === null || (await server().status()).probe === "missing") return false;
      return server().anyActive();
    },
    visible: () => document.visibilityState === "visible",
  });
  document.addEventListener("visibilitychange", () => feed.look());
  feed.look();
  return feed;
}
