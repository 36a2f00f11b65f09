/** The harness page: `?scenario=agent&fold=0&height=...`. For looking and for measuring; never shipped. */
import { mountBuild } from "..";
import style from "../style.css";
import type { FakeSession } from "./fake-session";
import { pour, SCENARIOS } from "./scenarios";

declare global {
  interface Window {
    harness: {
      session: FakeSession;
      pour: typeof pour;
      firstPaint: number;
      unmount: () => void;
      remount: () => void;
    };
  }
}

const wanted = new URLSearchParams(location.search);
const sheet = document.createElement("style");
sheet.textContent = style;
document.head.append(sheet);
const place = document.getElementById("place") as HTMLElement;
place.style.setProperty("--width", wanted.get("width") ?? "none");
const session = (SCENARIOS[wanted.get("scenario") ?? "agent"] ?? SCENARIOS.agent)?.() as FakeSession;
const began = performance.now();
const remount = () => {
  window.harness.unmount = mountBuild(place, session, {
    fold: wanted.get("fold") !== "0",
    ...(wanted.has("height") ? { maxHeight: wanted.get("height") ?? "560px" } : {}),
  });
};
window.harness = { session, pour, firstPaint: 0, unmount: () => {}, remount };
remount();
requestAnimationFrame(() => {
  setTimeout(() => {
    window.harness.firstPaint = performance.now() - began;
  }, 0);
});
