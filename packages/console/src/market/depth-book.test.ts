import assert from "node:assert/strict";
import { test } from "node:test";
import { foldDepth, type Level } from "./depth-book.ts";

const BID: Level = ["9.5", "100", 1];
const ASK: Level = ["10", "200", 2];
const BOOK = { seq: 5, bids: [BID], asks: [ASK] };

test("depth book: sets, adds and removes prices, best first, compared as decimals", () => {
  const data = {
    bids: [
      ["10.5", "1", 1],
      ["9.5", "0", 0],
      ["9.75", "3", 1],
    ] satisfies Level[],
    asks: [
      ["9.9", "7", 1],
      ["10", "300", 3],
    ] satisfies Level[],
  };
  assert.deepEqual(foldDepth(BOOK, { type: "delta", seq: 8, prev_seq: 5, data }), {
    seq: 8,
    bids: [
      ["10.5", "1", 1],
      ["9.75", "3", 1],
    ],
    asks: [
      ["9.9", "7", 1],
      ["10", "300", 3],
    ],
  });
});

test("depth book: without what came before there is no book", () => {
  const data = { bids: [], asks: [] };
  assert.equal(foldDepth(BOOK, { type: "delta", seq: 8, prev_seq: 6, data }), null);
  assert.equal(foldDepth(null, { type: "delta", seq: 8, prev_seq: 5, data }), null);
  const snapshot = { type: "snapshot", seq: 2, data: { bids: [BID], asks: [] } };
  assert.deepEqual(foldDepth(null, snapshot), { seq: 2, bids: [BID], asks: [] });
});
