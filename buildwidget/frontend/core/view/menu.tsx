/** The rarely used things: copy, download, retry, delete. */
import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { copyText } from "./clipboard";
import { Icon } from "./icons";
import { memo } from "./memo";
import { messageOf, useAction, useBuild } from "./session";

export interface MenuItem {
  readonly key: string;
  readonly label: string;
  readonly disabled?: boolean;
  run(): void;
}

interface MenuProps {
  readonly ended: boolean;
  /** Whether its kind can be started again. */
  readonly canRetry: boolean;
  readonly hasLog: boolean;
  onDelete(): void;
}

/** What a kernel tracks is its own code: only its notebook can run that again. */
export function canRetry(kind: string): boolean {
  return kind !== "track";
}

/** Starts the build anew and shows the new one, or tells how to. */
export function useRetry(): [boolean, () => void] {
  const { actions, notify, openBuild } = useBuild();
  return useAction(async () => {
    const summary = await actions.retry();
    if (openBuild) openBuild(summary);
    else notify({ tone: "plain", text: "Started again as a new build.", copy: attachCode(summary.id) });
  });
}

export function attachCode(build: string): string {
  return `bw.attach("${build}")`;
}

export const Menu = memo(function Menu({ ended, canRetry, hasLog, onDelete }: MenuProps): JSX.Element {
  const { build, actions, notify } = useBuild();
  const trigger = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const [, download] = useAction(() => actions.downloadLog());
  const [, retry] = useRetry();
  const copy = (text: string) => () => {
    copyText(text, trigger.current?.parentElement ?? document.body).then(
      () => notify({ tone: "plain", text: `Copied ${text}` }),
      (error: unknown) => notify({ tone: "error", text: messageOf(error) }),
    );
  };
  const items: MenuItem[] = [
    { key: "copy-id", label: "Copy id", run: copy(build) },
    { key: "copy-attach", label: `Copy ${attachCode("…")}`, run: copy(attachCode(build)) },
    { key: "download-log", label: "Download log", disabled: !hasLog, run: download },
    ...(canRetry ? [{ key: "retry", label: "Retry", disabled: !ended, run: retry }] : []),
    { key: "delete", label: "Delete…", disabled: !ended, run: onDelete },
  ];
  const close = () => {
    setOpen(false);
    trigger.current?.focus();
  };
  return (
    <span class="bw-menu-place">
      <button
        ref={trigger}
        type="button"
        class="bw-icon-button"
        data-action="menu"
        aria-label="More"
        title="More"
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="dots" class="bw-icon-bold" />
      </button>
      {open && (
        <MenuList items={items} anchor={trigger.current} onClose={close} onLeave={() => setOpen(false)} />
      )}
    </span>
  );
});

interface MenuListProps {
  readonly items: readonly MenuItem[];
  readonly anchor: HTMLElement | null;
  onClose(): void;
  onLeave(): void;
}

/** Where the list stands: under its button, right edges aligned, turned up where the window ends. */
function position(list: HTMLElement, anchor: HTMLElement): void {
  const box = anchor.getBoundingClientRect();
  const below = box.bottom + list.offsetHeight + 4 <= window.innerHeight;
  list.style.top = `${below ? box.bottom + 2 : Math.max(4, box.top - list.offsetHeight - 2)}px`;
  list.style.left = `${Math.max(4, box.right - list.offsetWidth)}px`;
}

export function MenuList({ items, anchor, onClose, onLeave }: MenuListProps): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = list.current;
    if (!element || !anchor) return;
    // In the top layer no scrolling cell output can cut it off.
    element.showPopover?.();
    position(element, anchor);
    element
      .querySelector<HTMLElement>("[role=menuitem]:not([aria-disabled=true])")
      ?.focus({ preventScroll: true });
    const outside = (event: Event) => {
      const target = event.target as Node;
      if (!element.contains(target) && !anchor.contains(target)) onLeave();
    };
    // A log that follows its end scrolls all the time; only what moves the button matters.
    const scrolled = (event: Event) => {
      if ((event.target as Node).contains(anchor)) onLeave();
    };
    document.addEventListener("pointerdown", outside, true);
    document.addEventListener("scroll", scrolled, true);
    return () => {
      document.removeEventListener("pointerdown", outside, true);
      document.removeEventListener("scroll", scrolled, true);
    };
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      onClose();
      return;
    }
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: buttons.length - 1,
    };
    const next = moves[event.key];
    if (next === undefined) return;
    event.preventDefault();
    buttons[(next + buttons.length) % buttons.length]?.focus();
  };
  return (
    <div ref={list} popover="manual" class="bw-menu" role="menu" aria-label="Build" onKeyDown={onKeyDown}>
      {items.map((item) => (
        <button
          type="button"
          role="menuitem"
          key={item.key}
          tabIndex={-1}
          data-action={item.key}
          aria-disabled={item.disabled ?? false}
          onClick={() => {
            if (item.disabled) return;
            onClose();
            item.run();
          }}
        >
          {item.label}
        </button>
      ))}
    </div>
  );
}
