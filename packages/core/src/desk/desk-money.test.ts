// Goal: what an order does to its account's money, told as it happens.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { PlaceRequest } from "../model/command.ts";
import { fixed, formatDecimal, ONE, type Price, type Qty } from "../model/decimal.ts";
import { MarketName, OrdType, Side } from "../model/enums.ts";
import type { Asset, DeskEvent } from "../model/event.ts";
import type { ExecId, UnixMs } from "../model/ids.ts";
import type { Order } from "../model/order.ts";
import { REFERENCE_INSTRUMENTS } from "../model/reference-instruments.ts";
import type { Refusal } from "../model/refusal.ts";
import type { UnixDay } from "../model/unix-day.ts";
import { leavesQty } from "../order/order.ts";
import { decideAdjust } from "./account-decisions.ts";
import { Desk } from "./desk.ts";
import {
  ANNE,
  assertMoneySound,
  BERT,
  chargesOf,
  OPTIONS,
  ScriptedTrading,
  SOUND,
  T0,
} from "./desk-fixture.ts";

const HKD: Asset = { assetClass: "Cash", name: "HKD" };

test("money: a buy holds back its price and charges, pays what it trades for, and settles", () => {
  const trading = new ScriptedTrading();
  const lines = [trading.line(ANNE)];
  const order = trading.place(ANNE);
  lines.push(trading.line(ANNE));
  trading.fill(order, fixed("400"), fixed("420"));
  lines.push(trading.line(ANNE));
  trading.cancel(order);
  lines.push(trading.line(ANNE));
  trading.settle(1);
  lines.push(trading.line(ANNE));
  trading.settle(1);
  lines.push(trading.line(ANNE));
  // Settled, to come, to go and held back: of cash, then of shares.
  assert.deepEqual(lines, [
    "1000000 0 0 hold 0 | 1000 0 0 hold 0",
    "1000000 0 0 hold 424434.98 | 1000 0 0 hold 0",
    // 168000 and charges of 239.74.
    "1000000 0 -168239.74 hold 254661.58 | 1000 400 0 hold 0",
    "1000000 0 -168239.74 hold 0 | 1000 400 0 hold 0",
    "1000000 0 -168239.74 hold 0 | 1000 400 0 hold 0",
    "831760.26 0 0 hold 0 | 1400 0 0 hold 0",
  ]);
  assertMoneySound(trading.desk);
});

test("money: a sell holds back its shares, brings its proceeds less charges, and settles", () => {
  const trading = new ScriptedTrading();
  const order = trading.place(ANNE, { side: Side.Sell });
  const lines = [trading.line(ANNE)];
  trading.fill(order, fixed("400"), fixed("430"));
  lines.push(trading.line(ANNE));
  trading.settle(2);
  lines.push(trading.line(ANNE));
  assert.deepEqual(lines, [
    "1000000 0 0 hold 0 | 1000 0 0 hold 1000",
    "1000000 171754.56 0 hold 0 | 1000 0 -400 hold 600",
    "1171754.56 0 0 hold 0 | 600 0 0 hold 600",
  ]);
  assertMoneySound(trading.desk);
});

test("money: an order beyond what is free is refused, by its last unit", () => {
  const trading = new ScriptedTrading("424434.98", "1000");
  const refused = (change: Partial<PlaceRequest>) => refusalOf(trading.decide(ANNE, change));
  assert.equal(refused({}), null);
  assert.deepEqual(refused({ price: fixed("423.84") }), {
    refused: "INSUFFICIENT_CASH",
    details: "424444.98 HKD needed, 424434.98 available",
  });
  assert.equal(refused({ side: Side.Sell }), null);
  assert.deepEqual(refused({ side: Side.Sell, orderQty: fixed("1100") }), {
    refused: "INSUFFICIENT_HOLDINGS",
    details: "1100 00700 needed, 1000 available",
  });
  const order = trading.place(ANNE);
  assert.equal(
    refused({ orderQty: fixed("100"), price: fixed("0.01") })?.refused,
    "INSUFFICIENT_CASH",
  );
  trading.cancel(order);
  assert.equal(refused({}), null);
});

