import assert from "node:assert/strict";
import { test } from "node:test";
import { isFault } from "../errors.ts";
import { json } from "../json-fixture.ts";
import { decodeCancelAll, decodeCancelAllQuery } from "./cancel-all.ts";

function body(text: string) {
  return decodeCancelAll(json(text));
}

/** The same filters as a body and as a query. */
const TAKEN: readonly (readonly [string, string, object, boolean])[] = [
  ["{}", "", {}, false],
  ['{"symbol":"","preview":""}', "symbol=&preview=", {}, false],
  ['{"market":"hkex"}', "market=hkex", { market: "hkex" }, false],
  ['{"symbol":"00700"}', "symbol=00700", { symbol: "00700" }, false],
  ['{"order_side":"sell"}', "order_side=sell", { side: "2" }, false],
  ['{"portfolio_id":"p 1"}', "portfolio_id=p+1", { portfolioId: "p 1" }, false],
  ['{"order_type":"stop_limit_order"}', "order_type=stop_limit_order", { ordType: "4" }, false],
  ['{"older_than":60}', "older_than=60", { olderThanS: 60 }, false],
  ['{"older_than":"0"}', "older_than=0", { olderThanS: 0 }, false],
  ['{"reference_id_prefix":"a-"}', "reference_id_prefix=a-", { clOrdIdPrefix: "a-" }, false],
  ['{"preview":1}', "preview=1", {}, true],
  [
    '{"preview":"0","symbol":"AAPL","order_side":"buy"}',
    "preview=0&order_side=buy&symbol=AAPL",
    { symbol: "AAPL", side: "1" },
    false,
  ],
];

test("cancel-all: body and query pick alike", () => {
  for (const [text, query, filter, isPreview] of TAKEN) {
    assert.deepEqual(body(text), { filter, isPreview }, text);
    assert.deepEqual(decodeCancelAllQuery(query), { filter, isPreview }, query);
  }
});

const REFUSED: readonly (readonly [string, string | null, string, RegExp])[] = [
  ["[]", null, "MALFORMED_BODY", /one JSON object/],
  ['{"symbols":"1"}', "symbols=1", "CANCEL_UNKNOWN_FIELD", /symbols/],
  ['{"order_no":"22"}', "order_no=22", "CANCEL_UNKNOWN_FIELD", /order_no/],
  ['{"symbol":700}', null, "INVALID_CANCEL_FILTER", /symbol.*quote/],
  ['{"market":"moon"}', "market=moon", "INVALID_CANCEL_FILTER", /hkex/],
  ['{"order_side":"both"}', "order_side=both", "INVALID_CANCEL_FILTER", /buy, sell/],
  ['{"order_type":"2"}', "order_type=2", "INVALID_CANCEL_FILTER", /limit_order/],
  ['{"older_than":1.5}', "older_than=1.5", "INVALID_CANCEL_FILTER", /whole number/],
  ['{"older_than":-1}', "older_than=-1", "INVALID_CANCEL_FILTER", /whole number/],
  ['{"older_than":1000000001}', "older_than=1000000001", "INVALID_CANCEL_FILTER", /1000000000/],
  ['{"preview":2}', "preview=2", "INVALID_CANCEL_FILTER", /from 0 to 1/],
  ['{"preview":true}', "preview=true", "INVALID_CANCEL_FILTER", /preview must be a whole number/],
  ['{"symbol":null}', null, "INVALID_CANCEL_FILTER", /symbol/],
  [
    `{"reference_id_prefix":"${"x".repeat(65)}"}`,
    `reference_id_prefix=${"x".repeat(65)}`,
    "INVALID_CANCEL_FILTER",
    /64 characters/,
  ],
];

test("cancel-all: whatever is not understood is refused, and nothing is picked", () => {
  for (const [text, query, error, details] of REFUSED) {
    for (const decoded of [body(text), query === null ? null : decodeCancelAllQuery(query)]) {
      if (decoded === null) continue;
      assert.ok(isFault(decoded), text);
      assert.equal(decoded.error, error, text);
      assert.match(decoded.details, details);
    }
  }
  const repeated = decodeCancelAllQuery("symbol=AAPL&symbol=00700");
  assert.ok(isFault(repeated) && repeated.error === "REPEATED_QUERY_PARAMETER");
  const broken = decodeCancelAllQuery("symbol=%");
  assert.ok(isFault(broken) && broken.error === "MALFORMED_QUERY");
});
