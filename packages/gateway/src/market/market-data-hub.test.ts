import assert from "node:assert/strict";
import { test } from "node:test";
import { MarketName, REFERENCE_INSTRUMENTS } from "@countermand/core/model";
import { MarketDataHub } from "./market-data-hub.ts";
import { Buy, EPOCH, Sell, TestMarket } from "./market-fixture.ts";

const SYMBOL = "00700";

test("market hub: after a restart depth is the same, positions begin again", () => {
  const market = new TestMarket();
  market.place(SYMBOL, Sell, 42390, 2);
  market.place(SYMBOL, Buy, 42390, 1);
  market.place(SYMBOL, Buy, 42380, 7);
  market.commit();
  const { data } = market.hub;

  const restarted = new MarketDataHub({
    instruments: REFERENCE_INSTRUMENTS,
    epoch: EPOCH + 1,
    exchange: market.exchange,
    tape: data.tape,
    marketNowMs: () => market.nowMs,
  });
  assert.deepEqual(restarted.data.depth(SYMBOL, 50), data.depth(SYMBOL, 50));
  assert.deepEqual([data.seq(SYMBOL), restarted.data.seq(SYMBOL)], [3, 0]);
  assert.equal(restarted.epoch, EPOCH + 1);
});

test("market hub: what a market lists", () => {
  const { hub } = new TestMarket();
  const listed = (market?: MarketName) => hub.listed(market).map(({ symbol }) => symbol);
  assert.deepEqual(listed(MarketName.Nasdaq), ["AAPL"]);
  assert.equal(listed().length, REFERENCE_INSTRUMENTS.length);
  assert.ok(hub.isListed("AAPL", MarketName.Usex) && hub.isListed("AAPL"));
  assert.ok(!hub.isListed("AAPL", MarketName.Hkex) && !hub.isListed("700"));
});
