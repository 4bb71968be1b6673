import assert from "node:assert/strict";
import { test } from "node:test";
import type { MarketRouteName } from "@countermand/contract";
import { marketAnswer } from "./market-answers.ts";
import { Buy, EPOCH, Sell, TestMarket } from "./market-fixture.ts";

const SYMBOL = "00700";
const UNKNOWN = '400 {"code":11030103,"message":"Invalid Parameter ProductCode","details":"';

test("market answers: depth has the position that the stream's messages have", () => {
  const market = traded();
  assert.equal(
    ask(market, "marketDepth", "symbol=00700&levels=1"),
    `200 {"code":0,"data":{"symbol":"00700","epoch":${EPOCH},"seq":4,"time_ms":${market.nowMs},` +
      '"bids":[[423.8,1000,1]],"asks":[[423.91,100,1]]}}',
  );
  assert.equal(
    ask(market, "marketDepth", "symbol=AAPL&market=nasdaq"),
    `200 {"code":0,"data":{"symbol":"AAPL","epoch":${EPOCH},"seq":0,"time_ms":0,` +
      '"bids":[],"asks":[]}}',
  );
});

test("market answers: trades newest first, candles oldest first", () => {
  const market = traded();
  const start = Math.floor(market.nowMs / 60_000) * 60;
  assert.equal(
    ask(market, "marketTrades", "symbol=00700&limit=1"),
    '200 {"code":0,"data":{"symbol":"00700","trades":[{"exec_id":"1000000002","price":423.91,' +
      `"qty":100,"aggressor_side":"buy","time_ms":${market.nowMs}}]}}`,
  );
  assert.equal(
    ask(market, "marketCandles", "symbol=00700&interval=1m"),
    '200 {"code":0,"data":{"symbol":"00700","interval":"1m","candles":[{' +
      `"start_time":${start},"open":423.9,"high":423.91,"low":423.9,"close":423.91,"qty":300,` +
      '"amount":127171,"trades":2}]}}',
  );
});

test("market answers: symbols of a market, with what they stand at", () => {
  const market = traded();
  const answer = ask(market, "marketSymbols", "market=hkex");
  const { data } = JSON.parse(answer.slice(4));
  assert.equal(data.symbols.length, 1);
  const [row] = data.symbols;
  assert.deepEqual(
    [row.symbol, row.last_price, row.day_qty, row.day_trades, row.bid_price, row.ask_qty],
    ["00700", 423.91, 300, 2, 423.8, 100],
  );
  assert.equal(JSON.parse(ask(market, "marketSymbols", "").slice(4)).data.symbols.length, 4);
});

test("market answers: what is not there, and what was not asked for properly", () => {
  const market = new TestMarket();
  const table: readonly (readonly [route: MarketRouteName, rawQuery: string, starts: string])[] = [
    ["marketDepth", "symbol=X", `${UNKNOWN}no instrument has the symbol \\"X\\"`],
    [
      "marketDepth",
      "symbol=00700&market=usex",
      `${UNKNOWN}symbol 00700 is not traded on usex, but on hkex",` +
        '"reason":"unknown_symbol","retryable":false,"markets":["hkex"]}',
    ],
    ["marketTrades", "symbol=700", '400 {"code":11030103,'],
    ["marketTrades", "", '400 {"code":11030103,'],
    ["marketCandles", "symbol=00700&interval=1w", '400 {"code":11030855,'],
    ["marketSymbols", "market=lse", '400 {"code":11030301,'],
    ["marketDepth", "symbol=00700&levels=51", '400 {"code":11030652,'],
  ];
  for (const [route, rawQuery, starts] of table) {
    const answer = ask(market, route, rawQuery);
    assert.ok(answer.startsWith(starts), `${rawQuery}: ${answer}`);
  }
});

function ask(market: TestMarket, route: MarketRouteName, rawQuery: string): string {
  const { httpStatus, body } = marketAnswer(market.hub, route, rawQuery);
  return `${httpStatus} ${body}`;
}

function traded(): TestMarket {
  const market = new TestMarket();
  market.place(SYMBOL, Sell, 42390, 2);
  market.place(SYMBOL, Sell, 42391, 2);
  market.place(SYMBOL, Buy, 42380, 10);
  market.place(SYMBOL, Buy, 42391, 3);
  market.commit();
  return market;
}
