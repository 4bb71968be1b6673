// Goal: whatever changes come, the book is what they add up to, best price first, or none at all.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nextBook } from "./market-book.ts";
import type { MarketDepth, MarketLevel } from "./wire.ts";

const AT = { channel: "depth", symbol: "00700", epoch: 3, time_ms: 0 } as const;

function whole(seq: number, bids: readonly MarketLevel[], asks: readonly MarketLevel[]) {
  const data = { levels: 10, bids, asks } as const;
  return nextBook(null, { ...AT, type: "snapshot", seq, data: data as never });
}

function changed(
  book: MarketDepth | null,
  seq: number,
  bids: readonly MarketLevel[],
  asks: readonly MarketLevel[] = [],
) {
  const prev_seq = book?.seq ?? 0;
  return nextBook(book, { ...AT, type: "delta", seq, prev_seq, data: { bids, asks } });
}

test("market book: any changes add up, by price and not by text", () => {
  const change = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 3 }));
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 20 }), (steps) => {
      let book = whole(1, [], []);
      const totals = new Map<number, number>();
      for (const [index, step] of steps.entries()) {
        const levels = step.map(([price, orders]): MarketLevel => {
          if (orders === 0) totals.delete(price);
          else totals.set(price, orders);
          return [String(price / 4), String(100 * orders), orders];
        });
        book = changed(book, index + 2, levels, levels);
      }
      const rising = [...totals].sort(([a], [b]) => a - b);
      const expected = rising.map(([price, n]) => [String(price / 4), String(100 * n), n]);
      assert.deepEqual(book?.asks, expected);
      assert.deepEqual(book?.bids, expected.reverse());
    }),
  );
});

test("market book: a change behind a gap, of another start or of no book gives none", () => {
  const book = whole(4, [["10", "200", 1]], []);
  const data = { bids: [], asks: [] };
  const delta = { ...AT, type: "delta", seq: 9, prev_seq: 4, data } as const;
  assert.equal(nextBook(book, delta)?.seq, 9);
  assert.equal(nextBook(book, { ...delta, prev_seq: 5 }), null);
  assert.equal(nextBook(book, { ...delta, epoch: 4 }), null);
  assert.equal(nextBook(null, delta), null);
});
