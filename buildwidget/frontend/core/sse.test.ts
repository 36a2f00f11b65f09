import fc from "fast-check";
import { expect, test } from "vitest";
import { EventStreamReader } from "./sse";

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (...chunks: Uint8Array[]) => {
  const reader = new EventStreamReader();
  return chunks.flatMap((chunk) => reader.feed(chunk));
};

test("a message ends with a blank line, whatever the line ends are", () => {
  const message = { event: "message", id: "", data: "a\nb" };
  for (const end of ["\n", "\r\n", "\r"]) {
    // After a last lone "\r" only the next byte tells whether it was one.
    const text = ["data: a", "data:b", "", "data: next"].join(end);
    expect(read(bytes(text))).toEqual([message]);
  }
});

test("comments, unknown fields and messages without data give nothing", () => {
  expect(read(bytes(": keep alive\n\nfoo: bar\n\nevent: x\n\ndata: y\n\n"))).toEqual([
    { event: "message", id: "", data: "y" },
  ]);
});

test("id stays, event does not", () => {
  const [first, second] = read(bytes("id: e:1\nevent: x\ndata: a\n\ndata: b\n\n"));
  expect(first).toEqual({ event: "x", id: "e:1", data: "a" });
  expect(second).toEqual({ event: "message", id: "e:1", data: "b" });
});

test("an unfinished message is not given", () => {
  expect(read(bytes("data: a\n"))).toEqual([]);
});

test("however the bytes are cut, the messages are the same", () => {
  const line = fc.constantFrom("data: ü€😀", "data:", "data", ":c", "", "id: 1", "event: e", 'data: {"a":1}');
  const text = fc
    .array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\r")), { maxLength: 30 })
    .map((lines) => lines.flat().join(""));
  fc.assert(
    fc.property(text, fc.array(fc.nat(300)), (whole, cuts) => {
      const all = bytes(whole);
      const places = [0, ...cuts.filter((cut) => cut < all.length).sort((a, b) => a - b), all.length];
      const chunks = places.slice(1).map((end, index) => all.slice(places[index], end));
      expect(read(...chunks)).toEqual(read(all));
    }),
  );
});
