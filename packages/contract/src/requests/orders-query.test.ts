import assert from "node:assert/strict";
import { test } from "node:test";
import { MarketName, OrdStatus, Side } from "@countermand/core/model";
import fc from "fast-check";
import { ERRORS, isFault } from "../errors.ts";
import { decodeOrdersQuery } from "./orders-query.ts";

test("orders query: nothing given means everything, first page", () => {
  const everything = { pageIndex: 1, pageSize: 20 };
  assert.deepEqual(decodeOrdersQuery(""), everything);
  assert.deepEqual(decodeOrdersQuery("market=&symbol=&page_index=&&"), everything);
});

test("orders query: every parameter is read", () => {
  const rawQuery =
    "market=hkex&start_time=1746775257&end_time=1746775317&portfolio_id=book+1&page_index=2" +
    "&page_size=100&order_no=22000000022&reference_id=a%26b=c&order_status=pex&symbol=00700" +
    "&order_side=sell&state=open";
  assert.deepEqual(decodeOrdersQuery(rawQuery), {
    market: MarketName.Hkex,
    startTime: 1746775257,
    endTime: 1746775317,
    portfolioId: "book 1",
    pageIndex: 2,
    pageSize: 100,
    orderId: "22000000022",
    clOrdId: "a&b=c",
    status: OrdStatus.PartiallyFilled,
    symbol: "00700",
    side: Side.Sell,
    state: "open",
  });
});

test("orders query: a time may end where it starts", () => {
  const query = decodeOrdersQuery("start_time=2&end_time=2");
  assert.ok(!isFault(query));
  assert.deepEqual([query.startTime, query.endTime], [2, 2]);
});

test("orders query: the first fault is the answer, and says what is allowed", () => {
  const invalid = "invalid_query_parameter";
  const table: readonly (readonly [rawQuery: string, result: string])[] = [
    ["page_idx=1", 'unknown_query_parameter: "page_idx" is not one of market, start_time, '],
    ["market=x&symbol=a&symbol=a", "repeated_query_parameter: symbol is given twice"],
    ["symbol=%zz", 'malformed_query: "symbol=%zz" is not percent-encoded UTF-8'],
    ["symbol=%C3%28", 'malformed_query: "symbol=%C3%28" is not percent-encoded UTF-8'],
    ["symbol=a b", "malformed_query: the query has a character that must be percent-encoded"],
    ["market=lse", "invalid_market: market must be one of hkex, usex, nasdaq, crypto, not "],
    ["end_time=1", "start_time_missing: end_time needs a start_time"],
    ["start_time=2&end_time=1", `${invalid}: end_time lies before start_time`],
    [
      "start_time=1746774142003",
      `${invalid}: start_time looks like milliseconds, seconds are expected`,
    ],
    [
      "start_time=-1",
      `${invalid}: start_time must be a whole number from 0 to 9999999999, not "-1"`,
    ],
    ["page_index=0", `${invalid}: page_index must be a whole number from 1 to 1000000, not "0"`],
    ["page_size=101", `${invalid}: page_size must be a whole number from 1 to 100, not "101"`],
    ["page_size=1e1", `${invalid}: page_size must be a whole number from 1 to 100, not "1e1"`],
    ["page_size=010", `${invalid}: page_size must be a whole number from 1 to 100, not "010"`],
    ["order_no=x", `${invalid}: order_no has digits only, not "x"`],
    ["reference_id=%00", `${invalid}: reference_id contains a control character`],
    ["order_status=done", `${invalid}: order_status must be one of new, pex, fex, can, rej, not `],
    ["order_side=1", `${invalid}: order_side must be one of buy, sell, not "1"`],
    // Two faults: names before values, then the documented order of the values.
    ["market=lse&x=1", 'unknown_query_parameter: "x" is not one of '],
    ["page_size=0&market=lse", "invalid_market: market must be one of "],
  ];
  for (const [rawQuery, expected] of table) {
    const result = decodeOrdersQuery(rawQuery);
    assert.ok(isFault(result), rawQuery);
    const line = `${ERRORS[result.error].reason}: ${result.details}`;
    assert.ok(line.startsWith(expected), line);
  }
});

test("orders query: any text gives a query or a catalogued fault", () => {
  const piece = fc.tuple(
    fc.constantFrom("market", "page_size", "page_index", "start_time", "end_time", "symbol", ""),
    fc.oneof(fc.nat().map(String), fc.string({ unit: "binary" }), fc.constant("hkex")),
  );
  const rawQuery = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(piece).map((list) => list.map(([name, value]) => `${name}=${value}`).join("&")),
  );
  fc.assert(
    fc.property(rawQuery, (text) => {
      const result = decodeOrdersQuery(text);
      if (isFault(result)) assert.ok(Object.hasOwn(ERRORS, result.error));
      else assert.ok(result.pageIndex >= 1 && result.pageSize >= 1 && result.pageSize <= 100);
    }),
    { numRuns: 500 },
  );
});

test("orders query: any text filter survives form encoding", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(text, (portfolioId) => {
      const result = decodeOrdersQuery(String(new URLSearchParams({ portfolio_id: portfolioId })));
      if (isFault(result)) assert.match(result.details, /characters$|control character$/);
      else assert.equal(result.portfolioId, portfolioId);
    }),
  );
});
