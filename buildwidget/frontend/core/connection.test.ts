import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
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
  PATIENT_MS,
  PONG_WITHIN_MS,
  type Probe,
  STREAM_QUIET_MS,
  STREAM_WITHIN_MS,
  statusOf,
} from "./connection-state";

const HEARTBEAT_MS = 30_000;
const welcome: Happening = { type: "welcome", protocol: 1, heartbeatMs: HEARTBEAT_MS };
const lost: Happening = { type: "closed", code: 1006, reason: "" };
const probed = (result: Probe): Happening => ({
  type: "probed",
  result,
  message: null,
});

/** Not the code's own constant: a loop up to that would end when the code says so. */
const MAX_TRIES = 10;
const MAX_TICKS = 1_000;

/** A connection in time; jitter always takes half. */
class Driven {
  now = 0;
  connection: Connection = INITIAL;
  decisions: Decision[] = [];

  happen(...happenings: Happening[]): this {
    for (const happening of happenings) {
      const { connection, decisions } = step(this.connection, happening, {
        now: this.now,
        random: () => 0.5,
      });
      this.connection = connection;
      this.decisions = [...decisions];
    }
    return this;
  }

  /** Time passes; ticks come when they are due. */
  pass(ms: number): this {
    const end = this.now + ms;
    let ticks = 0;
    for (
      let due = deadlineOf(this.connection);
      due !== null && due <= end;
      due = deadlineOf(this.connection)
    ) {
      // A deadline that a tick does not move would come for ever.
      ticks += 1;
      if (ticks > MAX_TICKS) throw new Error(`${MAX_TICKS} ticks in ${ms} ms.`);
      this.now = Math.max(this.now, due);
      this.happen({ type: "tick" });
    }
    this.now = end;
    return this;
  }

  /** Passes time until the next deadline. */
  passToDeadline(): this {
    const due = deadlineOf(this.connection) ?? this.now;
    this.now = due;
    return this.happen({ type: "tick" });
  }

  /** One more try, and nobody answers. */
  failOnce(): this {
    return this.passToDeadline().happen(lost, probed("unreachable"));
  }

  get status() {
    return statusOf(this.connection);
  }
}

let link: Driven;
beforeEach(() => {
  link = new Driven();
});
const live = () => link.happen({ type: "wanted", wanted: true }, welcome);

describe("opening", () => {
  test("nothing is open while nothing is wanted", () => {
    expect(link.status.phase).toBe("idle");
    expect(deadlineOf(link.connection)).toBeNull();
  });

  test("it opens when it is wanted, and is live with the welcome", () => {
    link.happen({ type: "wanted", wanted: true });
    expect(link.decisions).toEqual([{ do: "open", way: "websocket" }]);
    expect(link.status).toMatchObject({ phase: "connecting", attempt: 1, retryAt: null });
    link.happen(welcome);
    expect(link.status).toEqual({
      phase: "live",
      attempt: 0,
      retryAt: null,
      transport: "websocket",
      message: null,
    });
  });

  test("a socket that says nothing is given up and asked about", () => {
    link.happen({ type: "wanted", wanted: true }).pass(OPEN_WITHIN_MS);
    expect(link.decisions).toEqual([{ do: "close" }, { do: "probe" }]);
  });

  test("a server of another protocol is final", () => {
    link.happen(
      { type: "wanted", wanted: true },
      { type: "welcome", protocol: 2, heartbeatMs: HEARTBEAT_MS },
    );
    expect(link.status).toMatchObject({ phase: "failed", message: expect.stringContaining("Reload") });
    link.happen({ type: "woke" });
    expect(link.decisions).toEqual([]);
  });
});

