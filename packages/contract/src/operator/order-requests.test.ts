import assert from "node:assert/strict";
import { test } from "node:test";
import { MarketName, OrdStatus, Side } from "@countermand/core/model";
import { ERRORS, isFault } from "../errors.ts";
import { decodeOperatorOrdersQuery } from "./order-requests.ts";

test("operator orders query: open ones, unless an order or a status is named", () => {
  const table: readonly (readonly [rawQuery: string, state: string])[] = [
    ["", "open"],
    ["state=&symbol=AAPL&order_side=buy&portfolio_id=p&start_time=1", "open"],
    ["order_no=22000000022", "all"],
    ["reference_id=mine", "all"],
    ["order_status=can", "all"],
    ["order_status=can&state=open", "open"],
    ["state=closed", "closed"],
    ["state=all", "all"],
  ];
  for (const [rawQuery, state] of table) {
    const query = decodeOperatorOrdersQuery(rawQuery);
    assert.ok(!isFault(query), rawQuery);
    assert.equal(query.state, state, rawQuery);
  }
});

test("operator orders query: every filter of the client's own list is read", () => {
  const rawQuery =
    "market=hkex&start_time=1746775257&end_time=1746775317&portfolio_id=book+1&page_index=2" +
    "&page_size=100&order_no=22000000022&reference_id=a%3Fb&order_status=pex&symbol=00700" +
    "&order_side=sell&state=closed";
  assert.deepEqual(decodeOperatorOrdersQuery(rawQuery), {
    market: MarketName.Hkex,
    startTime: 1746775257,
    endTime: 1746775317,
    portfolioId: "book 1",
    pageIndex: 2,
    pageSize: 100,
    orderId: "22000000022",
    clOrdId: "a?b",
    status: OrdStatus.PartiallyFilled,
    symbol: "00700",
    side: Side.Sell,
    state: "closed",
  });
});

test("operator orders query: the first fault is the answer, and says what is allowed", () => {
  const invalid = "invalid_query_parameter";
  const table: readonly (readonly [rawQuery: string, result: string])[] = [
    ["status=open", 'unknown_query_parameter: "status" is not one of market, start_time, '],
    ["state=open&state=all", "repeated_query_parameter: state is given twice"],
    ["state=live", `${invalid}: state must be one of open, closed, all, not "live"`],
    ["state=live&page_size=101", `${invalid}: page_size must be a whole number from 1 to 100`],
    ["state=%zz", "malformed_query: "],
  ];
  for (const [rawQuery, expected] of table) {
    const result = decodeOperatorOrdersQuery(rawQuery);
    assert.ok(isFault(result), rawQuery);
    const line = `${ERRORS[result.error].reason}: ${result.details}`;
    assert.ok(line.startsWith(expected), line);
  }
});
