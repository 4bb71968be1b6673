import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "../assert.ts";
import { decideAdjust } from "../desk/account-decisions.ts";
import { ANNE, BERT, OPTIONS, ScriptedTrading } from "../desk/desk-fixture.ts";
import { fixed, formatDecimal, ONE, type Price, ZERO_PRICE } from "../model/decimal.ts";
import { MarketName, Side } from "../model/enums.ts";
import { InstrumentTable } from "../model/instrument-table.ts";
import { REFERENCE_INSTRUMENTS } from "../model/reference-instruments.ts";
import { balances, type Marks, positions, tradableQty } from "./account-views.ts";
import { NO_CHARGES } from "./fee-table.ts";

/** Tencent last traded at 430 and closed at 425 the day before; nothing else ever traded. */
const MARKS: Marks = {
  lastPx: (symbol) => (symbol === "00700" ? (fixed("430") as Price) : null),
  prevClosePx: (symbol) => (symbol === "00700" ? (fixed("425") as Price) : null),
};

test("balances: every figure of an account that bought, sold and has open orders", () => {
  const [hkd] = balancesOf(busy());
  assert.deepEqual(hkd, {
    currency: "HKD",
    // 1150 shares at 430.
    marketValue: "494500",
    cash: "1000000",
    cashOnHold: "42059.92",
    cashWithdraw: "873820.2",
    unsettNetAmt: "-62551.1",
    unsettBuyAmt: "84119.88",
    unsettSellAmt: "21568.78",
    interestNet: "0",
    interestDebit: "0",
    interestCredit: "0",
  });
});

test("balances: settled, what was to come and to go is cash", () => {
  const trading = busy();
  trading.settle(2);
  const [hkd] = balancesOf(trading);
  assert.equal(hkd?.["cash"], "937448.9");
  assert.equal(hkd?.["cashWithdraw"], "895388.98");
  assert.deepEqual([hkd?.["unsettBuyAmt"], hkd?.["unsettSellAmt"]], ["0", "0"]);
});

test("balances: a row for every currency that is traded or held, also an empty one", () => {
  const rows = balancesOf(new ScriptedTrading("0", "0")).map(({ currency }) => currency);
  assert.deepEqual(rows, ["HKD", "USD", "USDT"]);
  const trading = new ScriptedTrading("0", "0");
  const euro = { assetClass: "Cash", name: "EUR" } as const;
  const adjustment = { asset: euro, units: ONE, reason: "" };
  const credit = decideAdjust(trading.desk, ANNE, adjustment, 0 as never);
  assert.ok(!("refused" in credit));
  trading.apply(credit);
  const rowsWithEuro = balancesOf(trading).map(({ currency }) => currency);
  assert.deepEqual(rowsWithEuro, ["EUR", "HKD", "USD", "USDT"]);
});

test("positions: every figure of an account that bought, sold and has open orders", () => {
  const [tencent, ...others] = positionsOf(busy());
  assert.deepEqual(tencent, {
    market: "hkex",
    symbol: "00700",
    productCode: "00700",
    productName: "TENCENT",
    qty: "1150",
    osSellQty: "100",
    // 1000 settled, 50 sold, 100 in an open order.
    availQty: "850",
    availSellQty: "1050",
    unclearedQty: "200",
    currency: "HKD",
    // 200 for 84119.88 and 1000 at no cost, then 50 of the 1200 sold.
    avgCost: "70.0999",
    avgPrice: "70",
    prevPrice: "425",
    prevMarketValue: "488750",
    pendingDepositQty: "0",
    pendingWithdrawalQty: "0",
    approvedDepositQty: "0",
  });
  assert.deepEqual(
    others.map(({ productCode }) => productCode),
    ["AAPL", "DODO", "BTC"],
  );
});

test("positions: a short holding has a negative quantity and what one unit brought", () => {
  const trading = new ScriptedTrading("1000000", "0");
  const order = trading.place(BERT, { side: Side.Sell });
  trading.fill(order, fixed("400"), fixed("430"));
  const [short] = positionsOf(trading, BERT);
  assert.equal(short?.["qty"], "-400");
  assert.equal(short?.["avgPrice"], "430");
  assert.equal(short?.["avgCost"], "429.3864");
  assert.deepEqual([short?.["availQty"], short?.["availSellQty"]], ["0", "0"]);
  assert.equal(balancesOf(trading, BERT)[0]?.["marketValue"], "-172000");
});

test("positions: bought and sold before it settled, nothing is held and it has cost nothing", () => {
  const trading = new ScriptedTrading("1000000", "0");
  for (const side of [Side.Buy, Side.Sell]) {
    trading.fill(trading.place(ANNE, { side }), fixed("1000"), fixed("423.83"));
  }
  const [row] = positionsOf(trading);
  assert.deepEqual([row?.["qty"], row?.["unclearedQty"]], ["0", "1000"]);
  assert.deepEqual([row?.["avgCost"], row?.["avgPrice"]], ["0", "0"]);
});

test("positions: what is neither held nor being sold has no row", () => {
  assert.deepEqual(positionsOf(new ScriptedTrading("1000000", "0")), []);
});

test("balances: a holding that never traded counts at its average price", () => {
  const trading = new ScriptedTrading("1000000", "0");
  trading.fill(trading.place(ANNE), fixed("1000"), fixed("400"));
  const account = trading.desk.money(ANNE);
  const none: Marks = { lastPx: () => null, prevClosePx: () => null };
  const [hkd] = balances(account, REFERENCE_INSTRUMENTS, none);
  assert.equal(formatDecimal(hkd?.marketValue ?? 0n), "400000");
});

