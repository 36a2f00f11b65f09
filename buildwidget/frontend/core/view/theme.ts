/**
 * Whether the view stands on dark ground. Colours come from the host's variables; only terminal colours, which no
 * host has variables for, need to know this. The colour of the text tells it, whatever the host is.
 */
import { useLayoutEffect, useState } from "preact/hooks";

/** Whether a computed colour, `rgb(r, g, b)` or `rgba(...)`, is light. */
export function isLight(color: string): boolean {
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map(Number);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140;
}

export function useDark(root: { current: HTMLElement | null }): boolean {
  const [dark, setDark] = useState(false);
  useLayoutEffect(() => {
    const element = root.current;
    if (!element) return;
    const update = () => setDark(isLight(getComputedStyle(element).color));
    update();
    // Hosts switch themes by attributes or classes of the page's two outermost elements, or with the system.
    const observer = new MutationObserver(() => setTimeout(update, 50));
    for (const outer of [document.documentElement, document.body])
      observer.observe(outer, { attributes: true });
    const system = window.matchMedia?.("(prefers-color-scheme: dark)");
    system?.addEventListener("change", update);
    // Stylesheets of a theme may come in after its attribute was set.
    const later = setTimeout(update, 1_000);
    return () => {
      observer.disconnect();
      system?.removeEventListener("change", update);
      clearTimeout(later);
    };
  }, []);
  return dark;
}
