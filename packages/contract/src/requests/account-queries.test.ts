import assert from "node:assert/strict";
import { test } from "node:test";
import { MarketName, Side } from "@countermand/core/model";
import fc from "fast-check";
import { ERRORS, type Fault, isFault } from "../errors.ts";
import {
  decodeBalanceQuery,
  decodePositionsQuery,
  decodeTransactionsQuery,
} from "./account-queries.ts";
import { decodeExecutionsQuery } from "./executions-query.ts";

const FIRST_PAGE = { pageIndex: 1, pageSize: 20 };
const INVALID = "invalid_query_parameter";

type Decode = (rawQuery: string) => object | Fault | null;

function assertFaults(decode: Decode, table: readonly (readonly [string, string])[]): void {
  for (const [rawQuery, expected] of table) {
    const result = decode(rawQuery);
    assert.ok(result !== null && isFault(result), rawQuery);
    const line = `${ERRORS[result.error].reason}: ${result.details}`;
    assert.ok(line.startsWith(expected), line);
  }
}

test("balance query: it takes no parameters", () => {
  assert.equal(decodeBalanceQuery(""), null);
  assert.equal(decodeBalanceQuery("&&"), null);
  assertFaults(decodeBalanceQuery, [
    ["currency=HKD", 'unknown_query_parameter: "currency" is not taken: there are none'],
    ["=", 'unknown_query_parameter: "" is not taken'],
    ["%zz", 'malformed_query: "%zz" is not percent-encoded UTF-8'],
  ]);
});

test("positions query: without parameters the first page, and each parameter is read", () => {
  assert.deepEqual(decodePositionsQuery(""), FIRST_PAGE);
  assert.deepEqual(decodePositionsQuery("market=&page=&security_type="), FIRST_PAGE);
  const rawQuery = "market=crypto&security_type=coin&portfolio_id=book+1&page=2&page_size=100";
  assert.deepEqual(decodePositionsQuery(rawQuery), {
    market: MarketName.Crypto,
    securityType: "Coin",
    portfolioId: "book 1",
    pageIndex: 2,
    pageSize: 100,
  });
});

test("positions query: faults, in the documented order", () => {
  assertFaults(decodePositionsQuery, [
    ["page_index=1", 'unknown_query_parameter: "page_index" is not one of market, security_type, '],
    ["page=1&page=1", "repeated_query_parameter: page is given twice"],
    ["security_type=x&market=x", "invalid_market: market must be one of hkex"],
    ["page=0&security_type=x", `${INVALID}: security_type must be one of share, coin, not "x"`],
    ["page=0&portfolio_id=%00", `${INVALID}: portfolio_id contains a control character`],
    ["page_size=0&page=0", `${INVALID}: page must be a whole number from 1 to 1000000, not "0"`],
    ["page_size=101", `${INVALID}: page_size must be a whole number from 1 to 100, not "101"`],
  ]);
});

test("transactions query: without parameters the first page, and each parameter is read", () => {
  assert.deepEqual(decodeTransactionsQuery(""), FIRST_PAGE);
  const rawQuery =
    "page=3&page_size=5&business_type=trade&io_type=out&from_date=2025-05-09&to_date=2025-05-09";
  assert.deepEqual(decodeTransactionsQuery(rawQuery), {
    pageIndex: 3,
    pageSize: 5,
    businessType: "Trade",
    ioType: "Out",
    fromDate: 20_217,
    toDate: 20_217,
  });
  const until = decodeTransactionsQuery("to_date=1970-01-01");
  assert.deepEqual(until, { ...FIRST_PAGE, toDate: 0 });
});

