import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { at } from "../assert.ts";
import { ANNE, BERT, instrumentOf, ScriptedTrading } from "../desk/desk-fixture.ts";
import { grossExposure } from "../desk/gross-exposure.ts";
import { fixed, type Price, type Qty } from "../model/decimal.ts";
import { OrdType, Side } from "../model/enums.ts";
import { InstrumentTable } from "../model/instrument-table.ts";
import type { Order } from "../model/order.ts";
import { REFERENCE_INSTRUMENTS } from "../model/reference-instruments.ts";
import { lesserOf } from "../money/order-money.ts";
import { ORD_TYPES } from "../order/ord-types.ts";
import { anOrder } from "../order/order-fixture.ts";
import { NOTHING_WORKING, productExposure, type Working, workingAfter } from "./exposure.ts";

const AT_10 = fixed("10");

function working(buys: string, sells: string): Working {
  const [buyQty, sellQty] = [fixed(buys), fixed(sells)];
  return { ...NOTHING_WORKING, buyQty, buyAmt: buyQty * 10n, sellQty, sellAmt: sellQty * 10n };
}

const EXPOSURES: readonly (readonly [held: string, buys: string, sells: string, is: string])[] = [
  ["0", "0", "0", "0"],
  ["5", "0", "0", "50"],
  ["-5", "0", "0", "50"],
  ["5", "3", "0", "80"],
  ["5", "0", "5", "50"],
  ["5", "0", "15", "100"],
  ["5", "3", "20", "150"],
  ["-5", "5", "0", "50"],
  ["-5", "15", "0", "100"],
  ["-5", "0", "3", "80"],
  ["0", "4", "7", "70"],
];

for (const [held, buys, sells, is] of EXPOSURES) {
  test(`exposure: ${held} held, ${buys} to buy and ${sells} to sell at 10 come to ${is}`, () => {
    const exposure = productExposure(fixed(held), AT_10, working(buys, sells), 0n);
    assert.equal(exposure, fixed(is));
    const atAnyPrice = { ...working(buys, sells), sellAmt: 0n, unpricedSellQty: fixed(sells) };
    assert.equal(productExposure(fixed(held), AT_10, atAnyPrice, AT_10), fixed(is));
  });
}

test("exposure: what an order adds to the totals, and takes from them as it gets less", () => {
  const terms = { price: AT_10 as Price, orderQty: fixed("4") as Qty };
  const [buy, sell] = [Side.Buy, Side.Sell].map((side) => anOrder({ ...terms, side }));
  assert.ok(buy !== undefined && sell !== undefined);
  const atAnyPrice = { ...sell, ordType: OrdType.Market, price: 0n as Price };
  const [four, forty] = [fixed("4"), fixed("40")];
  const table: readonly (readonly [string, Order, Partial<Working>])[] = [
    ["a buy", buy, { buyQty: four, buyAmt: forty }],
    ["a sell", sell, { sellQty: four, sellAmt: forty }],
    ["a sell at any price", atAnyPrice, { sellQty: four, unpricedSellQty: four }],
    [
      "a sell at its trigger",
      { ...atAnyPrice, ordType: OrdType.StopMarket, stopPx: AT_10 as Price },
      { sellQty: four, sellAmt: forty },
    ],
    [
      "a buy at its collar",
      { ...buy, ordType: OrdType.Market, price: 0n as Price, protectionPx: AT_10 as Price },
      { buyQty: four, buyAmt: forty },
    ],
  ];
  for (const [what, order, added] of table) {
    const totals = workingAfter(NOTHING_WORKING, null, order);
    assert.deepEqual(totals, { ...NOTHING_WORKING, ...added }, what);
    const half = { ...order, orderQty: fixed("2") as Qty };
    const rest = workingAfter(totals, order, half);
    assert.deepEqual(rest, workingAfter(NOTHING_WORKING, null, half), what);
  }
});

/** The same totals, added up from all that is open. */
function addedUp(orders: readonly Order[], product: string): Working {
  return orders
    .filter((order) => instrumentOf(order).product === product)
    .reduce((sum, order) => workingAfter(sum, null, order), NOTHING_WORKING);
}

const STEP = fc.oneof(
  fc.record({
    do: fc.constant("place" as const),
    side: fc.constantFrom(Side.Buy, Side.Sell),
    ordType: fc.constantFrom(OrdType.Limit, OrdType.StopLimit, OrdType.StopMarket, OrdType.Market),
    lots: fc.bigInt(1n, 3n),
    ticks: fc.bigInt(1n, 300n),
  }),
  fc.record({
    do: fc.constantFrom("fill" as const, "cancel" as const, "amend" as const),
    which: fc.nat(20),
    lots: fc.bigInt(1n, 3n),
    ticks: fc.bigInt(1n, 300n),
  }),
);
type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;

