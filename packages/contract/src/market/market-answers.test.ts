import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Amount,
  fixed,
  type Instrument,
  type Price,
  type Qty,
  REFERENCE_INSTRUMENTS,
  Side,
  type UnixMs,
} from "@countermand/core/model";
import {
  encodeCandlesAnswer,
  encodeDepthAnswer,
  encodeSymbol,
  encodeSymbolsAnswer,
  encodeTradesAnswer,
  type PublicCandle,
  type PublicDepth,
  type PublicTicker,
  type PublicTrade,
} from "./market-answers.ts";
import { decodeMarketMessage } from "./market-messages.ts";
import {
  encodeCandlesSnapshot,
  encodeCandleUpdate,
  encodeDepthDelta,
  encodeDepthSnapshot,
  encodeMarketHeartbeat,
  encodeSubscribed,
  encodeTrades,
  encodeTradesSnapshot,
  encodeUnsubscribed,
} from "./market-stream.ts";

const AT_MS = 1_746_774_142_003 as UnixMs;
const POSITION = { symbol: "00700", epoch: 3, seq: 812, atMs: AT_MS };
const DEPTH: PublicDepth = {
  bids: [[price("423.83"), qty("1000"), 2]],
  asks: [
    [price("424"), qty("0.5"), 1],
    [price("424.1"), qty("0"), 0],
  ],
};
const DEPTH_TEXT = '"bids":[[423.83,1000,2]],"asks":[[424,0.5,1],[424.1,0,0]]';
const TRADES: readonly PublicTrade[] = [
  {
    execId: "1000000017",
    price: price("423.83"),
    qty: qty("100"),
    aggressorSide: Side.Sell,
    atMs: AT_MS,
  },
  { execId: "1000000018", price: price("424"), qty: qty("1"), aggressorSide: null, atMs: AT_MS },
];
const TRADES_TEXT =
  '"trades":[{"exec_id":"1000000017","price":423.83,"qty":100,"aggressor_side":"sell",' +
  '"time_ms":1746774142003},{"exec_id":"1000000018","price":424,"qty":1,"aggressor_side":"",' +
  '"time_ms":1746774142003}]';
const CANDLE: PublicCandle = {
  startSeconds: 1_746_774_120,
  open: price("423.83"),
  high: price("424"),
  low: price("423.8"),
  close: price("423.9"),
  volume: qty("1100"),
  amount: fixed("466213") as Amount,
  tradeCount: 4,
};
const CANDLE_TEXT =
  '"start_time":1746774120,"open":423.83,"high":424,"low":423.8,"close":423.9,"qty":1100,' +
  '"amount":466213,"trades":4';
const TICKER: PublicTicker = {
  lastPrice: price("423.83"),
  lastQty: qty("100"),
  lastAtMs: AT_MS,
  previousClose: price("420"),
  dayOpen: price("421"),
  dayHigh: price("425"),
  dayLow: price("420.5"),
  dayVolume: qty("1100"),
  dayAmount: fixed("466213") as Amount,
  dayTradeCount: 4,
};

test("market answers: REST bodies, digit for digit", () => {
  const head = '"symbol":"00700","epoch":3,"seq":812,"time_ms":1746774142003';
  assert.equal(encodeDepthAnswer(POSITION, DEPTH), `{"code":0,"data":{${head},${DEPTH_TEXT}}}`);
  assert.equal(
    encodeTradesAnswer("00700", TRADES),
    `{"code":0,"data":{"symbol":"00700",${TRADES_TEXT}}}`,
  );
  assert.equal(
    encodeCandlesAnswer("00700", 60, [CANDLE]),
    `{"code":0,"data":{"symbol":"00700","interval":"1m","candles":[{${CANDLE_TEXT}}]}}`,
  );
});

