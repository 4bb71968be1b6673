// Goal: what is held and what is ordered counts, each product at what is known of its price.

import assert from "node:assert/strict";
import { test } from "node:test";
import { NOTHING_WORKING } from "../limits/exposure.ts";
import { fixed, formatDecimal, type Price } from "../model/decimal.ts";
import { MarketName, OrdType, Side } from "../model/enums.ts";
import type { Asset } from "../model/event.ts";
import type { UnixMs } from "../model/ids.ts";
import { REFERENCE_INSTRUMENTS } from "../model/reference-instruments.ts";
import { decideAdjust } from "./account-decisions.ts";
import { ANNE, BERT, ScriptedTrading } from "./desk-fixture.ts";
import { type ExposurePrices, grossExposure, type WorkingChange } from "./gross-exposure.ts";

const UNKNOWN: ExposurePrices = { markPx: () => null, sellPx: () => null };
const AT_430: ExposurePrices = { ...UNKNOWN, markPx: () => fixed("430") as Price };

function exposure(
  { desk }: ScriptedTrading,
  prices = UNKNOWN,
  { account = ANNE, currency = "HKD", change = null as WorkingChange | null } = {},
): string {
  return formatDecimal(grossExposure(desk, account, currency, prices, change));
}

test("gross exposure: what is held counts at its mark, else at its cost, and nothing at nothing", () => {
  const trading = new ScriptedTrading("1000000", "0");
  trading.fill(trading.place(ANNE), fixed("1000"), fixed("400"));
  assert.equal(exposure(trading), "400000");
  assert.equal(exposure(trading, AT_430), "430000");
  assert.equal(exposure(trading, UNKNOWN, { currency: "USD" }), "0");
  trading.fill(trading.place(ANNE, { side: Side.Sell }), fixed("1000"), fixed("423.83"));
  assert.equal(exposure(trading), "0", "sold before it settled");
  const asset: Asset = { assetClass: "Holding", name: "GONE" };
  const nowMs = trading.nowMs as UnixMs;
  const gift = decideAdjust(trading.desk, ANNE, { asset, units: fixed("1"), reason: "" }, nowMs);
  assert.ok(!("refused" in gift));
  trading.apply(gift);
  assert.equal(exposure(trading, AT_430), "0", "a product that nothing trades any more");
});

test("gross exposure: what is ordered counts, as it is and as it would be", () => {
  const trading = new ScriptedTrading("1000000", "0");
  trading.place(ANNE, { orderQty: fixed("100"), price: fixed("420") });
  assert.equal(exposure(trading), "42000");
  const working = { ...NOTHING_WORKING, buyQty: fixed("1"), buyAmt: fixed("7") };
  assert.equal(exposure(trading, UNKNOWN, { change: { product: "00700", working } }), "7");
  const change = { product: "AAPL", working };
  assert.equal(exposure(trading, UNKNOWN, { currency: "USD", change }), "7", "the first of it");
  assert.equal(exposure(trading, UNKNOWN, { change }), "42000", "of another currency");
});

test("gross exposure: a sell at any price of what is not held counts at what the market pays", () => {
  const trading = new ScriptedTrading("1000000", "0");
  const sell = { side: Side.Sell, ordType: OrdType.Market, price: null, market: MarketName.Hkex };
  trading.place(BERT, sell);
  assert.equal(exposure(trading, UNKNOWN, { account: BERT }), "0");
  const sellPx = () => fixed("419") as Price;
  assert.equal(exposure(trading, { ...UNKNOWN, sellPx }, { account: BERT }), "419000");
});

test("gross exposure: of a product in several markets the most that any of them pays counts", () => {
  const tencent = REFERENCE_INSTRUMENTS.filter(({ symbol }) => symbol === "00700");
  const instruments = [...tencent, ...tencent.map((each) => ({ ...each, symbol: "80700" }))];
  const sell = { side: Side.Sell, ordType: OrdType.Market, price: null, market: MarketName.Hkex };
  for (const paid of [new Map([["00700", "419"]]), new Map([["80700", "419"]])]) {
    const trading = new ScriptedTrading("1000000", "0", { instruments });
    trading.place(BERT, sell);
    const sellPx = (symbol: string) => fixed(paid.get(symbol) ?? "400") as Price;
    assert.equal(exposure(trading, { ...UNKNOWN, sellPx }, { account: BERT }), "419000");
  }
});
