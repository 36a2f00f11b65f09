import { beforeEach, expect, test } from "vitest";
import { settled } from "./testing/fake-clock";
import { FakeServer, type FakeSocket } from "./testing/fake-server";
import { openWebSocket, type Transport, type TransportListener } from "./transport";

let told: string[];
let server: FakeServer;
const listener: TransportListener = {
  frame: ({ type }) => told.push(type),
  heard: () => told.push("heard"),
  closed: (code, reason) => told.push(`closed ${code} ${reason}`.trim()),
};
const open = (): [Transport, FakeSocket] => {
  const transport = openWebSocket("ws://h/buildwidget/ws", server.connect, listener);
  return [transport, server.sockets[0] as FakeSocket];
};

beforeEach(() => {
  told = [];
  server = new FakeServer();
});

test("frames and other sounds come in order, then the close", () => {
  const [, socket] = open();
  socket.answerHandshake();
  socket.deliver();
  for (const data of [
    "not JSON",
    "[]",
    "null",
    '{"type":5}',
    new ArrayBuffer(3),
    '{"type":"of a later version"}',
  ]) {
    socket.arrive(data);
  }
  socket.break(4100, "slow");
  expect(told.filter((one) => one !== "heard")).toEqual([
    "welcome",
    "of a later version",
    "closed 4100 slow",
  ]);
  expect(told.filter((one) => one === "heard")).toHaveLength(7);
});

test("nothing is sent before it is open, nor after", () => {
  const [transport, socket] = open();
  transport.send({ type: "ping", n: 1 });
  socket.answerHandshake();
  transport.send({ type: "ping", n: 2 });
  transport.close();
  transport.send({ type: "ping", n: 3 });
  expect(socket.received).toEqual([{ type: "ping", n: 2 }]);
});

test("closed by the page it says nothing more, though the browser had more", () => {
  const [transport, socket] = open();
  socket.answerHandshake();
  transport.close();
  socket.arrive('{"type":"welcome"}');
  socket.onclose?.({ code: 1000, reason: "" });
  expect(told).toEqual([]);
});

test("a page that may not open sockets is told as any that did not open", async () => {
  const forbidden = () => {
    throw new DOMException("blocked", "SecurityError");
  };
  openWebSocket("ws://h", forbidden, listener);
  expect(told).toEqual([]);
  await settled();
  expect(told).toEqual(["closed 1006"]);
});
