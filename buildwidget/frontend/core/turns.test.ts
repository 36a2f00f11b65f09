import { expect, test } from "vitest";
import { turnOf } from "./turns";

const page = (clientID: number, ...others: number[]) => ({
  clientID,
  getStates: () => new Map([clientID, ...others].map((client) => [client, {}])),
});

test("a page alone, or without collaboration, has the first turn", () => {
  expect([turnOf(null), turnOf(undefined), turnOf(page(7))]).toEqual([0, 0, 0]);
});

test("pages that share a document have turns of their own", () => {
  const turns = [turnOf(page(9, 3, 5)), turnOf(page(3, 5, 9)), turnOf(page(5, 9, 3))];
  expect(turns).toEqual([2, 0, 1]);
});
