/** Puts the view's style into whatever tree the widget stands in: the page, or a shadow root of the host. */
import css from "../core/view/style.css";

export function addStyle(element: HTMLElement): void {
  addSheet(element, css);
}

export function addSheet(element: HTMLElement, sheet: string): void {
  const root = element.getRootNode();
  const place = root instanceof ShadowRoot ? root : document.head;
  // Several widgets on a page share one sheet; another version of the bundle brings its own.
  for (const style of place.querySelectorAll("style")) {
    if (style.textContent === sheet) return;
  }
  const style = document.createElement("style");
  style.textContent = sheet;
  place.append(style);
}
