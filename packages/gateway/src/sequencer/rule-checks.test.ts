// Goal: the collar of a buy without a price starts from the price that could cost its account the
// most, in each session and with each of the market's prices missing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "@countermand/core/assert";
import { OrdType, type Price, type UnixMs } from "@countermand/core/model";
import type { MarketFacts } from "@countermand/core/rules";
import { nodeRules } from "../market-rules.ts";
import { aPlaceRequest } from "../place-request-fixture.ts";
import { RuleChecks } from "./rule-checks.ts";

const { profile, instruments } = nodeRules("strict", 7);
const INSTRUMENT = at(instruments, 0);
/** Of the opening auction: within 15 % of the previous close. */
const OPENING_MS = hongKongMs("09:05");
/** Its second stage: up to the best price asked. */
const OPENING_INSIDE_MS = hongKongMs("09:16");
const CONTINUOUS_MS = hongKongMs("10:00");
/** Of the closing auction: within 5 % of the last price. */
const CLOSING_MS = hongKongMs("16:02");

const BID = px(99);
const ASK = px(101);
const LAST = px(98);
const CLOSE = px(100);

const cases: [string, UnixMs, OrdType, Partial<MarketFacts>, Price | null][] = [
  ["trading: the best price asked", CONTINUOUS_MS, OrdType.Market, all(), ASK],
  ["trading: nothing is asked", CONTINUOUS_MS, OrdType.Market, all({ bestAsk: null }), LAST],
  ["trading: nothing has traded", CONTINUOUS_MS, OrdType.Market, { bestBid: BID }, null],
  ["opening: the limit", OPENING_MS, OrdType.Auction, all(), px(115)],
  [
    "opening: quotes above the limit",
    OPENING_MS,
    OrdType.Auction,
    all({ bestAsk: px(120) }),
    px(120),
  ],
  [
    "opening: bids above the limit",
    OPENING_MS,
    OrdType.Auction,
    all({ bestBid: px(130) }),
    px(130),
  ],
  [
    "opening, no cancels: the limit of the first stage",
    OPENING_INSIDE_MS,
    OrdType.Auction,
    all(),
    px(115),
  ],
  ["no limit: the best price asked", CLOSING_MS, OrdType.Auction, all({ lastPrice: null }), ASK],
  [
    "no limit: bids alone",
    CLOSING_MS,
    OrdType.Auction,
    { bestBid: BID, previousClose: CLOSE },
    BID,
  ],
  ["no limit, no quotes: the last price", OPENING_MS, OrdType.Auction, { lastPrice: LAST }, LAST],
  ["no limit, no quotes, no trade", CLOSING_MS, OrdType.Auction, { previousClose: CLOSE }, CLOSE],
  ["nothing is known", OPENING_MS, OrdType.Auction, {}, null],
];

for (const [name, nowMs, ordType, facts, expected] of cases) {
  test(`collar, ${name}`, () => {
    const request = aPlaceRequest({ ordType, price: null, symbol: INSTRUMENT.symbol });
    assert.equal(checksWith(facts).collarStartPx(request, INSTRUMENT, nowMs), expected);
  });
}

function checksWith(facts: Partial<MarketFacts>): RuleChecks {
  const exchange = {
    bestBid: () => facts.bestBid ?? null,
    bestAsk: () => facts.bestAsk ?? null,
    lastTradePrice: () => facts.lastPrice ?? null,
  };
  return new RuleChecks({
    profile,
    exchange,
    closes: { closePx: () => facts.previousClose ?? null },
  });
}

function all(change: Partial<MarketFacts> = {}): MarketFacts {
  return { bestBid: BID, bestAsk: ASK, lastPrice: LAST, previousClose: CLOSE, ...change };
}

function px(whole: number): Price {
  return (BigInt(whole) * 100_000_000n) as Price;
}

/** On a Wednesday on which the market trades. */
function hongKongMs(time: string): UnixMs {
  return Date.parse(`2025-08-06T${time}:00+08:00`) as UnixMs;
}
