/** What comes too early, too late or twice, and the words for what went wrong. */
import { describe, expect, test } from "vitest";
import { MAX_TRIES } from "./backoff";
import { step } from "./connection";
import {
  type Connection,
  type Decision,
  deadlineOf,
  type Happening,
  HEALTHY_AFTER_MS,
  INITIAL,
  LINGER_MS,
  OPEN_WITHIN_MS,
  PONG_WITHIN_MS,
  statusOf,
} from "./connection-state";

const HEARTBEAT_MS = 30_000;
const wanted: Happening = { type: "wanted", wanted: true };
const unwanted: Happening = { type: "wanted", wanted: false };
const welcome: Happening = { type: "welcome", protocol: 1, heartbeatMs: HEARTBEAT_MS };
const lost: Happening = { type: "closed", code: 1006, reason: "" };
const tick: Happening = { type: "tick" };
const probed = (result: "ok" | "forbidden" | "missing" | "unreachable"): Happening => ({
  type: "probed",
  result,
  message: null,
});

/** Where a connection stands, and what it decided last; jitter always takes half. */
class Story {
  now = 0;
  connection: Connection = INITIAL;
  decisions: readonly Decision[] = [];

  constructor(...happenings: Happening[]) {
    this.happen(...happenings);
  }

  happen(...happenings: Happening[]): this {
    for (const happening of happenings) {
      Object.assign(this, step(this.connection, happening, { now: this.now, random: () => 0.5 }));
    }
    return this;
  }

  /** Time passes, with one tick at its end. */
  tickAfter(ms: number): this {
    this.now += ms;
    return this.happen(tick);
  }

  /** The next deadline comes. */
  tickWhenDue(): this {
    return this.tickAfter((deadlineOf(this.connection) ?? this.now) - this.now);
  }

  get status() {
    return statusOf(this.connection);
  }
}

/** A live stream: two WebSockets did not open though the server answers. */
function liveStream(): Story {
  const story = new Story(wanted, lost, probed("ok")).tickWhenDue().happen(lost, probed("ok"), welcome);
  expect(story.status).toMatchObject({ phase: "live", transport: "stream" });
  return story;
}

const STAGES: Record<string, () => Story> = {
  closed: () => new Story(),
  opening: () => new Story(wanted),
  probing: () => new Story(wanted, lost),
  waiting: () => new Story(wanted, lost, probed("unreachable")),
  "failed, but not for good": () => new Story(wanted, lost, probed("forbidden")),
  "failed for good": () => new Story(wanted, welcome, { type: "closed", code: 4500, reason: "" }),
  live: () => new Story(wanted, welcome),
  "live, and not wanted": () => new Story(wanted, welcome, unwanted),
};

function at(stage: string): Story {
  const make = STAGES[stage];
  if (make === undefined) throw new Error(`no stage is called ${stage}`);
  return make();
}

describe("what does not concern a connection changes nothing", () => {
  const closed = ["closed"];
  const failed = ["failed, but not for good", "failed for good"];
  const live = ["live", "live, and not wanted"];
  test.each<[Happening, string[]]>([
    [welcome, [...closed, "probing", "waiting", ...failed, ...live]],
    [{ type: "heard" }, [...closed, "opening", "probing", "waiting", ...failed]],
    [{ type: "pong", n: 9 }, Object.keys(STAGES)],
    [lost, [...closed, "probing", "waiting", ...failed]],
    [probed("ok"), [...closed, "opening", "waiting", ...failed, ...live]],
    [tick, Object.keys(STAGES)],
    [{ type: "woke" }, [...closed, "opening", "probing", "failed for good", "live, and not wanted"]],
    [{ type: "offline" }, [...closed, "opening", "probing", "waiting", ...failed]],
    [{ type: "retry" }, [...closed, "opening", "probing", ...live]],
    [wanted, ["opening", "probing", "waiting", ...failed, "live"]],
    [unwanted, [...closed, "live, and not wanted"]],
  ])("%o", (happening, stages) => {
    for (const stage of stages) {
      const story = at(stage);
      const { connection, decisions } = step(story.connection, happening, { now: 0, random: () => 0.5 });
      expect([stage, connection, decisions]).toEqual([stage, story.connection, []]);
    }
  });
});

