import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { at } from "../assert.ts";
import { formatDecimal, type Price } from "../model/decimal.ts";
import { REFERENCE_INSTRUMENTS } from "../model/reference-instruments.ts";
import {
  FAIR_PRICE_STEP_MS,
  FAIR_PRICE_STEPS_MAX,
  type FairPrice,
  fairPriceAt,
  fairPriceFrom,
} from "./fair-price.ts";
import { Random } from "./random.ts";
import { SIMULATED_SYMBOLS, type SimulatedSymbol, simulatedSymbol } from "./simulated-symbols.ts";

const SYMBOLS = SIMULATED_SYMBOLS.map((spec) => {
  const index = REFERENCE_INSTRUMENTS.findIndex(({ symbol }) => symbol === spec.symbol);
  return simulatedSymbol(spec, at(REFERENCE_INSTRUMENTS, index));
});

test("fair price: the first minute of each symbol, of one seed", () => {
  const lines = SYMBOLS.map((symbol) => {
    let fair = begun(symbol, 1);
    const prices = [0, 1, 2, 3, 10, 60].map((seconds) => {
      while (fair.movedToMs < seconds * 1_000)
        fair = fairPriceAt(symbol, fair, fair.movedToMs + 1_000);
      return formatDecimal(fair.px);
    });
    return `${symbol.instrument.symbol} ${prices.join(" ")}`;
  });
  assert.deepEqual(lines, [
    "00700 450 450.0344457 449.98013125 449.895225 449.96763654 450.54969133",
    "AAPL 190 189.99004423 189.98359246 189.9811748 189.97335431 189.96593372",
    "DODO-USDT 0.05 0.0499968 0.04999555 0.04999475 0.04999849 0.04999097",
    "BTC-USDT 60000 59997.23644266 59995.78511892 59999.48232111 59987.26868319 59957.75660068",
  ]);
});

test("fair price: it never leaves its bounds, wherever it begins", () => {
  const seeds = fc.integer({ min: 0, max: 0xffff_ffff });
  const symbols = fc.constantFrom(...SYMBOLS);
  const start = fc.bigInt({ min: 0n, max: 10n ** 14n });
  fc.assert(
    fc.property(symbols, seeds, start, (symbol, seed, startPx) => {
      const random = Random.seeded(seed, "fair");
      let fair = fairPriceFrom(symbol, startPx as Price, random);
      for (let second = 0; second <= 300; second += 1) {
        assert.ok(fair.px >= symbol.lowestPx && fair.px <= symbol.highestPx);
        fair = fairPriceAt(symbol, fair, second * FAIR_PRICE_STEP_MS);
      }
    }),
    { numRuns: 50 },
  );
});

test("fair price: it is drawn back to its reference from either bound", () => {
  for (const symbol of SYMBOLS) {
    for (const startPx of [symbol.lowestPx, symbol.highestPx]) {
      let fair = fairPriceFrom(symbol, startPx, Random.seeded(3, "fair"));
      let nearestPx = distance(symbol, fair);
      for (let second = 0; second <= 6 * 3_600; second += 1) {
        fair = fairPriceAt(symbol, fair, second * FAIR_PRICE_STEP_MS);
        const now = distance(symbol, fair);
        if (now < nearestPx) nearestPx = now;
      }
      assert.ok(nearestPx < symbol.stepPx, symbol.instrument.symbol);
    }
  }
});

test("fair price: after a pause it makes up for a few moves and no more", () => {
  const symbol = at(SYMBOLS, 0);
  const begin = begun(symbol, 5);
  const hourMs = 3_600_000;
  const late = fairPriceAt(symbol, begin, hourMs + 999);
  const soon = fairPriceAt(symbol, begin, FAIR_PRICE_STEPS_MAX * FAIR_PRICE_STEP_MS);
  assert.equal(late.px, soon.px);
  assert.equal(late.movedToMs, hourMs);
});

test("fair price: it moves at whole steps, however often it is asked", () => {
  const symbol = at(SYMBOLS, 0);
  const begin = begun(symbol, 5);
  assert.equal(fairPriceAt(symbol, begin, FAIR_PRICE_STEP_MS - 1), begin);
  let often = begin;
  for (let nowMs = 0; nowMs <= 4_000; nowMs += 7) often = fairPriceAt(symbol, often, nowMs);
  assert.deepEqual(often, fairPriceAt(symbol, begin, 3_999));
});

function begun(symbol: SimulatedSymbol, seed: number): FairPrice {
  const random = Random.seeded(seed, `fair ${symbol.instrument.symbol}`);
  return fairPriceFrom(symbol, symbol.referencePx, random);
}

function distance({ referencePx }: SimulatedSymbol, { px }: FairPrice): bigint {
  return px < referencePx ? referencePx - px : px - referencePx;
}
