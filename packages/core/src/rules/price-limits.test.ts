import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fixed, formatDecimal, type Price } from "../model/decimal.ts";
import { OrdType, Side } from "../model/enums.ts";
import { HKEX_SPREADS } from "./markets/hkex.ts";
import {
  type BandLimit,
  type InsideBestLimit,
  type MarketFacts,
  type PriceLimit,
  priceBounds,
  priceLimitFault,
  type QuoteLimit,
} from "./price-limits.ts";
import { ruleProfile } from "./profiles.ts";
import { sessionAt } from "./sessions.ts";
import { highestPrice, isOnTick, priceAwayBy, spreadTableAt } from "./spread-table.ts";
import { dayOf } from "./time/civil.ts";

const TABLE = spreadTableAt(HKEX_SPREADS, dayOf("2025-08-04"));
const QUOTES = limitAt("2025-08-04T10:00:00+08:00") as QuoteLimit;
const OPENING = limitAt("2025-08-04T09:05:00+08:00") as BandLimit;
const OPENING_INSIDE = limitAt("2025-08-04T09:16:00+08:00") as InsideBestLimit;
const CLOSING = limitAt("2025-08-04T16:03:00+08:00") as BandLimit;

type FactsText = readonly [
  bid: string | null,
  ask: string | null,
  last: string | null,
  close: string | null,
];

test("price limits: Hong Kong's sessions have the limits of the published rules", () => {
  assert.deepEqual([QUOTES.kind, QUOTES.passiveSpreads, QUOTES.passivePercent], ["Quote", 24n, 4n]);
  assert.deepEqual(OPENING, { kind: "Band", percent: 15n, around: "previousClose" });
  assert.deepEqual(OPENING_INSIDE, { kind: "InsideBest", firstStage: OPENING });
  assert.deepEqual(CLOSING, { kind: "Band", percent: 5n, around: "lastPrice" });
});

test("price limits: continuous trading, 24 spreads or 4 %, whichever is further", () => {
  const { Limit, EnhancedLimit } = OrdType;
  const rows: readonly (readonly [FactsText, Side, OrdType, string])[] = [
    // At 424 with a spread of 0.20, 4 % is 16.96 and 24 spreads are 4.80.
    [["423.8", "424", "424", "420"], Side.Buy, Limit, "407 to 424"],
    [["423.8", "424", "424", "420"], Side.Sell, Limit, "423.8 to 440.8"],
    // Nine spreads through the best price of the other side.
    [["423.8", "424", "424", "420"], Side.Buy, EnhancedLimit, "407 to 425.8"],
    [["423.8", "424", "424", "420"], Side.Sell, EnhancedLimit, "422 to 440.8"],
    // At 10 with a spread of 0.01, 4 % is 0.40 and 24 spreads are 0.24.
    [["10", "10.01", "10", "10"], Side.Buy, Limit, "9.6 to 10.01"],
    // At 0.30 with a spread of 0.005, 24 spreads are further: down to 0.25 are 10, 14 more below.
    [["0.3", "0.305", "0.3", "0.3"], Side.Buy, Limit, "0.236 to 0.305"],
    [["0.3", "0.305", "0.3", "0.3"], Side.Sell, Limit, "0.3 to 0.425"],
    // Across the edge of a band: 20 is the end of the 0.01 spreads.
    [["19.98", "20", "20", "20"], Side.Buy, EnhancedLimit, "19.19 to 20.18"],
    [["20", "20.02", "20", "20"], Side.Sell, EnhancedLimit, "19.91 to 20.82"],
  ];
  for (const [facts, side, ordType, expected] of rows) {
    assert.equal(boundsOf(QUOTES, facts, side, ordType), expected, `${facts} ${side} ${ordType}`);
  }
});

test("price limits: while a side is empty, the furthest of the other prices counts", () => {
  const rows: readonly (readonly [FactsText, Side, string])[] = [
    [[null, "424", "423", "420"], Side.Buy, "403.2 to 424"],
    [[null, "424", "410", null], Side.Buy, "393.6 to 424"],
    [["423.8", null, "430", "420"], Side.Sell, "423.8 to 447.2"],
    [["423.8", null, "420", "420"], Side.Buy, "407 to 3778"],
    [[null, null, "424", "420"], Side.Buy, "403.2 to 3814"],
    [[null, null, "424", "420"], Side.Sell, "47.12 to 440.8"],
    [[null, null, null, "420"], Side.Sell, "46.68 to 436.8"],
    [[null, null, null, null], Side.Buy, "any to any"],
    // Nothing has ever traded: there is no nominal price, and the quotes alone hold.
    [["423.8", "424", null, null], Side.Buy, "407 to 424"],
    [["423.8", "424", null, null], Side.Sell, "423.8 to 440.8"],
  ];
  for (const [facts, side, expected] of rows) {
    assert.equal(boundsOf(QUOTES, facts, side, OrdType.Limit), expected, `${facts} ${side}`);
  }
});

test("price limits: nine times the nominal price is too far, a spread less is not", () => {
  const facts: FactsText = [null, null, "2", null];
  assert.equal(boundsOf(QUOTES, facts, Side.Buy, OrdType.Limit), "1.76 to 17.99");
  assert.equal(boundsOf(QUOTES, facts, Side.Sell, OrdType.Limit), "0.223 to 2.24");
  const ninth = boundsOf(QUOTES, [null, null, "9", null], Side.Sell, OrdType.Limit);
  assert.equal(ninth, "1.01 to 9.36", "a ninth of it is too far as well");
});