test("balances: a product that trades under several symbols is valued by those still traded", () => {
  const account = new ScriptedTrading("0", "100").desk.money(ANNE);
  const table = new InstrumentTable(REFERENCE_INSTRUMENTS);
  for (const symbol of ["00700-A", "00700-B"]) {
    table.set({ ...at(REFERENCE_INSTRUMENTS, 0), symbol, securityDesc: symbol });
  }
  const prices = new Map([
    ["00700", "430"],
    ["00700-B", "43"],
  ]);
  const pxOf = (symbol: string) => fixed(prices.get(symbol) ?? "0") as Price;
  const marks: Marks = { lastPx: (symbol) => pxOf(symbol) || null, prevClosePx: () => null };
  const valued = () => {
    const [hkd] = balances(account, table, marks);
    const [share] = positions(account, table, marks);
    return [formatDecimal(hkd?.marketValue ?? 0n), share?.productName, share?.symbol];
  };
  assert.deepEqual(valued(), ["43000", "TENCENT", "00700"]);
  table.retire("00700");
  assert.deepEqual(valued(), ["4300", "00700-A", "00700-A"]);
});

test("balances: a holding counts in the currency that it is traded in, and in no other", () => {
  const trading = new ScriptedTrading("1000000", "0");
  const apple = { market: MarketName.Usex, symbol: "AAPL", orderQty: fixed("10") };
  const buy = trading.place(ANNE, { ...apple, price: fixed("200") });
  trading.fill(buy, fixed("10"), fixed("200"));
  const values = balancesOf(trading).map(({ currency, marketValue }) => [currency, marketValue]);
  assert.deepEqual(values, [
    ["HKD", "0"],
    ["USD", "2000"],
    ["USDT", "0"],
  ]);
});

test("tradable quantity: what takes the last cent can be bought", () => {
  const account = new ScriptedTrading("42383", "0").desk.money(ANNE);
  const [tencent] = REFERENCE_INSTRUMENTS;
  assert.ok(tencent !== undefined);
  const price = fixed("423.83") as Price;
  for (const [each, qty] of [
    [price, fixed("100")],
    [(price + fixed("0.01")) as Price, 0n],
  ] as const) {
    const query = { side: Side.Buy, price: each, ratio: ONE, lotsMax: null };
    assert.equal(tradableQty(account, tencent, query, NO_CHARGES), qty);
  }
});

test("tradable quantity: never more than the largest order, nothing with nothing free", () => {
  const rich = new ScriptedTrading("999999999999", "999999999").desk.money(ANNE);
  const poor = new ScriptedTrading("0", "0").desk.money(ANNE);
  for (const instrument of REFERENCE_INSTRUMENTS) {
    for (const side of [Side.Buy, Side.Sell]) {
      const query = { side, price: instrument.priceTick, ratio: ONE, lotsMax: null };
      const tradable = [rich, poor].map((account) =>
        tradableQty(account, instrument, query, OPTIONS.rules.feeTable),
      );
      assert.deepEqual(tradable, [instrument.orderQtyMax, 0n], `${instrument.symbol} ${side}`);
      const bound = { ...query, lotsMax: 3n };
      const few = tradableQty(rich, instrument, bound, OPTIONS.rules.feeTable);
      assert.equal(few, 3n * instrument.lotQty, "what the market takes in one order");
    }
  }
});

test("tradable quantity: nothing, and nothing below it, of what is sold short or not there", () => {
  const trading = new ScriptedTrading("1000000", "0");
  trading.fill(trading.place(BERT, { side: Side.Sell }), fixed("1000"), fixed("423.83"));
  trading.place(BERT, { side: Side.Sell });
  const [tencent] = REFERENCE_INSTRUMENTS;
  assert.ok(tencent !== undefined);
  const query = { side: Side.Sell, price: ZERO_PRICE, ratio: ONE, lotsMax: null };
  assert.equal(tradableQty(trading.desk.money(BERT), tencent, query, NO_CHARGES), 0n);
  assert.equal(positionsOf(trading, BERT)[0]?.["availSellQty"], "0");
});

/** Bought 200 at 420 and sold 50 at 432, half of an order, with a buy and a sell of 100 open. */
function busy(): ScriptedTrading {
  const trading = new ScriptedTrading("1000000", "1000");
  const [buy, sell] = [{ orderQty: fixed("200") }, { orderQty: fixed("100"), side: Side.Sell }];
  trading.fill(trading.place(ANNE, buy), fixed("200"), fixed("420"));
  const partly = trading.place(ANNE, sell);
  trading.fill(partly, fixed("50"), fixed("432"));
  trading.cancel(partly);
  trading.place(ANNE, sell);
  trading.place(ANNE, { orderQty: fixed("100"), price: fixed("420") });
  return trading;
}

type Row = Readonly<Record<string, string>>;

function balancesOf({ desk }: ScriptedTrading, account = ANNE): Row[] {
  return balances(desk.money(account), REFERENCE_INSTRUMENTS, MARKS).map(shown);
}

function positionsOf({ desk }: ScriptedTrading, account = ANNE): Row[] {
  return positions(desk.money(account), REFERENCE_INSTRUMENTS, MARKS).map(shown);
}

function shown(row: object): Row {
  const cells = Object.entries(row).map(([name, cell]) => [
    name,
    typeof cell === "bigint" ? formatDecimal(cell) : cell,
  ]);
  return Object.fromEntries(cells);
}