test("market answers: a symbol with its rules, its day and its best prices", () => {
  const text = encodeSymbolsAnswer([encodeSymbol(instrument("AAPL"), TICKER, DEPTH)]);
  assert.equal(
    text,
    '{"code":0,"data":{"symbols":[{"symbol":"AAPL","name":"APPLE","markets":["usex","nasdaq"],' +
      '"base_currency":"USD","price_tick":0.01,"price_max":10000000,"lot_qty":1,' +
      '"qty_max":100000000,"last_price":423.83,"last_qty":100,"last_time_ms":1746774142003,' +
      '"prev_close":420,"day_open":421,"day_high":425,"day_low":420.5,"day_qty":1100,' +
      '"day_amount":466213,"day_trades":4,"bid_price":423.83,"bid_qty":1000,"ask_price":424,' +
      '"ask_qty":0.5}]}}',
  );
  const empty = JSON.parse(encodeSymbol(instrument("00700"), TICKER, { bids: [], asks: [] }));
  assert.deepEqual([empty.bid_price, empty.bid_qty, empty.ask_price, empty.ask_qty], [0, 0, 0, 0]);
});

test("market answers: each message of the stream is written to the byte", () => {
  const at = { ...POSITION, channel: "depth" };
  const place = '"symbol":"00700","epoch":3,"seq":812,"time_ms":1746774142003';
  assert.equal(
    encodeDepthSnapshot(at, 10, DEPTH),
    `{"type":"snapshot","channel":"depth",${place},"data":{"levels":10,${DEPTH_TEXT}}}`,
  );
  assert.equal(
    encodeDepthDelta(at, 810, DEPTH),
    `{"type":"delta","channel":"depth",${place},"prev_seq":810,"data":{${DEPTH_TEXT}}}`,
  );
  const trades = { ...POSITION, channel: "trades" };
  assert.equal(
    encodeTradesSnapshot(trades, TRADES),
    `{"type":"snapshot","channel":"trades",${place},"data":{${TRADES_TEXT}}}`,
  );
  assert.equal(
    encodeTrades(trades, 0, TRADES),
    `{"type":"trade","channel":"trades",${place},"prev_seq":0,"data":{${TRADES_TEXT}}}`,
  );
  const candles = { ...POSITION, channel: "candles:1m" };
  assert.equal(
    encodeCandlesSnapshot(candles, [CANDLE]),
    `{"type":"snapshot","channel":"candles:1m",${place},"data":{"candles":[{${CANDLE_TEXT}}]}}`,
  );
  assert.equal(
    encodeCandleUpdate(candles, 811, CANDLE),
    `{"type":"candle","channel":"candles:1m",${place},"prev_seq":811,"data":{${CANDLE_TEXT}}}`,
  );
  assert.equal(
    encodeMarketHeartbeat(AT_MS, 3, [{ channel: "depth", symbol: 'a"b', seq: 812 }]),
    '{"type":"heartbeat","data":{"timestamp":1746774142003,"epoch":3,"subscriptions":' +
      '[{"channel":"depth","symbol":"a\\"b","seq":812}]}}',
  );
});

test("market answers: a message that was carried out is repeated as it was understood", () => {
  const text = '{"op":"subscribe","channels":["depth","trades","depth"],"symbols":["A"]}';
  const subscribe = decodeMarketMessage(text);
  assert.ok("op" in subscribe && subscribe.op === "subscribe");
  assert.equal(
    encodeSubscribed(subscribe, 2),
    '{"type":"subscribed","channels":["depth","trades"],"symbols":["A"],"levels":10,' +
      '"subscriptions":2}',
  );
  const unsubscribe = decodeMarketMessage(text.replace("subscribe", "unsubscribe"));
  assert.ok("op" in unsubscribe && unsubscribe.op === "unsubscribe");
  assert.equal(
    encodeUnsubscribed(unsubscribe, 0),
    '{"type":"unsubscribed","channels":["depth","trades"],"symbols":["A"],"subscriptions":0}',
  );
});

function instrument(symbol: string): Instrument {
  const found = REFERENCE_INSTRUMENTS.find((each) => each.symbol === symbol);
  assert.ok(found !== undefined);
  return found;
}

function price(text: string): Price {
  return fixed(text) as Price;
}

function qty(text: string): Qty {
  return fixed(text) as Qty;
}
