import assert from "node:assert/strict";
import { test } from "node:test";
import { fixed, type Price, type Qty } from "../model/decimal.ts";
import { OrdType, Side } from "../model/enums.ts";
import type { Order } from "../model/order.ts";
import { anOrder } from "../order/order-fixture.ts";
import { LIMIT_CHECKS, type LimitFacts, limitRefusal } from "./limit-refusal.ts";
import { amountLimit, type LimitSet, NO_LIMITS } from "./limit-set.ts";

const HKD_1000 = new Map([["HKD", fixed("1000")]]);

/** Every limit is set, and the order of {@link order} keeps to all. */
const LIMITS: LimitSet = {
  orderQty: fixed("100"),
  orderValue: HKD_1000,
  priceDistance: fixed("0.1"),
  duplicateMs: 1000,
  openOrders: 3,
  grossExposure: HKD_1000,
  orderRate: 5,
};

/** 100 at 10. */
function order(change: Partial<Order> = {}): Order {
  const terms = { price: fixed("10") as Price, orderQty: fixed("100") as Qty };
  return { ...anOrder(terms), ...change };
}

/** What the facts say unless a test says otherwise: the market stands at 10, nothing is open. */
function facts(change: Partial<LimitFacts> = {}): LimitFacts {
  return {
    scope: "account",
    before: null,
    order: order(),
    currency: "HKD",
    marketPx: () => fixed("10") as Price,
    sinceSameMs: () => null,
    openOrderCount: () => 0,
    grossExposure: () => ({ before: 0n, after: fixed("1000") }),
    rateWaitMs: () => 0,
    ...change,
  };
}

function price(text: string): Pick<Order, "price"> {
  return { price: fixed(text) as Price };
}

function qty(text: string): Pick<Order, "orderQty"> {
  return { orderQty: fixed(text) as Qty };
}

/** Facts that break every limit at once. */
const ALL_BROKEN = facts({
  order: order({ ...price("20"), ...qty("200") }),
  sinceSameMs: () => 0,
  openOrderCount: () => 3,
  grossExposure: () => ({ before: 0n, after: fixed("1001") }),
  rateWaitMs: () => 1,
});

test("limits: an order at every limit keeps to all of them", () => {
  const atLimits = facts({
    order: order(price("10")),
    marketPx: () => fixed("10") as Price,
    sinceSameMs: () => 1000,
    openOrderCount: () => 2,
  });
  assert.equal(limitRefusal(LIMITS, atLimits), null);
});

test("limits: the first in the order of the table gives the answer", () => {
  let limits = LIMITS;
  for (const { limit, refused } of LIMIT_CHECKS) {
    assert.equal(limitRefusal(limits, ALL_BROKEN)?.refused, refused);
    limits = { ...limits, [limit]: null };
  }
  assert.deepEqual(limits, NO_LIMITS);
  assert.equal(limitRefusal(limits, ALL_BROKEN), null);
});

test("limits: every limit is checked once", () => {
  const checked = LIMIT_CHECKS.map(({ limit }) => limit);
  assert.deepEqual(checked, Object.keys(NO_LIMITS));
});

const REFUSED: readonly (readonly [string, Partial<LimitFacts>, string])[] = [
  ["a quantity", { order: order(qty("100.00000001")) }, "ORDER_QTY_LIMIT"],
  ["a value", { order: order(price("10.01")) }, "ORDER_VALUE_LIMIT"],
  ["a price above the market", { marketPx: () => fixed("9.09") as Price }, "PRICE_DISTANCE_LIMIT"],
  ["a price below it", { marketPx: () => fixed("11.12") as Price }, "PRICE_DISTANCE_LIMIT"],
  ["the same order", { sinceSameMs: () => 999 }, "DUPLICATE_ORDER"],
  ["one order too many", { openOrderCount: () => 3 }, "OPEN_ORDERS_LIMIT"],
  [
    "exposure that grows beyond the limit",
    { grossExposure: () => ({ before: fixed("999"), after: fixed("1000.00000001") }) },
    "GROSS_EXPOSURE_LIMIT",
  ],
  ["one order too soon", { rateWaitMs: () => 1 }, "ORDER_RATE_LIMIT"],
];

for (const [what, change, refused] of REFUSED) {
  test(`limits: ${what} is refused`, () => {
    const refusal = limitRefusal(LIMITS, facts({ ...change, scope: "key" }));
    assert.equal(refusal?.refused, refused);
    assert.match(refusal?.details ?? "", /the key/);
  });
}

const STOP = { ordType: OrdType.StopLimit, stopPx: fixed("10") as Price };
const NO_PRICE = { ordType: OrdType.Market, price: 0n as Price };