test("price limits: orders without a price of their own have none", () => {
  for (const ordType of [OrdType.Market, OrdType.StopMarket]) {
    const bounds = boundsOf(QUOTES, ["423.8", "424", "424", "420"], Side.Buy, ordType);
    assert.equal(bounds, "any to any");
  }
});

test("price limits: auctions, first stage", () => {
  const rows: readonly (readonly [PriceLimit, FactsText, string])[] = [
    [OPENING, [null, null, "500", "420"], "357 to 483"],
    [OPENING, ["1", "2", null, "10"], "8.5 to 11.5"],
    [OPENING, [null, null, null, "0.333"], "0.285 to 0.38"],
    [OPENING, [null, null, "420", null], "any to any"],
    [CLOSING, [null, null, "420", "500"], "399 to 441"],
    [CLOSING, [null, null, "423.8", "500"], "402.8 to 444.8"],
  ];
  for (const [limit, facts, expected] of rows) {
    for (const side of [Side.Buy, Side.Sell]) {
      assert.equal(boundsOf(limit, facts, side, OrdType.AuctionLimit), expected, `${facts}`);
    }
  }
});

test("price limits: auctions, second stage between best bid and best ask", () => {
  const rows: readonly (readonly [FactsText, string])[] = [
    [["419", "421", null, "420"], "419 to 421"],
    [["425", "418", null, "420"], "418 to 425"],
    [["420", "420", null, "420"], "420 to 420"],
    [[null, "421", null, "420"], "357 to 421"],
    [["419", null, null, "420"], "419 to 483"],
    [[null, null, null, "420"], "357 to 483"],
  ];
  for (const [facts, expected] of rows) {
    assert.equal(boundsOf(OPENING_INSIDE, facts, Side.Buy, OrdType.AuctionLimit), expected);
  }
});

test("price limits: bounds end at the table's ends", () => {
  const low = boundsOf(QUOTES, ["0.012", "0.013", "0.012", null], Side.Buy, OrdType.Limit);
  assert.equal(low, "0.01 to 0.013");
  const high = boundsOf(QUOTES, ["9990", "9995", "9990", null], Side.Buy, OrdType.EnhancedLimit);
  assert.equal(high, "9595 to 9995");
});

test("price limits: a best price off its tick counts as the next one in the direction", () => {
  // 20.05 is left from the time when the spread there was 0.05; it is 0.02 now.
  const buy = boundsOf(QUOTES, ["20", "20.05", "20", null], Side.Buy, OrdType.EnhancedLimit);
  assert.equal(buy, "19.2 to 20.24");
  const sell = boundsOf(QUOTES, ["20.05", "20.1", "20.1", null], Side.Sell, OrdType.Limit);
  assert.equal(sell, "20.04 to 20.9");
});

test("price limits: both ends are inside, the next spread is not", () => {
  const prices = fc
    .bigInt({ min: 0n, max: 5000n })
    .map((rung) => priceAwayBy(TABLE, TABLE.lowest, rung) as Price);
  const facts = fc.record({
    bestBid: fc.option(prices),
    bestAsk: fc.option(prices),
    lastPrice: fc.option(prices),
    previousClose: fc.option(prices),
  });
  const limits = fc.constantFrom<PriceLimit>(QUOTES, OPENING, OPENING_INSIDE, CLOSING);
  const sides = fc.constantFrom(Side.Buy, Side.Sell);
  const types = fc.constantFrom(OrdType.Limit, OrdType.EnhancedLimit);
  fc.assert(
    fc.property(limits, facts, sides, types, (limit, known, side, ordType) => {
      const bounds = priceBounds(limit, TABLE, { side, ordType }, known);
      const { lowest, highest } = bounds;
      const faultAt = (price: Price) =>
        priceLimitFault(limit, TABLE, { side, ordType, price }, known);
      for (const bound of [lowest, highest]) {
        assert.ok(bound === null || isOnTick(TABLE, bound));
      }
      const isEmpty = lowest !== null && highest !== null && lowest > highest;
      if (lowest !== null && !isEmpty) assert.equal(faultAt(lowest), null);
      if (highest !== null && !isEmpty) assert.equal(faultAt(highest), null);
      const below = lowest === null ? null : priceAwayBy(TABLE, lowest, -1n);
      const above = highest === null ? null : priceAwayBy(TABLE, highest, 1n);
      if (below !== null) assert.deepEqual(faultAt(below), bounds);
      if (above !== null) assert.deepEqual(faultAt(above), bounds);
      assert.ok(highest === null || highest <= highestPrice(TABLE));
    }),
  );
});

function limitAt(local: string): PriceLimit {
  const { hours } = ruleProfile("strict", { seed: 1 }).markets.hkex;
  const { priceLimit } = sessionAt(hours, Date.parse(local) as Parameters<typeof sessionAt>[1])
    .session.terms;
  assert.ok(priceLimit !== null);
  return priceLimit;
}

function boundsOf(limit: PriceLimit, text: FactsText, side: Side, ordType: OrdType): string {
  const [bestBid, bestAsk, lastPrice, previousClose] = text.map((each) =>
    each === null ? null : priceOf(each),
  );
  const facts = { bestBid, bestAsk, lastPrice, previousClose } as MarketFacts;
  const { lowest, highest } = priceBounds(limit, TABLE, { side, ordType }, facts);
  return [lowest, highest]
    .map((each) => (each === null ? "any" : formatDecimal(each)))
    .join(" to ");
}

function priceOf(text: string): Price {
  return fixed(text) as Price;
}