test("money: proceeds buy nothing until they settle, bought shares can be sold at once", () => {
  const trading = new ScriptedTrading("0", "1000");
  const sell = trading.place(ANNE, { side: Side.Sell });
  trading.fill(sell, fixed("1000"), fixed("423.83"));
  const buy: Partial<PlaceRequest> = { orderQty: fixed("100") };
  assert.equal(refusalOf(trading.decide(ANNE, buy))?.refused, "INSUFFICIENT_CASH");
  trading.settle(2);
  const order = trading.place(ANNE, buy);
  trading.fill(order, fixed("100"), fixed("423.83"));
  assert.equal(refusalOf(trading.decide(ANNE, { ...buy, side: Side.Sell })), null);
  assertMoneySound(trading.desk);
});

test("money: only an account that may sells what it does not hold", () => {
  const trading = new ScriptedTrading("1000000", "0");
  const short: Partial<PlaceRequest> = { side: Side.Sell };
  assert.equal(refusalOf(trading.decide(ANNE, short))?.refused, "INSUFFICIENT_HOLDINGS");
  trading.fill(trading.place(BERT, short), fixed("1000"), fixed("423.83"));
  trading.settle(2);
  assert.equal(trading.line(BERT), "1423225.02 0 0 hold 0 | -1000 0 0 hold 0");
  assertMoneySound(trading.desk);
});

test("money: a market buy holds back its collar, from the reference price", () => {
  const trading = new ScriptedTrading();
  const market: Partial<PlaceRequest> = { ordType: OrdType.Market, price: null };
  const order = trading.place(ANNE, market, "400.05");
  // 400.05 and 5 % are 420.0525: on the tick, below.
  assert.equal(formatDecimal(order.protectionPx), "420.05");
  assert.equal(formatDecimal(order.reservedAmt), "420650.36");
  const beyond = () => trading.fill(order, fixed("100"), fixed("420.06"));
  assert.throws(beyond, /a buy never trades beyond what it holds back/);
  trading.fill(order, fixed("1000"), fixed("420.05"));
  assertMoneySound(trading.desk);
});

test("money: with nobody to buy from, a market buy holds back next to nothing", () => {
  const trading = new ScriptedTrading("10");
  const order = trading.place(ANNE, {
    ordType: OrdType.Market,
    price: null,
    orderQty: fixed("100"),
  });
  assert.equal(formatDecimal(order.protectionPx), "0.01");
  assert.equal(formatDecimal(order.reservedAmt), "5");
});

test("money: a collar is a tick at least, also from a price that a coarser tick left behind", () => {
  const market = { ordType: OrdType.Market, price: null, orderQty: fixed("100") } as const;
  // A collar of zero would be none: the venue would fill the buy at any price.
  const order = new ScriptedTrading().place(ANNE, market, "0.009");
  assert.equal(formatDecimal(order.protectionPx), "0.01");
  assert.equal(formatDecimal(order.reservedAmt), "5");
});

test("money: a collar is never above the highest price there is", () => {
  const priceMax = REFERENCE_INSTRUMENTS.find(({ symbol }) => symbol === SOUND.symbol)?.priceMax;
  assert.ok(priceMax !== undefined);
  const trading = new ScriptedTrading("999999999999");
  const market = { ordType: OrdType.Market, price: null, orderQty: fixed("100") } as const;
  assert.equal(trading.place(ANNE, market, formatDecimal(priceMax)).protectionPx, priceMax);
  const stop = { ordType: OrdType.StopMarket, price: null, stopPx: priceMax } as const;
  assert.equal(trading.place(ANNE, stop).protectionPx, priceMax);
});

test("money: a stop market buy holds back from its trigger, and anew when that is moved", () => {
  const trading = new ScriptedTrading();
  const terms = { ordType: OrdType.StopMarket, price: null, stopPx: fixed("400") } as const;
  const order = trading.place(ANNE, terms, "1");
  assert.equal(formatDecimal(order.protectionPx), "420");
  const moved = trading.amend(order, { stopPx: fixed("500") });
  assert.ok(!("refused" in moved));
  assert.equal(formatDecimal(moved.protectionPx), "525");
  assert.equal(formatDecimal(moved.reservedAmt), "525749.18");
  const lowered = trading.amend(moved, { stopPx: fixed("300") });
  assert.ok(!("refused" in lowered));
  assert.equal(formatDecimal(lowered.protectionPx), "315");
  assert.equal(formatDecimal(lowered.reservedAmt), "315449.51");
  const sell = trading.place(ANNE, { ...terms, side: Side.Sell });
  assert.equal(sell.protectionPx, 0n);
  assertMoneySound(trading.desk);
});

