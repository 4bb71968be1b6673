import assert from "node:assert/strict";
import { test } from "node:test";
import { type LimitSet, NO_LIMITS } from "@countermand/core/limits";
import {
  type Account,
  type AccountOpened,
  type Amount,
  fixed,
  type KeyId,
  NO_CL_ORD_ID,
  OrdType,
  type Price,
  Side,
  TimeInForce,
  type UnixMs,
} from "@countermand/core/model";
import { aPlaceRequest } from "../place-request-fixture.ts";
import { partitionsInMemory } from "../sequencer/partitions-fixture.ts";
import { planOf } from "../venue/fault-plan.ts";
import { OrderLimits } from "./order-guard.ts";

const SHORT = "A-1001" as Account;
const MAKER = "A-1002" as Account;
const TAKER = "A-1003" as Account;
const NOW = 1_794_794_400_000 as UnixMs;

function opened(account: Account): AccountOpened {
  const cash = [["HKD", fixed("1000000") as Amount]] as const;
  const type = "AccountOpened";
  return { type, atMs: NOW, account, cash, holdings: [], shortSellingAllowed: true };
}

test("limits: sells at any price that wait count towards the exposure, each of them", () => {
  const partitions = partitionsInMemory();
  partitions.gate.connect(() => ({ cancel: () => undefined }));
  for (const account of [SHORT, MAKER]) partitions.stageDeskEvent(account, opened(account));
  const bid = aPlaceRequest({ price: fixed("10") as Price, orderQty: fixed("100") });
  partitions.place(MAKER, bid, NOW);
  const limits: LimitSet = { ...NO_LIMITS, grossExposure: new Map([["HKD", fixed("2000")]]) };
  const source = { ofAccount: () => limits, ofKey: () => NO_LIMITS };
  const guard = new OrderLimits(source, () => 0).guardOf({ account: SHORT, apiKey: "k" });
  const stuck = () => planOf({ kind: "StuckOrder", delayMs: 1_000 });
  const faults = { ofOrder: stuck, ofCancel: () => null, placed: () => undefined };
  const sell = {
    ...bid,
    ordType: OrdType.Market,
    side: Side.Sell,
    timeInForce: TimeInForce.Day,
    price: null,
    clOrdId: NO_CL_ORD_ID,
  };
  const outcomes = [1, 2, 3].map(() => {
    const placed = partitions.place(SHORT, sell, NOW, guard, faults);
    return "refused" in placed ? placed.refused : placed.phase;
  });
  assert.deepEqual(outcomes, ["PendingNew", "PendingNew", "GROSS_EXPOSURE_LIMIT"]);
});

test("limits: a price is measured from the side it would meet, else the last trade, else its own", () => {
  const limits: LimitSet = { ...NO_LIMITS, priceDistance: fixed("0.1") };
  const source = { ofAccount: () => limits, ofKey: () => NO_LIMITS };
  const guard = new OrderLimits(source, () => 0).guardOf({ account: SHORT, apiKey: "k" });
  const outcomesOf = (
    market: readonly (readonly [Side, string])[],
    asked: readonly (readonly [Side, string])[],
  ) => {
    const partitions = partitionsInMemory();
    for (const account of [SHORT, MAKER, TAKER]) {
      partitions.stageDeskEvent(account, opened(account));
    }
    const place = (account: Account, [side, price]: readonly [Side, string], isHeld: boolean) => {
      const terms = { side, price: fixed(price), orderQty: fixed("100") };
      return partitions.place(account, aPlaceRequest(terms), NOW, isHeld ? guard : null);
    };
    // Two who trade with each other leave a last price and nothing open.
    for (const [index, order] of market.entries()) {
      place(index % 2 === 0 ? MAKER : TAKER, order, false);
    }
    return asked.map((order) => "refused" in place(SHORT, order, true));
  };
  const { Buy, Sell } = Side;
  const quotes = [
    [Buy, "10"],
    [Sell, "20"],
  ] as const;
  const nearTheOther = [
    [Buy, "18"],
    [Buy, "17.99"],
  ] as const;
  assert.deepEqual(outcomesOf(quotes, nearTheOther), [false, true]);
  const nearTheBid = [
    [Sell, "11.01"],
    [Sell, "11"],
  ] as const;
  assert.deepEqual(outcomesOf(quotes, nearTheBid), [true, false]);
  const traded = [
    [Buy, "30"],
    [Sell, "30"],
    [Buy, "10"],
  ] as const;
  const nearTheLast = [
    [Buy, "11"],
    [Buy, "27"],
  ] as const;
  assert.deepEqual(outcomesOf(traded, nearTheLast), [true, false]);
  const own = [
    [Buy, "12"],
    [Buy, "11"],
  ] as const;
  assert.deepEqual(outcomesOf([[Buy, "10"]], own), [true, false]);
  assert.deepEqual(outcomesOf([], own), [false, false], "nobody knows where the market is");
});