test("transactions query: faults, in the documented order", () => {
  assertFaults(decodeTransactionsQuery, [
    ["market=hkex", 'unknown_query_parameter: "market" is not one of page, page_size, business_t'],
    ["business_type=x&page=0", `${INVALID}: page must be a whole number from 1 to 1000000, not `],
    ["io_type=x&business_type=buy", `${INVALID}: business_type must be one of opening, adjustme`],
    ["from_date=x&io_type=both", `${INVALID}: io_type must be one of in, out, not "both"`],
    [
      "to_date=x&from_date=20250509",
      `${INVALID}: from_date must be a date such as 2025-05-09, not "20250509"`,
    ],
    ["to_date=2025-02-29", `${INVALID}: to_date must be a date such as 2025-05-09, not "2025-02`],
    ["from_date=2025-05-10&to_date=2025-05-09", `${INVALID}: to_date lies before from_date`],
  ]);
});

test("executions query: without parameters the first page, and each parameter is read", () => {
  assert.deepEqual(decodeExecutionsQuery(""), FIRST_PAGE);
  const rawQuery =
    "market=nasdaq&symbol=AAPL&order_side=sell&order_no=22000000022&reference_id=mine" +
    "&portfolio_id=p&start_time=1746775257&end_time=1746775317&page_index=2&page_size=100";
  assert.deepEqual(decodeExecutionsQuery(rawQuery), {
    market: MarketName.Nasdaq,
    symbol: "AAPL",
    side: Side.Sell,
    orderId: "22000000022",
    clOrdId: "mine",
    portfolioId: "p",
    startTime: 1746775257,
    endTime: 1746775317,
    pageIndex: 2,
    pageSize: 100,
  });
});

test("executions query: faults, in the documented order", () => {
  assertFaults(decodeExecutionsQuery, [
    ["exec_id=1", 'unknown_query_parameter: "exec_id" is not one of market, symbol, order_sid'],
    ["symbol=%00&market=x", "invalid_market: market must be one of hkex"],
    ["order_side=x&symbol=%00", `${INVALID}: symbol contains a control character`],
    ["order_no=x&order_side=x", `${INVALID}: order_side must be one of buy, sell, not "x"`],
    ["reference_id=%00&order_no=x", `${INVALID}: order_no has digits only, not "x"`],
    ["portfolio_id=%00&reference_id=%00", `${INVALID}: reference_id contains a control character`],
    ["end_time=1&portfolio_id=%00", `${INVALID}: portfolio_id contains a control character`],
    ["end_time=1&page_size=0", "start_time_missing: end_time needs a start_time"],
    ["page_index=0&end_time=1", "start_time_missing: end_time needs a start_time"],
    ["start_time=1746774142003", `${INVALID}: start_time looks like milliseconds, seconds are `],
    ["start_time=2&end_time=1&page_index=0", `${INVALID}: end_time lies before start_time`],
    ["page_size=0&page_index=0", `${INVALID}: page_index must be a whole number from 1 to 100000`],
  ]);
});

test("account queries: any text gives a query or a catalogued fault", () => {
  const names = [
    ...["market", "security_type", "portfolio_id", "symbol", "order_no", "order_side"],
    ...["start_time", "end_time"],
    ...["page", "page_index", "page_size", "business_type", "io_type", "from_date", "to_date"],
  ];
  const values = ["hkex", "coin", "trade", "in", "2025-05-09", "1", "1746775257", ""];
  const piece = fc
    .tuple(
      fc.constantFrom(...names),
      fc.oneof(fc.constantFrom(...values), fc.string({ unit: "binary" })),
    )
    .map(([name, value]) => `${name}=${value}`);
  const rawQuery = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join("&")),
  );
  const decoders = [decodePositionsQuery, decodeTransactionsQuery, decodeExecutionsQuery];
  fc.assert(
    fc.property(rawQuery, (text) => {
      for (const decode of decoders) {
        const result = decode(text);
        if (isFault(result)) assert.ok(Object.hasOwn(ERRORS, result.error));
        else assert.ok(result.pageIndex >= 1 && result.pageSize >= 1 && result.pageSize <= 100);
      }
    }),
    { numRuns: 500 },
  );
});
