/** Time that passes only when a test says so. */
import type { Clock } from "../link";

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** More than any test's page sets in the time that it lets pass at once. */
const MAX_TIMERS = 5_000;

export class FakeClock implements Clock {
  private time = 1_000;
  private timers: Timer[] = [];

  now(): number {
    return this.time;
  }

  wall(): number {
    return this.time + 1_700_000_000_000;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.time + ms, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Runs what is due on the way, in order; what promises do in between too. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (let ran = 0; ; ran += 1) {
      const [next] = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      // Promises alone never let the test's own time limit come to pass.
      if (ran >= MAX_TIMERS) throw new Error(`${MAX_TIMERS} timers in ${ms} ms: one is set again at once.`);
      this.timers = this.timers.filter((timer) => timer !== next);
      this.time = Math.max(this.time, next.at);
      next.callback();
      await settled();
    }
    this.time = end;
    await settled();
  }

  get pending(): number {
    return this.timers.length;
  }
}

/** Lets promises that are decided run to their end. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
}
