/**
 * The view of one build, for a cell's output, a widget and the side panel alike. The caller puts `style.css` into the
 * page, and closes the session when it is done with it.
 */
import { createElement, render } from "preact";
import type { BuildSession } from "../model";
import { Thread, type ThreadOptions } from "./thread";

export type { ViewOptions } from "./build-view";
export type { ThreadOptions } from "./thread";

/** Draws the build of `session` into `element` and keeps it up to date; returns what takes it away again. */
export function mountBuild(
  element: HTMLElement,
  session: BuildSession,
  options: ThreadOptions = {},
): () => void {
  render(createElement(Thread, { session, options }), element);
  return () => render(null, element);
}
