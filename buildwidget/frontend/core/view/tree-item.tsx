/** A row of the tree: what all kinds of rows have in common. */
import type { ComponentChildren, JSX } from "preact";

interface Props {
  readonly class: string;
  readonly rowKey: string;
  readonly level: number;
  /** Whether it is open; absent where there is nothing to open. */
  readonly expanded?: boolean;
  /** Whether Tab reaches this row; the arrows reach the others from it. */
  readonly reachable: boolean;
  readonly data?: Readonly<Record<string, string | number | boolean>>;
  press(): void;
  readonly children: ComponentChildren;
}

export function TreeItem(props: Props): JSX.Element {
  const { rowKey, level, expanded, reachable, data, press } = props;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree takes the keys of all its rows.
    <div
      class={`bw-row ${props.class}`}
      role="treeitem"
      aria-level={level}
      {...(expanded === undefined ? {} : { "aria-expanded": expanded })}
      tabIndex={reachable ? 0 : -1}
      style={{ "--bw-level": level }}
      data-row={rowKey}
      {...data}
      onClick={press}
    >
      {props.children}
    </div>
  );
}