describe("a handshake that fails", () => {
  beforeEach(() => {
    link.happen({ type: "wanted", wanted: true }, lost);
  });

  test("is asked about", () => {
    expect(link.decisions).toEqual([{ do: "probe" }]);
    expect(link.status.phase).toBe("connecting");
  });

  test("because nobody is there: tries again later", () => {
    link.happen(probed("unreachable"));
    expect(link.status).toMatchObject({ phase: "reconnecting", attempt: 2, retryAt: 1_000 });
    link.passToDeadline();
    expect(link.decisions).toEqual([{ do: "open", way: "websocket" }]);
  });

  test("because the server cannot serve builds: says so in its words", () => {
    link.happen({ type: "probed", result: "unreachable", message: "The database is being opened." });
    expect(link.status.message).toBe("The database is being opened.");
  });

  test("because the user is not logged in: stops, until the page is looked at again", () => {
    link.happen(probed("forbidden"));
    expect(link.status).toMatchObject({ phase: "failed", message: expect.stringContaining("Log in") });
    expect(deadlineOf(link.connection)).toBeNull();
    link.happen({ type: "woke" });
    expect(link.decisions).toEqual([{ do: "open", way: "websocket" }]);
  });

  test("because there is no extension: stops", () => {
    link.happen(probed("missing"));
    expect(link.status).toMatchObject({ phase: "failed", message: expect.stringContaining("extension") });
  });

  test("though the server answers: the second time the stream is taken, at once", () => {
    link.happen(probed("ok"));
    expect(link.status).toMatchObject({ phase: "reconnecting", attempt: 2 });
    link.passToDeadline().happen(lost, probed("ok"));
    expect(link.decisions).toEqual([{ do: "open", way: "stream" }]);
    link.happen(welcome);
    expect(link.status).toMatchObject({ phase: "live", transport: "stream" });
  });

  /** Neither a WebSocket nor a stream opens, though the server answers. */
  const blocked = () =>
    link.happen(probed("ok")).passToDeadline().happen(lost, probed("ok")).happen(lost, probed("ok"));

  test("when the stream does not open either, the page polls, at once", () => {
    blocked();
    expect(link.decisions).toEqual([{ do: "open", way: "poll" }]);
    link.happen(welcome);
    expect(link.status).toMatchObject({ phase: "live", transport: "poll" });
  });

  test("a stream whose welcome a proxy holds back is given up soon", () => {
    link.happen(probed("ok")).passToDeadline().happen(lost, probed("ok")).pass(STREAM_WITHIN_MS);
    expect(link.decisions).toEqual([{ do: "close" }, { do: "probe" }]);
    link.happen(probed("ok"));
    expect(link.decisions).toEqual([{ do: "open", way: "poll" }]);
  });

  test("when polling fails too, it is tried again, ten times in all", () => {
    blocked().happen(lost, probed("ok"));
    let tries = 2;
    for (; link.status.phase !== "failed" && tries < 20; tries += 1) {
      link.passToDeadline().happen(lost, probed("ok"));
      expect(link.decisions).toEqual([{ do: "open", way: "poll" }]);
      link.happen(lost, probed("ok"));
    }
    expect(tries).toBe(MAX_TRIES);
  });

  test("while it polls, a WebSocket is tried beside it, less and less often, and takes over when it opens", () => {
    blocked().happen(welcome);
    const pauses = [];
    for (let tries = 0; tries < 4; tries += 1) {
      const before = link.now;
      for (let ticks = 0; ticks < 50 && link.decisions[0]?.do !== "tryBetter"; ticks += 1) {
        link.happen({ type: "heard" }).passToDeadline();
      }
      expect(link.decisions).toEqual([{ do: "tryBetter" }]);
      pauses.push(link.now - before);
      link.happen({ type: "better", opened: null });
      expect(link.status).toMatchObject({ phase: "live", transport: "poll" });
    }
    expect(pauses).toEqual([60_000, 120_000, 240_000, 300_000]);
    link.happen({ type: "better", opened: { protocol: 1, heartbeatMs: HEARTBEAT_MS } });
    expect(link.status).toMatchObject({ phase: "live", transport: "websocket" });
  });

  test("because the database is away: the server's words are shown, and it is asked on without end", () => {
    for (let tries = 0; tries < 3 * MAX_TRIES; tries += 1) {
      link.happen({ type: "probed", result: "unavailable", message: "The database file is gone." });
      expect(link.status).toMatchObject({ phase: "reconnecting", message: "The database file is gone." });
      link.passToDeadline().happen(lost);
    }
    link.happen({ type: "probed", result: "unavailable", message: "The database file is gone." });
    expect((deadlineOf(link.connection) ?? 0) - link.now).toBeGreaterThanOrEqual(PATIENT_MS - 30_000);
  });
});