const FEW = { ...qty("1"), ...price("11") };

const TAKEN: readonly (readonly [string, Partial<LimitFacts>])[] = [
  ["a price as far above the market as it may be", { order: order(FEW) }],
  ["a price as far below it", { order: order({ ...FEW, ...price("9") }) }],
  [
    "an order that leaves an exposure above the limit as it is",
    { grossExposure: () => ({ before: fixed("3000"), after: fixed("3000") }) },
  ],
  ["a price while nobody knows the market's", { marketPx: () => null }],
  [
    "a stop order's price near its trigger, far from the market",
    { order: order(STOP), marketPx: () => fixed("20") as Price },
  ],
  ["an order without a price, far from the market", { order: order(NO_PRICE) }],
  [
    "an order that reduces an exposure above the limit",
    { grossExposure: () => ({ before: fixed("3000"), after: fixed("2000") }) },
  ],
  ["a currency without a limit", { currency: "USD", order: order(price("10.01")) }],
];

for (const [what, change] of TAKEN) {
  test(`limits: ${what} is taken`, () => {
    assert.equal(limitRefusal(LIMITS, facts(change)), null);
  });
}

test("limits: a market order is worth what the market pays, or its collar", () => {
  const sell = order({ ...NO_PRICE, side: Side.Sell });
  const marketPx = () => fixed("10.01") as Price;
  assert.equal(
    limitRefusal(LIMITS, facts({ order: sell, marketPx }))?.refused,
    "ORDER_VALUE_LIMIT",
  );
  assert.equal(limitRefusal(LIMITS, facts({ order: sell, marketPx: () => null })), null);
  const buy = order({ ...NO_PRICE, protectionPx: fixed("10.01") as Price });
  assert.equal(limitRefusal(LIMITS, facts({ order: buy }))?.refused, "ORDER_VALUE_LIMIT");
});

test("limits: a stop order's price is measured from its trigger", () => {
  const far = order({ ...STOP, ...qty("1"), ...price("11.01") });
  const refusal = limitRefusal(LIMITS, facts({ order: far }));
  assert.equal(refusal?.refused, "PRICE_DISTANCE_LIMIT");
  assert.match(refusal?.details ?? "", /the trigger, 10; .* 10 %$/);
});

test("limits: once it is triggered a stop order's price is measured from the market", () => {
  const triggered = order({ ...STOP, ...qty("1"), triggered: true });
  const amended = (text: string) =>
    limitRefusal(
      LIMITS,
      facts({
        before: triggered,
        order: { ...triggered, ...price(text) },
        marketPx: () => fixed("20") as Price,
      }),
    );
  assert.equal(amended("19"), null);
  assert.match(amended("11")?.details ?? "", /the market, 20; .* 10 %$/);
});

test("limits: an amend is held against what it raises, and against the rate", () => {
  const before = order({ ...qty("500"), ...price("30") });
  const amended = (change: Partial<Order>) =>
    limitRefusal(
      LIMITS,
      facts({
        before,
        order: { ...before, ...change },
        openOrderCount: () => 9,
        sinceSameMs: () => 0,
      }),
    )?.refused;
  assert.equal(amended(qty("400")), undefined, "smaller, though above the limit");
  assert.equal(amended(qty("501")), "ORDER_QTY_LIMIT");
  assert.equal(amended(price("30.01")), "ORDER_VALUE_LIMIT");
  assert.equal(amended(price("29.99")), "PRICE_DISTANCE_LIMIT");
  const sameValue = { ...before, ...qty("250"), ...price("60") };
  const marketPx = () => fixed("60") as Price;
  assert.equal(limitRefusal(LIMITS, facts({ before, order: sameValue, marketPx })), null);
  const waiting = order({ ...STOP, ...qty("1"), ...price("11") });
  const moved = { ...waiting, stopPx: fixed("20") as Price };
  const refusal = limitRefusal(LIMITS, facts({ before: waiting, order: moved }));
  assert.equal(refusal?.refused, "PRICE_DISTANCE_LIMIT", "its trigger goes away from its price");
  const smaller = { ...before, ...qty("400") };
  const soon = facts({ before, order: smaller, rateWaitMs: () => 1 });
  assert.equal(limitRefusal(LIMITS, soon)?.refused, "ORDER_RATE_LIMIT");
});

test("limits: a currency has its own amount, that of all others, or none", () => {
  const limits = new Map([
    ["HKD", 1n],
    ["*", 2n],
  ]);
  assert.equal(amountLimit(limits, "HKD"), 1n);
  assert.equal(amountLimit(limits, "USD"), 2n);
  assert.equal(amountLimit(HKD_1000, "USD"), null);
});
