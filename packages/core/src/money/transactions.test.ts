import assert from "node:assert/strict";
import { test } from "node:test";
import { decideAdjust } from "../desk/account-decisions.ts";
import { ANNE, ScriptedTrading, T0 } from "../desk/desk-fixture.ts";
import { type Amount, fixed, formatDecimal, type Qty } from "../model/decimal.ts";
import { Side } from "../model/enums.ts";
import type { DeskEvent } from "../model/event.ts";
import type { UnixMs } from "../model/ids.ts";
import { isBooked, statementEntryOf, transactionsOf } from "./transactions.ts";

test("transactions: the statement of a run, line by line", () => {
  const trading = new ScriptedTrading("100000", "1000");
  trading.fill(trading.place(ANNE, { orderQty: fixed("200") }), fixed("200"), fixed("420"));
  trading.fill(
    trading.place(ANNE, { orderQty: fixed("100"), side: Side.Sell }),
    fixed("100"),
    fixed("430"),
  );
  for (const [assetClass, name, text] of [
    ["Cash", "HKD", "-100"],
    ["Holding", "BTC", "0.5"],
  ] as const) {
    const asset = { assetClass, name };
    const event = decideAdjust(
      trading.desk,
      ANNE,
      { asset, units: fixed(text), reason: "by hand" },
      T0 as UnixMs,
    );
    assert.ok(!("refused" in event));
    trading.apply(event);
  }
  trading.settle(2);
  // Id, type, asset, product, price, quantity, amount, balance, days to settlement, order.
  assert.deepEqual(linesOf(trading), [
    "1-1 Opening HKD  0 0 100000 =100000 +0  ",
    "1-2 Opening USD  0 0 100000 =100000 +0  ",
    "1-3 Opening USDT  0 0 100000 =100000 +0  ",
    "1-4 Opening HKD 00700 0 1000 0 =1000 +0  hkex",
    "1-5 Opening USD AAPL 0 1000 0 =1000 +0  usex",
    "1-6 Opening USDT DODO 0 1000 0 =1000 +0  crypto",
    "1-7 Opening USDT BTC 0 1000 0 =1000 +0  crypto",
    "4-1 Buy HKD 00700 420 200 -84000 =16000 +2 22000000001 hkex",
    "4-2 Charge HKD 00700 0 0 -119.88 =15880.12 +2 22000000001 hkex",
    "6-1 Sell HKD 00700 430 -100 43000 =58880.12 +2 22000000002 hkex",
    "6-2 Charge HKD 00700 0 0 -61.36 =58818.76 +2 22000000002 hkex",
    "7-1 Adjustment HKD  0 0 -100 =58718.76 +0 by hand ",
    "8-1 Adjustment USDT BTC 0 0.5 0 =1000.5 +0 by hand crypto",
  ]);
});

test("transactions: a product that is not listed any more still has its line", () => {
  const trading = new ScriptedTrading("0", "0");
  const asset = { assetClass: "Holding", name: "GONE" } as const;
  const event = decideAdjust(trading.desk, ANNE, { asset, units: 5n, reason: "" }, T0 as UnixMs);
  assert.ok(!("refused" in event));
  trading.apply(event);
  const [line] = transactionsOf(event, 7, trading.desk);
  assert.deepEqual([line?.productCode, line?.market, line?.currency], ["GONE", "", ""]);
});

test("transactions: a line's amounts add up to the account's balance", () => {
  const trading = new ScriptedTrading("100000", "1000");
  const order = trading.place(ANNE, { orderQty: fixed("200") });
  trading.fill(order, fixed("100"), fixed("410"));
  trading.fill(order, fixed("100"), fixed("411"));
  let balance = 0n;
  for (const [index, event] of trading.events.entries()) {
    for (const line of transactionsOf(event, index + 1, trading.desk)) {
      if (line.account !== ANNE || line.currency !== "HKD" || line.assetClass !== "Cash") continue;
      balance += line.amt;
      assert.equal(line.balance, balance);
    }
  }
  assert.equal(balance, trading.desk.money(ANNE).cash("HKD").total);
});

test("transactions: an entry counts the lines of its event, in and out", () => {
  const trading = new ScriptedTrading("100000", "1000");
  trading.fill(trading.place(ANNE, { orderQty: fixed("100") }), fixed("100"), fixed("420"));
  const sale = trading.place(ANNE, { orderQty: fixed("200"), side: Side.Sell, price: 1_000_000n });
  // Its charges are taken from the first fills, until they are paid.
  for (let fill = 0; fill < 2; fill += 1) trading.fill(sale, fixed("100"), 1_000_000n);
  for (const text of ["-100", "100"]) {
    const asset = { assetClass: "Holding", name: "BTC" } as const;
    const event = decideAdjust(
      trading.desk,
      ANNE,
      { asset, units: fixed(text), reason: "" },
      T0 as UnixMs,
    );
    assert.ok(!("refused" in event));
    trading.apply(event);
  }
  trading.settle(2);
  const seen = new Set<string>();
  for (const event of [...trading.events, ...rareEvents(trading.events)]) {
    const lines = transactionsOf(event, 1, trading.desk);
    assert.equal(isBooked(event), lines.length > 0);
    if (!isBooked(event)) continue;
    const entry = statementEntryOf(event);
    const moved = lines.map(({ assetClass, amt, qty }) => (assetClass === "Cash" ? amt : qty));
    assert.equal(entry.inCount, moved.filter((each) => each > 0n).length);
    assert.equal(entry.outCount, moved.filter((each) => each < 0n).length);
    assert.equal(lines.length, entry.inCount + entry.outCount, "no line moves nothing");
    for (const line of lines) {
      assert.deepEqual([line.account, line.date], [entry.account, entry.date]);
      const isTrade = !["Opening", "Adjustment"].includes(line.type);
      assert.equal(entry.cause, isTrade ? "Trade" : line.type);
    }
    seen.add(`${entry.cause} ${entry.inCount} ${entry.outCount}`);
  }
  const expected = [
    ...["Adjustment 0 1", "Adjustment 1 0", "Opening 1 1", "Opening 7 0"],
    ...["Trade 0 1", "Trade 0 2", "Trade 1 0", "Trade 1 1"],
  ];
  assert.deepEqual([...seen].sort(), expected);
});

/** An opening with a debt and with nothing of an asset, and trades that nothing was charged for. */
function rareEvents(events: readonly DeskEvent[]): DeskEvent[] {
  return events.flatMap((event): DeskEvent[] => {
    if (event.type === "AccountOpened") {
      const cash = [0n, -5n, 1n].map((units, index) => [`C-${index}`, units as Amount] as const);
      return [{ ...event, cash, holdings: [["00700", 0n as Qty]] }];
    }
    if (event.type !== "ExecutionReported" || event.execution === null) return [];
    return [{ ...event, execution: { ...event.execution, lastChargeAmt: 0n as Amount } }];
  });
}

function linesOf({ events, desk }: ScriptedTrading): string[] {
  const all = events.flatMap((event, index) => transactionsOf(event, index + 1, desk));
  return all
    .filter(({ account }) => account === ANNE)
    .map((line) => {
      const figures = [line.price, line.qty, line.amt].map(formatDecimal).join(" ");
      const subject = `${line.id} ${line.type} ${line.currency} ${line.productCode}`;
      const settles = `+${line.settlDate - line.date}`;
      const { orderId, remarks, market, balance } = line;
      const named = `${orderId}${remarks} ${market}`;
      return `${subject} ${figures} =${formatDecimal(balance)} ${settles} ${named}`;
    });
}
