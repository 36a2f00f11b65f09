/** Tells listeners of many changes once: bursts of frames cost one drawing, and a hidden page piles up nothing. */

export interface Listened {
  tellListeners(): void;
}

/** Calls back before the next drawing, or soon where nothing is drawn. */
export type Schedule = (callback: () => void) => void;

export class Notifier {
  private readonly waiting = new Set<Listened>();
  private scheduled = false;

  constructor(private readonly schedule: Schedule) {}

  notify(listened: Listened, now: boolean): void {
    if (now) {
      this.waiting.delete(listened);
      listened.tellListeners();
      return;
    }
    this.waiting.add(listened);
    if (this.scheduled) return;
    this.scheduled = true;
    this.schedule(() => this.flush());
  }

  private flush(): void {
    this.scheduled = false;
    const due = [...this.waiting];
    this.waiting.clear();
    for (const listened of due) listened.tellListeners();
  }
}

/** Calls them all; one that throws is the page's error, and nobody else's trouble. */
export function callAll(listeners: Iterable<() => void>): void {
  for (const listener of [...listeners]) {
    try {
      listener();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

/** A hidden page gets no animation frames: its listeners wait until it is seen, or a second at most. */
export function animationFrames(browser: Window): Schedule {
  return (callback) => {
    let done = false;
    const once = () => {
      if (done) return;
      done = true;
      browser.cancelAnimationFrame(frame);
      browser.clearTimeout(timer);
      callback();
    };
    const frame = browser.requestAnimationFrame(once);
    const timer = browser.setTimeout(once, 1_000);
  };
}
