/** For tests: event logs as fast-check writes them. */
import fc from "fast-check";

const ids = fc.constantFrom("a", "b", "2", "10", "__proto__", "constructor", "é", "😀", "\ud800", "");
const texts = fc.oneof(ids, fc.string({ unit: "binary", maxLength: 5 }), fc.constant("😀".repeat(1_100)));
const numbers = fc.oneof(
  fc.nat(120),
  fc.double(),
  fc.constantFrom("NaN", "Infinity", "-Infinity", 2 ** 53 - 1, 2 ** 53, -0),
);
const content = fc.oneof(fc.jsonValue({ maxDepth: 2 }), texts);
const stream = fc.constantFrom("stdout", "stderr", "system");

type Fields = Record<string, fc.Arbitrary<unknown>>;

/** An event with its required fields and some of the others, null or not. */
function event(type: string, required: Fields, others: Fields = {}): fc.Arbitrary<Record<string, unknown>> {
  const optional = Object.entries(others).map(([field, value]) => [field, fc.option(value)] as const);
  return fc
    .tuple(
      fc.record({ type: fc.constant(type), at: fc.nat(), ...required }),
      fc.record(Object.fromEntries(optional), { requiredKeys: [] }),
    )
    .map(([fields, more]) => ({ ...fields, ...more }));
}

const todo = fc.record({
  id: ids,
  content: texts,
  status: fc.constantFrom("pending", "in_progress", "completed", "cancelled"),
});

export const events: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  event("status", {
    status: fc.constantFrom("queued", "running", "running", "running", "succeeded", "lost"),
  }),
  event("meta", {}, { name: texts, project: texts, operation: texts, model: texts, tags: fc.array(texts) }),
  event("meta", {}, { agent: fc.record({ id: ids, version: texts, session: texts }) }),
  event("todos", { todos: fc.array(todo, { maxLength: 5 }) }),
  event(
    "tool",
    { id: ids },
    {
      name: texts,
      state: fc.constantFrom("input_streaming", "running", "succeeded", "failed", "denied"),
      input: content,
      output: content,
      truncated: fc.subarray(["input", "output"]),
    },
  ),
  event("text", { id: ids, kind: fc.constantFrom("answer", "plan") }, { delta: texts, text: texts }),
  event(
    "log",
    { first: fc.integer({ min: 1, max: 9 }), lines: fc.array(fc.tuple(stream, texts), { maxLength: 4 }) },
    {
      partial: fc.dictionary(stream, texts),
      open: fc.dictionary(stream, fc.array(texts, { maxLength: 60 })),
    },
  ),
  event(
    "progress",
    { id: ids, label: texts, current: numbers },
    { total: numbers, done: fc.boolean(), closed: fc.boolean(), level: fc.nat({ max: 3 }) },
  ),
  event("metric", { name: ids, points: fc.array(fc.tuple(fc.option(numbers), numbers, fc.nat())) }),
  event("display", { id: ids, mime: texts, size: fc.nat() }, { title: texts }),
  event("artifact", { name: texts, path: ids }, { mime: texts, size: fc.nat() }),
  event("usage", {}, { input_tokens: fc.nat(), cost_usd: numbers }),
  event(
    "permission",
    { request_id: ids, tool: texts },
    { input: content, options: fc.array(ids), decision: fc.constantFrom("allow", "deny") },
  ),
);

/** Logs of valid events, with now and then one that is none. */
export const sequences: fc.Arbitrary<unknown[]> = fc.array(
  fc.oneof({ weight: 9, arbitrary: events }, { weight: 1, arbitrary: fc.jsonValue() }),
  { maxLength: 16 },
);
