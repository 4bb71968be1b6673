import assert from "node:assert/strict";
import { test } from "node:test";
import { MarketName } from "@countermand/core/model";
import fc from "fast-check";
import { ERRORS, type Fault, isFault } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import {
  decodeCandlesQuery,
  decodeDepthQuery,
  decodeMarketStreamQuery,
  decodeSymbolsQuery,
  decodeTradesQuery,
} from "./market-queries.ts";

const DECODERS: Readonly<Record<string, (rawQuery: string) => object | Fault>> = {
  symbols: decodeSymbolsQuery,
  depth: decodeDepthQuery,
  trades: decodeTradesQuery,
  candles: decodeCandlesQuery,
  stream: decodeMarketStreamQuery,
};

test("market queries: what is sent is read, and what is not has its default", () => {
  const table: readonly (readonly [request: string, query: object])[] = [
    ["symbols?", {}],
    ["symbols?market=", {}],
    ["symbols?market=nasdaq", { market: MarketName.Nasdaq }],
    ["depth?symbol=00700", { symbol: "00700", levels: 10 }],
    ["depth?market=hkex&symbol=00700&levels=1", { market: "hkex", symbol: "00700", levels: 1 }],
    ["depth?levels=50&symbol=BTC-USDT", { symbol: "BTC-USDT", levels: 50 }],
    ["depth?symbol=00700&levels=7&", { symbol: "00700", levels: 7 }],
    ["trades?symbol=AAPL&limit=", { symbol: "AAPL", limit: 100 }],
    ["trades?symbol=AAPL&limit=500", { symbol: "AAPL", limit: 500 }],
    ["candles?symbol=AAPL&interval=1m", { symbol: "AAPL", limit: 100, interval: 60 }],
    ["candles?symbol=AAPL&interval=5m&limit=1", { symbol: "AAPL", limit: 1, interval: 300 }],
    ["candles?symbol=AAPL&interval=1h", { symbol: "AAPL", limit: 100, interval: 3600 }],
    ["candles?symbol=AAPL&interval=1d", { symbol: "AAPL", limit: 100, interval: 86_400 }],
    ["stream?", { heartbeatSeconds: 30 }],
    ["stream?heartbeat=1", { heartbeatSeconds: 1 }],
  ];
  for (const [request, query] of table) assert.deepEqual(decode(request), query, request);
});

test("market queries: what is refused, and which fault counts when there are two", () => {
  const table: readonly (readonly [request: string, result: string])[] = [
    ["symbols?symbol=00700", 'unknown_query_parameter: "symbol" is not one of market'],
    ["symbols?market=lse", "invalid_market: market must be one of hkex, usex, nasdaq, crypto, not"],
    ["depth?", "malformed_symbol: symbol is required"],
    ["depth?symbol=", "malformed_symbol: symbol is required"],
    ["depth?symbol=%00", "malformed_symbol: symbol contains a control character"],
    [`depth?symbol=${"x".repeat(33)}`, "malformed_symbol: symbol has at most 32 characters"],
    ["depth?symbol=%zz", 'malformed_query: "symbol=%zz" is not percent-encoded UTF-8'],
    ["depth?symbol=a&symbol=b", "repeated_query_parameter: symbol is given twice"],
    ["depth?symbol=a&limit=1", 'unknown_query_parameter: "limit" is not one of market, symbol, '],
    [
      "depth?symbol=a&levels=0",
      "invalid_query_parameter: levels must be a whole number from 1 to 50",
    ],
    [
      "depth?symbol=a&levels=51",
      "invalid_query_parameter: levels must be a whole number from 1 to 50",
    ],
    [
      "depth?symbol=a&levels=1e1",
      "invalid_query_parameter: levels must be a whole number from 1 to",
    ],
    [
      "depth?symbol=a&levels=-1",
      "invalid_query_parameter: levels must be a whole number from 1 to",
    ],
    [
      "depth?symbol=a&levels=010",
      "invalid_query_parameter: levels must be a whole number from 1 to",
    ],
    [
      "trades?symbol=a&limit=501",
      "invalid_query_parameter: limit must be a whole number from 1 to 500",
    ],
    ["candles?symbol=a", "invalid_interval: interval is required: it is one of 1m, 5m, 1h, 1d"],
    ["candles?symbol=a&interval=2m", 'invalid_interval: interval is not "2m": it is one of 1m, '],
    [
      "stream?heartbeat=31",
      "invalid_stream_parameter: heartbeat must be a whole number from 1 to 30",
    ],
    ["stream?after_seq=1", 'unknown_query_parameter: "after_seq" is not one of heartbeat'],
    ["depth?levels=0&symbol=&market=x", "invalid_market: "],
    ["depth?levels=0&symbol=", "malformed_symbol: "],
    ["candles?symbol=a&interval=x&limit=0", "invalid_interval: "],
  ];
  for (const [request, expected] of table) {
    const result = decode(request);
    assert.ok(isFault(result), request);
    const line = `${ERRORS[result.error].reason}: ${result.details}`;
    assert.ok(line.startsWith(expected), `${request}: ${line}`);
  }
});

test("market queries: any text gives a query within bounds or a catalogued fault", () => {
  const names = ["market", "symbol", "levels", "limit", "interval", "heartbeat", ""];
  const value = fc.oneof(fc.nat().map(String), fc.string({ unit: "binary" }), fc.constant("1m"));
  const piece = fc.tuple(fc.constantFrom(...names), value);
  const rawQuery = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(piece).map((list) => list.map(([name, text]) => `${name}=${text}`).join("&")),
  );
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(DECODERS)), rawQuery, (decoder, text) => {
      const result = decode(`${decoder}?${text}`);
      if (isFault(result)) assert.ok(Object.hasOwn(ERRORS, result.error));
      else if ("limit" in result) assert.ok(Number(result.limit) <= LIMITS.marketRowsMax.value);
    }),
    { numRuns: 400 },
  );
});

function decode(request: string): object | Fault {
  const mark = request.indexOf("?");
  const decoder = DECODERS[request.slice(0, mark)];
  assert.ok(decoder !== undefined);
  return decoder(request.slice(mark + 1));
}
