import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatDecimal, REFERENCE_INSTRUMENTS, Side, type UnixMs } from "../model/index.ts";
import {
  CANDLE_INTERVALS,
  CANDLES_KEPT_MAX,
  type Candle,
  CandleInterval,
  candleStart,
  type Trade,
} from "./candles.ts";
import type { TradePrint } from "./market-batch.ts";
import { TRADES_KEPT_MAX, TradeTape } from "./trade-tape.ts";

const SYMBOL = "00700";
/** 2025-05-09T00:00:00Z. */
const DAY_MS = 1_746_748_800_000;

test("tape: a minute's candle has the first, highest, lowest and last price and exact sums", () => {
  const tape = tapeOf([
    [0, 42383, 10],
    [1, 42401, 5],
    [59_998, 42300, 1],
    [59_999, 42350, 2],
    [60_000, 42360, 3],
  ]);
  assert.deepEqual(tape.candles(SYMBOL, CandleInterval.Minute, 10).map(shown), [
    "0 423.83 424.01 423 423.5 x1800 =762835 (4)",
    "60 423.6 423.6 423.6 423.6 x300 =127080 (1)",
  ]);
});

test("tape: an interval begins with its first millisecond and ends before the next one's", () => {
  const edges: readonly (readonly [atMs: number, interval: CandleInterval, start: number])[] = [
    [DAY_MS, CandleInterval.Day, DAY_MS],
    [DAY_MS - 1, CandleInterval.Day, DAY_MS - 86_400_000],
    [DAY_MS + 3_599_999, CandleInterval.Hour, DAY_MS],
    [DAY_MS + 3_600_000, CandleInterval.Hour, DAY_MS + 3_600_000],
    [DAY_MS + 299_999, CandleInterval.FiveMinutes, DAY_MS],
    [DAY_MS + 300_000, CandleInterval.FiveMinutes, DAY_MS + 300_000],
    [DAY_MS + 59_999, CandleInterval.Minute, DAY_MS],
    [0, CandleInterval.Day, 0],
  ];
  for (const [atMs, interval, startMs] of edges) {
    assert.equal(candleStart(atMs as UnixMs, interval), startMs / 1000, `${atMs} ${interval}`);
  }
});

test("tape: an interval without a trade has no candle", () => {
  const tape = tapeOf([
    [0, 100, 1],
    [600_000, 101, 1],
  ]);
  const starts = tape.candles(SYMBOL, CandleInterval.FiveMinutes, 10).map(shown);
  assert.deepEqual(starts, ["0 1 1 1 1 x100 =100 (1)", "600 1.01 1.01 1.01 1.01 x100 =101 (1)"]);
});

test("tape: what is kept is bounded, the oldest goes first", () => {
  const count = Math.max(CANDLES_KEPT_MAX, TRADES_KEPT_MAX) + 3;
  const tape = tapeOf(Array.from({ length: count }, (_, index) => [index * 60_000, index + 1, 1]));
  const candles = tape.candles(SYMBOL, CandleInterval.Minute, Number.MAX_SAFE_INTEGER);
  assert.equal(candles.length, CANDLES_KEPT_MAX);
  assert.equal(candles.at(-1)?.startSeconds, DAY_MS / 1000 + (count - 1) * 60);
  const trades = tape.trades(SYMBOL, Number.MAX_SAFE_INTEGER);
  assert.equal(trades.length, TRADES_KEPT_MAX);
  assert.equal(trades[0]?.tradeNo, count - TRADES_KEPT_MAX + 1);
  assert.deepEqual(
    tape.trades(SYMBOL, 2).map(({ tradeNo }) => tradeNo),
    [count - 1, count],
  );
  assert.deepEqual(tape.trades(SYMBOL, 0), []);
});