describe("a line that is cut after a silence", () => {
  /** The proxy in between cuts after 20 s without a byte. */
  const cutOnce = () => {
    link.happen(welcome).pass(HEALTHY_AFTER_MS).happen({ type: "heard" }).pass(20_000).happen(lost);
    return link.passToDeadline();
  };

  test("is kept busy after the second cut", () => {
    link.happen({ type: "wanted", wanted: true });
    cutOnce();
    cutOnce();
    link.happen(welcome).pass(HEALTHY_AFTER_MS).happen({ type: "heard" }).pass(10_000);
    expect(link.decisions).toEqual([{ do: "ping", n: expect.any(Number) }]);
    link.happen({ type: "pong", n: 1 }, { type: "heard" }).pass(10_000);
    expect(link.decisions).toEqual([{ do: "ping", n: expect.any(Number) }]);
  });

  test("is left as it is where the cuts have nothing in common", () => {
    link.happen({ type: "wanted", wanted: true });
    cutOnce();
    link
      .happen(welcome)
      .pass(HEALTHY_AFTER_MS)
      .happen({ type: "heard" })
      .pass(7_000)
      .happen(lost)
      .passToDeadline();
    link.happen(welcome).pass(HEALTHY_AFTER_MS).happen({ type: "heard" }).pass(12_000);
    expect(link.decisions).toEqual([]);
  });

  test("a server that closes for its own reason teaches nothing", () => {
    live().pass(20_000).happen({ type: "closed", code: 1001, reason: "" }).passToDeadline();
    link.happen(welcome).pass(20_000).happen({ type: "closed", code: 1001, reason: "" });
    expect(link.connection.pingEveryMs).toBeNull();
  });
});

describe("a lost connection", () => {
  test("a healthy one is tried again within a second", () => {
    live().pass(HEALTHY_AFTER_MS).happen(lost);
    expect(link.decisions).toEqual([{ do: "close" }]);
    expect(link.status).toMatchObject({ phase: "reconnecting", attempt: 1, retryAt: link.now + 500 });
  });

  test("one that does not last counts as a failed try, so that nothing spins", () => {
    live();
    for (let tries = 1; tries < MAX_TRIES; tries += 1) {
      link.happen({ type: "closed", code: 4100, reason: "" });
      expect(link.status).toMatchObject({ phase: "reconnecting", attempt: tries + 1 });
      link.passToDeadline().happen(welcome);
    }
    link.happen({ type: "closed", code: 4100, reason: "" });
    expect(link.status.phase).toBe("failed");
  });

  test("a healthy one starts the count of tries anew", () => {
    live().pass(HEALTHY_AFTER_MS).happen(lost).failOnce().failOnce();
    expect(link.status).toMatchObject({ phase: "reconnecting", attempt: 3 });
    link.passToDeadline().happen(welcome).pass(HEALTHY_AFTER_MS);
    expect(link.connection.failedTries).toBe(0);
    link.happen(lost);
    expect(link.status).toMatchObject({ phase: "reconnecting", attempt: 1, retryAt: link.now + 500 });
    for (let tries = 1; tries < MAX_TRIES; tries += 1) link.failOnce();
    expect(link.status).toMatchObject({ phase: "reconnecting", attempt: MAX_TRIES });
    link.failOnce();
    expect(link.status.phase).toBe("failed");
  });

  test("so does one whose page was asleep when it became healthy", () => {
    live().pass(HEALTHY_AFTER_MS).happen(lost).failOnce().failOnce();
    link.passToDeadline().happen(welcome);
    link.now += HEALTHY_AFTER_MS; // no tick comes
    link.happen(lost);
    expect(link.status).toMatchObject({ phase: "reconnecting", attempt: 1, retryAt: link.now + 500 });
  });

  test("one that is lost a moment before it is healthy does not", () => {
    live().pass(HEALTHY_AFTER_MS).happen(lost).failOnce().failOnce();
    link
      .passToDeadline()
      .happen(welcome)
      .pass(HEALTHY_AFTER_MS - 1)
      .happen(lost);
    expect(link.status).toMatchObject({ phase: "reconnecting", attempt: 4 });
  });

  test("ten tries fail, each with a doubled ceiling, and then it says so", () => {
    live().pass(HEALTHY_AFTER_MS).happen(lost);
    const waits = [];
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      expect(link.status).toMatchObject({ phase: "reconnecting", attempt: tries + 1 });
      waits.push((deadlineOf(link.connection) ?? 0) - link.now);
      link.failOnce();
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 15_000, 15_000]);
    expect(link.status).toMatchObject({ phase: "failed", attempt: 10, retryAt: null, transport: null });
    expect(deadlineOf(link.connection)).toBeNull();
    link.happen({ type: "retry" });
    expect(link.decisions).toEqual([{ do: "open", way: "websocket" }]);
    expect(link.status).toMatchObject({ phase: "reconnecting", attempt: 1 });
  });

  test("a server that shuts down is given the time it asks for", () => {
    live().pass(HEALTHY_AFTER_MS).happen({ type: "closed", code: 4102, reason: '{"retry_ms":5000}' });
    expect(link.status.retryAt).toBe(link.now + 5_000 + 500);
  });

  test.each([4500, 4501, 4503])("%i is final: neither time nor waking helps, Retry does", (code) => {
    live().happen({ type: "closed", code, reason: "" });
    expect(link.status).toMatchObject({ phase: "failed", message: expect.stringContaining("eload") });
    expect(link.happen({ type: "woke" }).decisions).toEqual([]);
    expect(deadlineOf(link.connection)).toBeNull();
    expect(link.happen({ type: "retry" }).decisions).toEqual([{ do: "open", way: "websocket" }]);
  });

  test("a missing route after a connection is a server that starts", () => {
    live().pass(HEALTHY_AFTER_MS).happen(lost).passToDeadline().happen(lost, probed("missing"));
    expect(link.status.phase).toBe("reconnecting");
  });

  test("a lost stream is tried as a WebSocket first, and as a stream right after", () => {
    live().happen(lost).passToDeadline();
    link.happen(lost, probed("ok")).passToDeadline().happen(lost, probed("ok"), welcome);
    expect(link.status.transport).toBe("stream");
    link.pass(HEALTHY_AFTER_MS).happen(lost).passToDeadline();
    expect(link.decisions).toEqual([{ do: "open", way: "websocket" }]);
    link.happen(lost, probed("ok"));
    expect(link.decisions).toEqual([{ do: "open", way: "stream" }]);
  });
});