test("limits: keys that are gone are forgotten, and what is still remembered of others is not", () => {
  const limits: LimitSet = { ...NO_LIMITS, duplicateMs: 60_000, orderRate: 10 };
  const source = { ofAccount: () => NO_LIMITS, ofKey: () => limits };
  const partitions = partitionsInMemory();
  partitions.stageDeskEvent(SHORT, opened(SHORT));
  let nowMs = 0;
  const guards = new OrderLimits(source, () => nowMs);
  const terms = { price: fixed("1") as Price, orderQty: fixed("100") };
  const place = (apiKey: string) => {
    const guard = guards.guardOf({ account: SHORT, apiKey });
    const placed = partitions.place(SHORT, aPlaceRequest(terms), NOW, guard);
    return "refused" in placed ? placed.refused : "placed";
  };
  for (let index = 0; index < 3_000; index += 1) {
    nowMs += 200;
    assert.equal(place(`key-${index}`), "placed");
    // Of the last minute, whenever it is looked who has gone.
    if (index >= 299) assert.equal(place(`key-${index - 299}`), "DUPLICATE_ORDER");
  }
  assert.ok(guards.ownerCount <= 1_026, `${guards.ownerCount} owners`);
  assert.equal(place("key-2500"), "placed", "100 s ago");
});

test("limits: an account's open orders are those of all its keys, a key's are its own", () => {
  const two: LimitSet = { ...NO_LIMITS, openOrders: 2 };
  const placed = (ofAccount: LimitSet, ofKey: LimitSet) => {
    const partitions = partitionsInMemory();
    partitions.stageDeskEvent(SHORT, opened(SHORT));
    const guards = new OrderLimits({ ofAccount: () => ofAccount, ofKey: () => ofKey }, () => 0);
    return ["a", "b", "a", "b", "a"].map((apiKey) => {
      const request = aPlaceRequest({ price: fixed("1"), enteredBy: apiKey as KeyId });
      const guard = guards.guardOf({ account: SHORT, apiKey });
      return !("refused" in partitions.place(SHORT, request, NOW, guard));
    });
  };
  assert.deepEqual(placed(two, NO_LIMITS), [true, true, false, false, false]);
  assert.deepEqual(placed(NO_LIMITS, two), [true, true, true, true, false]);
});

test("limits: another limit that changes gives nobody back what he has used up", () => {
  let limits: LimitSet = { ...NO_LIMITS, orderRate: 1, duplicateMs: 60_000 };
  let nowMs = 0;
  const source = { ofAccount: () => limits, ofKey: () => NO_LIMITS };
  const guards = new OrderLimits(source, () => nowMs);
  const partitions = partitionsInMemory();
  partitions.stageDeskEvent(SHORT, opened(SHORT));
  const place = (price: string) => {
    const guard = guards.guardOf({ account: SHORT, apiKey: "k" });
    const order = partitions.place(SHORT, aPlaceRequest({ price: fixed(price) }), NOW, guard);
    return "refused" in order ? order.refused : "placed";
  };
  assert.equal(place("1"), "placed");
  limits = { ...limits, openOrders: 9 };
  assert.equal(place("2"), "ORDER_RATE_LIMIT");
  nowMs = 1_000;
  assert.equal(place("1"), "DUPLICATE_ORDER");
  limits = { ...limits, duplicateMs: 50_000 };
  assert.equal(place("1"), "placed", "of that limit itself nothing is remembered");
});
