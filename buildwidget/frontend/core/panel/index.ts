/** The panel of builds. The caller puts both style sheets into the page. */
import { createElement, render } from "preact";
import type { PanelControl, PanelHost } from "./host";
import { Panel } from "./panel";

export type { PanelControl, PanelHost } from "./host";

/** Draws the panel into `element`; the list is live until the function returned takes it away again. */
export function mountPanel(
  element: HTMLElement,
  host: PanelHost,
  onControl: (control: PanelControl | null) => void,
): () => void {
  render(createElement(Panel, { host, onControl }), element);
  return () => render(null, element);
}