test("money: an amend pays for its increase, or is refused and changes nothing", () => {
  const trading = new ScriptedTrading("600000", "1500");
  const buy = trading.place(ANNE);
  const before = [...trading.desk.snapshotLines()];
  assert.deepEqual(trading.amend(buy, { orderQty: fixed("1500") }), {
    refused: "INSUFFICIENT_CASH",
    details: "212217.48 HKD needed, 175565.02 available",
  });
  assert.deepEqual([...trading.desk.snapshotLines()], before);
  const more = trading.amend(buy, { orderQty: fixed("1400") });
  assert.ok(!("refused" in more));
  const partly = trading.fill(more, fixed("400"), fixed("423.83"));
  // 400 are traded: 100 are left.
  const less = trading.amend(partly, { orderQty: fixed("500") });
  assert.ok(!("refused" in less));
  assert.equal(leavesQty(less), fixed("100"));
  const sell = trading.place(ANNE, { side: Side.Sell });
  assert.deepEqual(trading.amend(sell, { orderQty: fixed("2000") }), {
    refused: "INSUFFICIENT_HOLDINGS",
    details: "1000 00700 needed, 900 available",
  });
  assertMoneySound(trading.desk);
});

test("money: an order that the venue rejects has a number and holds nothing back", () => {
  const trading = new ScriptedTrading();
  const placing = trading.decide(ANNE, {});
  assert.ok(!("refused" in placing));
  const { account, orderId } = placing;
  const rejectReason = "instrument is halted";
  const order = trading.report({ type: "Rejected", account, orderId, rejectReason }, placing);
  assert.deepEqual([order.phase, order.rejectReason], ["Rejected", rejectReason]);
  assert.deepEqual([order.version, order.streamSeq, order.reservedAmt], [1, 1, 0n]);
  assert.equal(trading.desk.openCount, 0);
  assert.equal(trading.place(ANNE).orderId, "22000000002");
  assertMoneySound(trading.desk);
});

test("money: a sale never costs cash, and pays its charges from later fills", () => {
  const trading = new ScriptedTrading("0", "1000");
  const order = trading.place(ANNE, { side: Side.Sell, price: fixed("0.01") });
  // The first hundred bring 1 and are charged 4 at least.
  const first = trading.fill(order, fixed("100"), fixed("0.01"));
  assert.equal(formatDecimal(first.chargeAmt), "1");
  const second = trading.fill(first, fixed("900"), fixed("1"));
  assert.equal(formatDecimal(second.chargeAmt), formatDecimal(chargesOf(second)));
  assertMoneySound(trading.desk);
});

test("money: an operator credits and debits against the house, within what is free", () => {
  const trading = new ScriptedTrading("100", "0");
  const adjust = (text: string) =>
    decideAdjust(
      trading.desk,
      ANNE,
      { asset: HKD, units: fixed(text), reason: "wire" },
      T0 as UnixMs,
    );
  const credit = adjust("50");
  assert.ok(!("refused" in credit));
  assert.equal(formatDecimal(trading.apply(credit).balance), "150");
  assert.deepEqual(adjust("-150.01"), {
    refused: "INSUFFICIENT_CASH",
    details: "150.01 HKD needed, 150 available",
  });
  const debit = adjust("-150");
  assert.ok(!("refused" in debit));
  trading.apply(debit);
  assert.equal(trading.line(ANNE), "0 0 0 hold 0 | 0 0 0 hold 0");
  assert.throws(() => adjust("0"), /an adjustment changes something/);
  assertMoneySound(trading.desk);
});

test("money: shares that an operator gives cost nothing, taken ones take their cost along", () => {
  const trading = new ScriptedTrading("1000000", "0");
  trading.fill(trading.place(ANNE), fixed("1000"), fixed("400"));
  trading.settle(1);
  trading.settle(1);
  const costAfter = (text: string) => {
    const asset: Asset = { assetClass: "Holding", name: "00700" };
    const change = { asset, units: fixed(text), reason: "transfer" };
    const event = decideAdjust(trading.desk, ANNE, change, trading.nowMs as UnixMs);
    assert.ok(!("refused" in event));
    trading.apply(event);
    return formatDecimal(trading.desk.money(ANNE).holding("00700").grossCost);
  };
  assert.equal(costAfter("-500"), "200000");
  assert.equal(costAfter("300"), "200000");
  assert.equal(costAfter("-400"), "100000");
  assertMoneySound(trading.desk);
});