describe("nothing happens before its time", () => {
  test("a socket that says nothing is not given up early", () => {
    const story = new Story(wanted).tickAfter(OPEN_WITHIN_MS - 1);
    expect([story.connection.stage.mode, story.decisions]).toEqual(["opening", []]);
    expect(story.tickAfter(1).connection.stage.mode).toBe("probing");
  });

  test("the next try waits for its time", () => {
    const story = new Story(wanted, lost, probed("unreachable")).tickAfter(999);
    expect(story.decisions).toEqual([]);
    expect(story.tickAfter(1).decisions).toEqual([{ do: "open", way: "websocket" }]);
  });

  test("one that is not wanted stays for a while", () => {
    const story = new Story(wanted, welcome, unwanted).tickAfter(LINGER_MS - 1);
    expect([story.connection.stage.mode, story.decisions]).toEqual(["live", []]);
  });

  test("a pong may take its time", () => {
    const story = new Story(wanted, welcome, { type: "woke" }).tickAfter(PONG_WITHIN_MS - 1);
    expect(story.status.phase).toBe("live");
    expect(story.tickAfter(1).status.phase).toBe("reconnecting");
  });

  test("a tick does not make a young connection healthy", () => {
    const story = at("waiting");
    story.tickWhenDue().happen(welcome);
    story.tickAfter(HEALTHY_AFTER_MS - 1).happen(lost);
    expect(story.status).toMatchObject({ phase: "reconnecting", attempt: 3 });
  });
});

describe("nothing waits for a timer that sleeps", () => {
  test("a connection that lived long enough was healthy, though no tick came", () => {
    const story = at("waiting").tickWhenDue().happen(welcome);
    story.now += HEALTHY_AFTER_MS;
    expect(story.happen(lost).status).toMatchObject({ phase: "reconnecting", attempt: 1 });
  });

  test("Retry does not wait for the next try", () => {
    const story = at("waiting").happen({ type: "retry" });
    expect(story.decisions).toEqual([{ do: "open", way: "websocket" }]);
    expect(story.status.attempt).toBe(1);
  });
});

describe("the two ways", () => {
  test("a stream is never pinged, and lives by what is heard on it", () => {
    const story = liveStream();
    for (let beat = 0; beat < 5; beat += 1) {
      expect(story.tickAfter(HEARTBEAT_MS).decisions).toEqual([]);
      expect(story.happen({ type: "heard" }).decisions).toEqual([]);
      expect(deadlineOf(story.connection)).toBe(story.now + HEARTBEAT_MS);
    }
    expect(story.status).toMatchObject({ phase: "live", transport: "stream" });
  });

  test("a WebSocket that opened makes up for one that did not", () => {
    const story = new Story(wanted, lost, probed("ok")).tickWhenDue().happen(welcome, unwanted);
    story.tickWhenDue().happen(wanted, lost, probed("ok"));
    expect(story.status).toMatchObject({ phase: "reconnecting", transport: null });
    expect(story.tickWhenDue().decisions).toEqual([{ do: "open", way: "websocket" }]);
  });
});

describe("giving up", () => {
  test("closes what is open, after the last try and where no try would help", () => {
    const refused = at("failed, but not for good");
    expect(refused.decisions).toEqual([{ do: "close" }]);
    const story = at("waiting");
    while (story.status.phase !== "failed" && story.connection.failedTries < 2 * MAX_TRIES) {
      story.tickWhenDue().happen(lost, probed("unreachable"));
    }
    expect(story.decisions).toEqual([{ do: "close" }]);
    expect(story.status.message).toBe(`The Jupyter server cannot be reached. Tried ${MAX_TRIES} times.`);
  });

  test("a server without the extension is asked again when the page is looked at", () => {
    const story = new Story(wanted, lost, probed("missing"));
    expect(story.happen({ type: "woke" }).decisions).toEqual([{ do: "open", way: "websocket" }]);
  });
});

describe("what is wrong is said", () => {
  const restarting: Happening = { type: "closed", code: 4102, reason: '{"retry_ms":5000}' };
  const lostStream = () => liveStream().tickAfter(HEARTBEAT_MS).happen({ type: "woke" });
  test.each<[string, () => Story]>([
    ["The connection to the Jupyter server was lost.", () => new Story(wanted, welcome, lost)],
    ["The connection to the Jupyter server was lost.", lostStream],
    ["The Jupyter server is restarting.", () => new Story(wanted, restarting)],
    ["The Jupyter server cannot be reached.", () => new Story(wanted, lost, probed("unreachable"))],
    ["The Jupyter server does not open a WebSocket.", () => new Story(wanted, lost, probed("ok"))],
    [
      "The Jupyter server answers, but builds cannot be read from it.",
      () => {
        const blocked = [lost, probed("ok")];
        return new Story(wanted, ...blocked).tickWhenDue().happen(...blocked, ...blocked, ...blocked);
      },
    ],
    [
      "The Jupyter server has not been heard from.",
      () => new Story(wanted, welcome).tickAfter(2 * HEARTBEAT_MS),
    ],
  ])("%s", (message, story) => {
    expect(story().status.message).toBe(message);
  });

  test("a server that restarts before any welcome says when to come back", () => {
    expect(new Story(wanted, restarting).status).toMatchObject({ attempt: 2, retryAt: 5_000 + 1_000 });
  });
});