describe("keeping alive", () => {
  test("it pings every heartbeat", () => {
    live();
    for (let beat = 1; beat <= 3; beat += 1) {
      link.pass(HEARTBEAT_MS);
      expect(link.decisions).toEqual([{ do: "ping", n: beat }]);
      expect(link.happen({ type: "heard" }).decisions).toEqual([]);
    }
  });

  test("where timers sleep, frames keep the pings going", () => {
    live();
    link.now += HEARTBEAT_MS / 2;
    expect(link.happen({ type: "heard" }).decisions).toEqual([{ do: "ping", n: 1 }]);
    expect(link.happen({ type: "heard" }).decisions).toEqual([]);
  });

  test("two silent heartbeats are a lost connection", () => {
    live().pass(2 * HEARTBEAT_MS - 1);
    expect(link.status.phase).toBe("live");
    link.pass(1);
    expect(link.status.phase).toBe("reconnecting");
  });

  test("frames keep it alive", () => {
    live();
    for (let beat = 0; beat < 5; beat += 1) link.pass(HEARTBEAT_MS).happen({ type: "heard" });
    expect(link.status.phase).toBe("live");
  });
});

describe("waking", () => {
  test("asks for a pong, and takes it", () => {
    live().happen({ type: "woke" });
    expect(link.decisions).toEqual([{ do: "ping", n: 1 }]);
    expect(link.happen({ type: "woke" }).decisions).toEqual([]);
    link.happen({ type: "pong", n: 1 }).pass(PONG_WITHIN_MS);
    expect(link.status.phase).toBe("live");
  });

  test("without a pong within 3 s the connection is lost, whatever else came", () => {
    live().pass(HEALTHY_AFTER_MS).happen({ type: "pong", n: 0 }, { type: "woke" }, { type: "pong", n: 0 });
    link.pass(PONG_WITHIN_MS - 1).happen({ type: "heard" });
    expect(link.status.phase).toBe("live");
    link.pass(1);
    expect(link.status.phase).toBe("reconnecting");
  });

  test("while waiting it tries at once, with all tries left", () => {
    live().happen(lost).failOnce().failOnce().happen({ type: "woke" });
    expect(link.decisions).toEqual([{ do: "open", way: "websocket" }]);
    expect(link.status.attempt).toBe(1);
  });

  test("after giving up it tries at once", () => {
    live().pass(HEALTHY_AFTER_MS).happen(lost);
    for (let tries = 0; tries < MAX_TRIES; tries += 1) link.failOnce();
    expect(link.status.phase).toBe("failed");
    expect(link.happen({ type: "woke" }).decisions).toEqual([{ do: "open", way: "websocket" }]);
  });

  test("a stream cannot be pinged: a quiet one is opened anew, a fresh one stays", () => {
    live().happen(lost).passToDeadline();
    link.happen(lost, probed("ok")).passToDeadline().happen(lost, probed("ok"), welcome);
    link.pass(STREAM_QUIET_MS - 1);
    expect(link.happen({ type: "woke" }).decisions).toEqual([]);
    link.pass(1);
    expect(link.happen({ type: "woke" }).decisions).toEqual([{ do: "open", way: "websocket" }]);
  });
});