function play(trading: ScriptedTrading, step: Step): void {
  const [qty, px] = [step.lots * fixed("100"), step.ticks * fixed("0.01")];
  if (step.do === "place") {
    const { side, ordType } = step;
    const { priced, stop } = ORD_TYPES[ordType];
    const [price, stopPx] = [priced ? px : null, stop ? px : null];
    const placing = trading.decide(ANNE, { side, ordType, orderQty: qty, price, stopPx });
    if (!("refused" in placing)) trading.accept(placing);
    return;
  }
  const open = trading.openOrders;
  const order = open[step.which % Math.max(1, open.length)];
  if (order === undefined) return;
  if (step.do === "cancel") trading.cancel(order);
  else if (step.do === "amend") trading.amend(order, { orderQty: order.cumQty + qty });
  else if (order.ordType === OrdType.Limit) {
    const leaves = order.orderQty - order.cumQty;
    trading.fill(order, lesserOf(qty, leaves), order.price);
  }
}

test("exposure: the totals are those of the open orders, whatever happened to them", () => {
  fc.assert(
    fc.property(fc.array(STEP, { maxLength: 30 }), (steps) => {
      const trading = new ScriptedTrading();
      for (const step of steps) {
        play(trading, step);
        const kept = trading.desk.book(ANNE)?.working.of("00700");
        assert.deepEqual(kept, addedUp(trading.openOrders, "00700"));
      }
    }),
  );
});

test("exposure: what is closed leaves no trace, and a restored desk has the same totals", () => {
  const trading = new ScriptedTrading();
  const order = trading.place(ANNE, { orderQty: fixed("100"), price: fixed("10") });
  assert.deepEqual([...(trading.desk.book(ANNE)?.working.products() ?? [])], ["00700"]);
  trading.cancel(order);
  assert.deepEqual([...(trading.desk.book(ANNE)?.working.products() ?? [])], []);
});

test("exposure: adds up the products of a currency, holdings at their mark, else at their cost", () => {
  const trading = new ScriptedTrading("1000000", "100");
  const { desk } = trading;
  const at3 = { markPx: () => fixed("3") as Price, sellPx: () => null };
  const unknown = { markPx: () => null, sellPx: () => null };
  assert.equal(grossExposure(desk, ANNE, "HKD", at3), fixed("300"));
  assert.equal(grossExposure(desk, ANNE, "USDT", at3), fixed("600"), "two coins");
  assert.equal(grossExposure(desk, ANNE, "HKD", unknown), 0n, "it came at no cost");
  trading.place(ANNE, { orderQty: fixed("100"), price: fixed("2") });
  assert.equal(grossExposure(desk, ANNE, "HKD", at3), fixed("500"));
  const order = trading.place(ANNE, { orderQty: fixed("100"), price: fixed("2") });
  trading.fill(order, fixed("100"), fixed("2"));
  assert.equal(grossExposure(desk, ANNE, "HKD", unknown), fixed("400"));
});

test("exposure: open sells at any price count at what the market pays, each of them", () => {
  const trading = new ScriptedTrading("1000000", "100");
  const sell = { side: Side.Sell, ordType: OrdType.Market, price: null } as const;
  const orders = [1, 2, 3].map(() => trading.place(BERT, { ...sell, orderQty: fixed("100") }));
  const prices = { markPx: () => null, sellPx: () => fixed("3") as Price };
  const exposure = () => grossExposure(trading.desk, BERT, "HKD", prices);
  assert.equal(exposure(), fixed("600"), "the first is of what is held");
  for (const order of orders) trading.cancel(order);
  assert.equal(exposure(), 0n);
});

test("exposure: of a product with several symbols, whichever the order is in", () => {
  const table = new InstrumentTable(REFERENCE_INSTRUMENTS);
  const trading = new ScriptedTrading("1000000", "0", { instruments: table });
  table.set({ ...at(REFERENCE_INSTRUMENTS, 0), symbol: "00700-B" });
  const pxOf = (symbol: string) => (symbol === "00700-B" ? (fixed("3") as Price) : null);
  const exposure = () => grossExposure(trading.desk, BERT, "HKD", { markPx: pxOf, sellPx: pxOf });
  const sell = { symbol: "00700-B", side: Side.Sell, orderQty: fixed("100") };
  const order = trading.place(BERT, { ...sell, ordType: OrdType.Market, price: null });
  assert.equal(exposure(), fixed("300"), "nobody quotes the first symbol");
  trading.fill(order, fixed("100"), fixed("1"));
  assert.equal(exposure(), fixed("300"), "at the last price, not at what it brought");
});
