import assert from "node:assert/strict";
import { test } from "node:test";
import {
  MarketName,
  type Order,
  OrdStatus,
  OrdType,
  type Qty,
  Side,
  TimeInForce,
} from "@countermand/core/model";
import {
  BUSINESS_TYPE_WORDS,
  IO_TYPE_WORDS,
  MARKET_WORDS,
  ORDER_SIDE_WORDS,
  ORDER_STATUS_WORDS,
  ORDER_TYPE_WORDS,
  orderStatusWord,
  SECURITY_TYPE_WORDS,
  securityTypeOf,
  TIME_IN_FORCE_WORDS,
  type WordTable,
} from "./names.ts";

test("names: every FIX value has one word and every word its value", () => {
  assertBijection(MARKET_WORDS, Object.values(MarketName));
  assertBijection(ORDER_TYPE_WORDS, Object.values(OrdType));
  assertBijection(ORDER_SIDE_WORDS, Object.values(Side));
  assertBijection(TIME_IN_FORCE_WORDS, Object.values(TimeInForce));
  const pending: readonly OrdStatus[] = [OrdStatus.PendingNew, OrdStatus.PendingCancel];
  const shown = Object.values(OrdStatus).filter((status) => !pending.includes(status));
  assertBijection(ORDER_STATUS_WORDS as WordTable<OrdStatus>, shown);
});

test("names: the words are the reference's", () => {
  assert.deepEqual(MARKET_WORDS.words, ["hkex", "usex", "nasdaq", "crypto"]);
  assert.equal(ORDER_TYPE_WORDS.wordOf(OrdType.EnhancedLimit), "enhanced_limit_order");
  assert.equal(ORDER_SIDE_WORDS.wordOf(Side.Buy), "buy");
  assert.deepEqual(ORDER_STATUS_WORDS.words, ["new", "pex", "fex", "can", "rej"]);
});

test("names: words that the reference does not have are as documented", () => {
  assert.equal(TIME_IN_FORCE_WORDS.wordOf(TimeInForce.GoodTillCancel), "gtc");
  assert.deepEqual(TIME_IN_FORCE_WORDS.words, ["day", "gtc", "ioc", "fok"]);
  assert.equal(ORDER_TYPE_WORDS.wordOf(OrdType.Auction), "at_auction_order");
  assert.equal(ORDER_TYPE_WORDS.wordOf(OrdType.AuctionLimit), "at_auction_limit_order");
  assert.deepEqual(BUSINESS_TYPE_WORDS.words, ["opening", "adjustment", "trade"]);
  assert.deepEqual(IO_TYPE_WORDS.words, ["in", "out"]);
  const securityTypes = Object.values(MarketName).map((market) =>
    SECURITY_TYPE_WORDS.wordOf(securityTypeOf(market)),
  );
  assert.deepEqual(securityTypes, ["share", "share", "share", "coin"]);
});

test("names: words of JavaScript's own are unknown words", () => {
  for (const word of ["constructor", "__proto__", "toString", "", "HKEX", " hkex"]) {
    assert.equal(MARKET_WORDS.valueOf(word), undefined, word);
  }
});

test("names: the status word follows the facts of the order", () => {
  const table: readonly (readonly [Order["phase"], bigint, string])[] = [
    ["PendingNew", 0n, "new"],
    ["Open", 0n, "new"],
    ["Open", 1n, "pex"],
    ["Filled", 5n, "fex"],
    ["Canceled", 0n, "can"],
    ["Canceled", 1n, "can"],
    ["Rejected", 0n, "rej"],
  ];
  for (const [phase, cumQty, word] of table) {
    assert.equal(orderStatusWord({ phase, cumQty: cumQty as Qty }), word, phase);
  }
});

function assertBijection<Value extends string>(
  table: WordTable<Value>,
  values: readonly Value[],
): void {
  assert.equal(table.words.length, values.length);
  for (const value of values) assert.equal(table.valueOf(table.wordOf(value)), value);
}