describe("offline", () => {
  test("shows at once, though frames may still come", () => {
    live().pass(HEALTHY_AFTER_MS).happen({ type: "offline" });
    expect(link.decisions).toEqual([{ do: "close" }]);
    expect(link.status).toMatchObject({ phase: "reconnecting", message: "This computer is offline." });
  });

  test("tries go on: a server on this computer needs no network", () => {
    live().pass(HEALTHY_AFTER_MS).happen({ type: "offline" }).passToDeadline().happen(welcome);
    expect(link.status.phase).toBe("live");
  });
});

describe("not wanted any more", () => {
  test("it stays a little, then closes", () => {
    live().happen({ type: "wanted", wanted: false });
    expect(link.decisions).toEqual([]);
    expect(link.status.phase).toBe("idle");
    link.pass(LINGER_MS);
    expect(link.decisions).toEqual([{ do: "close" }]);
    expect(deadlineOf(link.connection)).toBeNull();
  });

  test("whoever wants it meanwhile takes it over", () => {
    live()
      .happen({ type: "wanted", wanted: false })
      .pass(LINGER_MS - 1);
    link.happen({ type: "wanted", wanted: true }).pass(LINGER_MS);
    expect(link.status.phase).toBe("live");
  });

  test.each<[string, Happening[]]>([
    ["opening", []],
    ["probing", [lost]],
    ["waiting", [lost, probed("unreachable")]],
    ["failed", [lost, probed("missing")]],
  ])("while %s it stops at once", (_, happenings) => {
    link.happen({ type: "wanted", wanted: true }, ...happenings, { type: "wanted", wanted: false });
    expect(link.decisions).toEqual([{ do: "close" }]);
    expect(deadlineOf(link.connection)).toBeNull();
  });
});

const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ type: fc.constant("wanted" as const), wanted: fc.boolean() }),
  fc.constant(welcome),
  fc.record({
    type: fc.constantFrom("heard", "tick", "woke", "offline", "retry"),
  }) as fc.Arbitrary<Happening>,
  fc.record({ type: fc.constant("pong" as const), n: fc.nat(5) }),
  fc.record({
    type: fc.constant("closed" as const),
    code: fc.constantFrom(1001, 1006, 4100, 4102, 4500, 4577),
    reason: fc.constantFrom("", '{"retry_ms": 100}', "nonsense"),
  }),
  fc
    .constantFrom("ok", "forbidden", "missing", "unavailable", "unreachable")
    .map((result) => probed(result as "ok")),
  fc.constantFrom(null, { protocol: 1, heartbeatMs: HEARTBEAT_MS }).map((opened) => ({
    type: "better" as const,
    opened,
  })),
);

test("whatever happens, it is never stuck, never opens unasked, and never tries too often", () => {
  const steps = fc.array(fc.tuple(anyHappening, fc.nat(70_000)), { size: "max", maxLength: 60 });
  fc.assert(
    fc.property(steps, (story) => {
      const driven = new Driven();
      for (const [happening, ms] of story) {
        driven.now += ms;
        driven.happen(happening);
        const { stage, wanted, failedTries } = driven.connection;
        expect(failedTries).toBeLessThanOrEqual(MAX_TRIES);
        if (driven.decisions.some((decision) => decision.do === "open")) expect(wanted).toBe(true);
        if (!wanted) expect(["closed", "live"]).toContain(stage.mode);
        if (wanted) expect(stage.mode).not.toBe("closed");
        // Whoever waits knows until when; only an answer, a person or the page ends the others.
        const waits = deadlineOf(driven.connection) !== null;
        expect(waits).toBe(["opening", "waiting", "live"].includes(stage.mode));
      }
    }),
    { numRuns: 300 },
  );
}, 30_000);
