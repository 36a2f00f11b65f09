import { Component, type ComponentChildren, createElement, type FunctionComponent } from "preact";

function sameProps(left: object, right: object): boolean {
  const a = left as Record<string, unknown>;
  const b = right as Record<string, unknown>;
  for (const name in a) if (!(name in b)) return false;
  for (const name in b) if (a[name] !== b[name]) return false;
  return true;
}

/**
 * Draws `view` again only when one of its props is another value. State is shared between folds, so a row that did
 * not change is the same object and costs nothing. (preact/compat has this too, but brings all of itself along.)
 */
export function memo<Props extends object>(view: FunctionComponent<Props>): FunctionComponent<Props> {
  class Memo extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      return !sameProps(this.props, next);
    }
    override render(): ComponentChildren {
      return createElement(view as FunctionComponent<object>, this.props);
    }
  }
  return Memo as unknown as FunctionComponent<Props>;
}
