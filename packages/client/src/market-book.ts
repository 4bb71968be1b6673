/** A book as the market stream tells it: a fold of its snapshot and changes. Pure. */
import { compareDecimals } from "./decimal.ts";
import type {
  MarketDeltaMessage,
  MarketDepth,
  MarketLevel,
  MarketSnapshotMessage,
} from "./wire.ts";

/**
 * The book after a message of channel `depth`: exactly the best prices as they are at its `seq`.
 * Null where messages before it are missing: then only another snapshot tells the book.
 * @throws TypeError or RangeError where the message lacks what its type needs
 * @example
 * const at = { channel: "depth", symbol: "00700", epoch: 1, time_ms: 0 };
 * const bids = [["10", "200", 1], ["9.5", "100", 2]];
 * const whole = nextBook(null, { ...at, type: "snapshot", seq: 4, data: { bids, asks: [] } });
 * const data = { bids: [["10", "0", 0]], asks: [["11", "50", 1]] };
 * const next = nextBook(whole, { ...at, type: "delta", seq: 7, prev_seq: 4, data });
 * assert.deepEqual([next.bids, next.asks], [[["9.5", "100", 2]], [["11", "50", 1]]]);
 * assert.equal(nextBook(whole, { ...at, type: "delta", seq: 9, prev_seq: 7, data }), null);
 */
export function nextBook(
  book: MarketDepth | null,
  message: MarketSnapshotMessage | MarketDeltaMessage,
): MarketDepth | null {
  const { symbol, epoch, seq, time_ms } = message;
  const { bids, asks } = message.data as MarketDeltaMessage["data"];
  if (!Array.isArray(bids) || !Array.isArray(asks)) throw new TypeError("a book has two sides");
  if (message.type === "snapshot") return { symbol, epoch, seq, time_ms, bids, asks };
  if (book === null || message.prev_seq !== book.seq || epoch !== book.epoch) return null;
  return {
    symbol,
    epoch,
    seq,
    time_ms,
    bids: changed(book.bids, bids, -1),
    asks: changed(book.asks, asks, 1),
  };
}

/** `order` is 1 where the lowest price is the best one. */
function changed(
  levels: readonly MarketLevel[],
  changes: readonly MarketLevel[],
  order: 1 | -1,
): readonly MarketLevel[] {
  if (changes.length === 0) return levels;
  const next = [...levels];
  for (const change of changes) {
    const index = placeOf(next, change[0], order);
    const there = next[index];
    const isKnown = there !== undefined && compareDecimals(there[0], change[0]) === 0;
    const isGone = change[2] === 0;
    next.splice(index, isKnown ? 1 : 0, ...(isGone ? [] : [change]));
  }
  return next;
}

/** Index of the first level that is not better than the price. */
function placeOf(levels: readonly MarketLevel[], price: string, order: 1 | -1): number {
  let [low, high] = [0, levels.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const level = levels[middle];
    if (level !== undefined && order * compareDecimals(level[0], price) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