test("tape: the ticker tells today from the last day that traded", () => {
  const tape = tapeOf([
    [-86_400_000, 90, 1],
    [0, 100, 1],
    [1000, 120, 2],
    [2000, 110, 1],
  ]);
  assert.equal(tape.latestAtMs, DAY_MS + 2000);
  const today = tape.ticker(SYMBOL, (DAY_MS + 3000) as UnixMs);
  assert.deepEqual(
    [today.lastPrice, today.previousClose, today.dayOpen, today.dayHigh, today.dayLow].map(
      formatDecimal,
    ),
    ["1.1", "0.9", "1", "1.2", "1"],
  );
  assert.equal(formatDecimal(today.dayVolume), "400");
  assert.equal(formatDecimal(today.dayAmount), "450");
  assert.deepEqual([today.dayTradeCount, today.lastAtMs], [3, DAY_MS + 2000]);

  const later = tape.ticker(SYMBOL, (DAY_MS + 3 * 86_400_000) as UnixMs);
  assert.deepEqual([later.lastPrice, later.previousClose].map(formatDecimal), ["1.1", "1.1"]);
  assert.deepEqual(
    [later.dayOpen, later.dayHigh, later.dayVolume, later.dayTradeCount],
    [0n, 0n, 0n, 0],
  );

  const untraded = tape.ticker("AAPL", DAY_MS as UnixMs);
  assert.deepEqual([untraded.lastPrice, untraded.previousClose, untraded.lastAtMs], [0n, 0n, 0]);
});

test("tape: trades that run backwards are a bug", () => {
  const tape = tapeOf([[60_000, 100, 1]]);
  assert.throws(() => tape.apply(print(1, 60_000, 100, 1)), /told in their order/);
  assert.throws(() => tape.apply(print(2, 59_999, 100, 1)), /never runs backwards/);
  assert.throws(() => tape.apply({ ...print(2, 60_000, 1, 1), symbol: "X" }), /listed/);
});

test("tape: candles are what their trades give, at every interval", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(gap, fc.integer({ min: 1, max: 9 }), fc.nat(8))), (rows) => {
      const prints = printsOf(rows);
      const tape = new TradeTape(REFERENCE_INSTRUMENTS);
      const trades = prints.map((each) => tape.apply(each));
      for (const interval of CANDLE_INTERVALS) {
        assert.deepEqual(tape.candles(SYMBOL, interval, CANDLES_KEPT_MAX), naive(trades, interval));
      }
      assert.deepEqual(tape.trades(SYMBOL, TRADES_KEPT_MAX), trades);
    }),
    { numRuns: 100 },
  );
});

/** Milliseconds between two trades: often none, sometimes over a day. */
const gap = fc.oneof(fc.constant(0), fc.nat(90_000), fc.nat(100_000_000));

function printsOf(rows: readonly (readonly [gapMs: number, ticks: number, lots: number])[]) {
  let atMs = 0;
  return rows.map(([gapMs, ticks, lots], index) => {
    atMs += gapMs;
    return print(index + 1, atMs, ticks, lots + 1);
  });
}

function tapeOf(rows: readonly (readonly [offsetMs: number, ticks: number, lots: number])[]) {
  const tape = new TradeTape(REFERENCE_INSTRUMENTS);
  for (const [index, [offsetMs, ticks, lots]] of rows.entries()) {
    tape.apply(print(index + 1, offsetMs, ticks, lots));
  }
  return tape;
}

function print(tradeNo: number, offsetMs: number, ticks: number, lots: number): TradePrint {
  const aggressorSide = tradeNo % 3 === 0 ? null : Side.Buy;
  return {
    symbol: SYMBOL,
    tradeNo,
    ticks,
    lots,
    aggressorSide,
    atMs: (DAY_MS + offsetMs) as UnixMs,
  };
}

function naive(trades: readonly Trade[], interval: CandleInterval): unknown[] {
  const starts = [
    ...new Set(trades.map(({ atMs }) => Math.floor(atMs / 1000 / interval) * interval)),
  ];
  return starts.map((startSeconds) => {
    const inside = trades.filter(({ atMs }) => {
      return atMs >= startSeconds * 1000 && atMs < (startSeconds + interval) * 1000;
    });
    const prices = inside.map(({ price }) => price).sort((a, b) => (a < b ? -1 : 1));
    return {
      startSeconds,
      open: inside[0]?.price,
      high: prices.at(-1),
      low: prices[0],
      close: inside.at(-1)?.price,
      volume: inside.reduce((sum, { qty }) => sum + qty, 0n),
      amount: inside.reduce((sum, { price, qty }) => sum + (price * qty) / 100_000_000n, 0n),
      tradeCount: inside.length,
    };
  });
}

function shown({
  startSeconds,
  open,
  high,
  low,
  close,
  volume,
  amount,
  tradeCount,
}: Candle): string {
  const prices = [open, high, low, close].map(formatDecimal).join(" ");
  const start = startSeconds - DAY_MS / 1000;
  return `${start} ${prices} x${formatDecimal(volume)} =${formatDecimal(amount)} (${tradeCount})`;
}