test("money: where a market settles at once nothing is to come", () => {
  const trading = new ScriptedTrading("1000000", "0");
  const coins = { market: MarketName.Crypto, symbol: "BTC-USDT", orderQty: fixed("1") };
  trading.fill(
    trading.place(ANNE, { ...coins, price: fixed("50000") }),
    fixed("1"),
    fixed("50000"),
  );
  const { settled, incoming } = trading.desk.money(ANNE).holding("BTC");
  assert.deepEqual([settled, incoming], [fixed("1"), 0n]);
});

test("money: a date is settled once", () => {
  const trading = new ScriptedTrading();
  trading.settle(1);
  assert.equal(trading.desk.decideSettle(trading.today, T0 as UnixMs), null);
  assert.notEqual(trading.desk.decideSettle((trading.today + 1) as UnixDay, T0 as UnixMs), null);
});

test("money: the quantity estimate can be placed, and a lot more cannot", () => {
  const trading = new ScriptedTrading("1000000", "1050");
  const tradable = (change: Partial<Parameters<Desk["tradableQty"]>[1]>) =>
    trading.desk.tradableQty(ANNE, {
      market: MarketName.Hkex,
      symbol: "00700",
      side: Side.Buy,
      price: fixed("423.83"),
      ratio: ONE,
      ...change,
    });
  assert.equal(tradable({}), fixed("2300"));
  assert.equal(refusalOf(trading.decide(ANNE, { orderQty: fixed("2300") })), null);
  assert.notEqual(refusalOf(trading.decide(ANNE, { orderQty: fixed("2400") })), null);
  assert.equal(tradable({ ratio: ONE / 2n }), fixed("1100"));
  assert.equal(tradable({ side: Side.Sell, price: null }), fixed("1000"));
  assert.equal(tradable({ side: Side.Sell, ratio: ONE / 2n }), fixed("500"));
  const refused: readonly (readonly [string, object])[] = [
    ["UNKNOWN_SYMBOL", { symbol: "700" }],
    ["UNKNOWN_SYMBOL", { market: MarketName.Crypto }],
    ["PRICE_NOT_POSITIVE", { price: null }],
    ["PRICE_OFF_TICK", { price: fixed("423.831") }],
    ["PRICE_OFF_TICK", { side: Side.Sell, price: fixed("423.831") }],
  ];
  for (const [name, change] of refused) {
    const refusal = tradable(change);
    assert.ok(typeof refusal === "object" && refusal.refused === name, name);
  }
});

test("money: facts of a trade that do not fit the ledger are a bug", () => {
  const trading = new ScriptedTrading();
  const order = trading.place(ANNE);
  const { account, orderId } = order;
  const event = trading.desk.decideReport(
    {
      type: "Traded",
      account,
      orderId,
      execId: "1000000001" as ExecId,
      lastQty: fixed("100") as Qty,
      lastPx: fixed("400") as Price,
    },
    null,
    T0 as UnixMs,
  );
  const { execution } = event;
  assert.ok(execution !== null);
  const wrong: readonly (readonly [RegExp, object])[] = [
    [/a trade adds its quantity/, { lastQty: fixed("200"), lastPx: fixed("200") }],
    [/a trade adds its amount/, { lastPx: fixed("401") }],
    [/a trade adds its charges/, { lastChargeAmt: 0n }],
    [/a trade's cash balance is the ledger's/, { cashBalance: 0n }],
  ];
  for (const [statement, change] of wrong) {
    const desk = replayed(trading.events);
    const facts = { ...event, execution: { ...execution, ...change } };
    assert.throws(() => desk.apply(facts, 9), statement);
  }
});

function replayed(events: readonly DeskEvent[]): Desk {
  const desk = new Desk(OPTIONS);
  for (const [index, event] of events.entries()) desk.apply(event, index + 1);
  return desk;
}

function refusalOf(decision: Order | Refusal): Refusal | null {
  return "refused" in decision ? decision : null;
}
