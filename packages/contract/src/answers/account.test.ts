import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  type Account,
  type Amount,
  type ClOrdId,
  type ExecId,
  formatDecimal,
  MarketName,
  type OrderId,
  type Price,
  type Qty,
  Side,
  type UnixDay,
  type UnixMs,
} from "@countermand/core/model";
import fc from "fast-check";
import { JsonFault, JsonObject, NumberText, parseExact } from "../json-exact.ts";
import {
  type BalanceRow,
  encodeBalances,
  encodePositionsPage,
  encodeQuantity,
  type PositionRow,
} from "./account.ts";
import { encodeExecutionsPage, type ReportedExecution } from "./executions.ts";
import {
  businessTypeOf,
  encodeTransactionsPage,
  ioTypeOf,
  type TransactionRow,
} from "./transactions.ts";

const PAGE = { totalRecords: 41, page: 3, pageSize: 20 };

const BALANCE: BalanceRow = {
  currency: "HKD",
  marketValue: 1n as Amount,
  cash: 2n as Amount,
  cashOnHold: 3n as Amount,
  cashWithdraw: 4n as Amount,
  unsettNetAmt: -5n as Amount,
  unsettBuyAmt: 6n as Amount,
  unsettSellAmt: 7n as Amount,
  interestNet: 8n as Amount,
  interestDebit: 9n as Amount,
  interestCredit: 10n as Amount,
};

const POSITION: PositionRow = {
  market: MarketName.Hkex,
  productCode: "00700",
  productName: 'TEN"CENT',
  qty: 1n as Qty,
  osSellQty: 2n as Qty,
  availQty: 3n as Qty,
  availSellQty: 4n as Qty,
  unclearedQty: 5n as Qty,
  currency: "HKD",
  avgCost: 6n as Price,
  avgPrice: 7n as Price,
  prevPrice: 8n as Price,
  prevMarketValue: 9n as Amount,
  pendingDepositQty: 10n as Qty,
  pendingWithdrawalQty: 11n as Qty,
  approvedDepositQty: 12n as Qty,
};

const BOUGHT: TransactionRow = {
  id: "8124-1",
  account: "80114138" as Account,
  type: "Buy",
  date: 20_217 as UnixDay,
  settlDate: 20_221 as UnixDay,
  assetClass: "Cash",
  currency: "HKD",
  market: MarketName.Hkex,
  productCode: "00700",
  productName: "TENCENT",
  price: 42_383_000_000n as Price,
  qty: 100_000_000_000n as Qty,
  amt: -42_383_000_000_000n as Amount,
  balance: 57_617_000_000_000n,
  orderId: "22000000022" as OrderId,
  remarks: "",
};

const FILL: ReportedExecution = {
  execution: {
    execId: "1000000001" as ExecId,
    lastQty: 30_000_000_000n as Qty,
    lastPx: 42_383_000_000n as Price,
    lastChargeAmt: 17_801_000_000n as Amount,
  },
  order: {
    orderId: "22000000022" as OrderId,
    clOrdId: 'my "order"' as ClOrdId,
    market: MarketName.Hkex,
    symbol: "00700",
    side: Side.Sell,
    portfolioId: "book 1",
    updatedAtMs: 1746775317999 as UnixMs,
  },
  currency: "HKD",
};

test("account: the balance has the reference's fields, exact, in its order", () => {
  assert.equal(
    encodeBalances([BALANCE]),
    '{"code":0,"data":[{"base_currency":"HKD","market_value":0.00000001,"cash":0.00000002,' +
      '"cash_on_hold":0.00000003,"cash_withdraw":0.00000004,"unsett_net_amt":-0.00000005,' +
      '"unsett_buy_amt":0.00000006,"unsett_sell_amt":0.00000007,"interest_net":0.00000008,' +
      '"interest_debit":0.00000009,"interest_credit":0.0000001}]}',
  );
  assert.equal(encodeBalances([]), '{"code":0,"data":[]}');
  const two = JSON.parse(encodeBalances([BALANCE, { ...BALANCE, currency: "USD" }]));
  assert.deepEqual([two.data.length, two.data[1].base_currency], [2, "USD"]);
});

test("account: a position has the reference's fields, exact, in its order", () => {
  assert.equal(
    encodePositionsPage({ ...PAGE, rows: [POSITION] }),
    '{"code":0,"data":{"total_records":41,"page":3,"page_size":20,"positions":[' +
      '{"market":"hkex","product_code":"00700","product_name":"TEN\\"CENT","qty":0.00000001,' +
      '"os_sell_qty":0.00000002,"avail_qty":0.00000003,"avail_sell_qty":0.00000004,' +
      '"uncleared_qty":0.00000005,"base_currency":"HKD","avg_cost":0.00000006,' +
      '"avg_price":0.00000007,"prev_price":0.00000008,"prev_market_value":0.00000009,' +
      '"pending_deposit_qty":0.0000001,"pending_withdrawal_qty":0.00000011,' +
      '"approved_deposit_qty":0.00000012}]}}',
  );
});

test("account: a line of the statement has the reference's fields in its order", () => {
  assert.equal(
    encodeTransactionsPage({ ...PAGE, rows: [BOUGHT] }),
    '{"code":0,"data":{"total_records":41,"page":3,"page_size":20,"transactions":[' +
      '{"id":"8124-1","account_id":"80114138","tran_type":"cash","date":"2025-05-09",' +
      '"sett_date":"2025-05-13","base_currency":"HKD","market":"hkex","product_code":"00700",' +
      '"product_name":"TENCENT","price":423.83,"qty":1000,"amt":-423830,"balance":576170,' +
      '"io_type":"out","fx_currency":"","fx_amt":0,"fx_rate":0,"remarks":"",' +
      '"business_type":"trade","business_sub_type":"buy","order_no":"22000000022"}]}}',
  );
});

test("account: the words of every kind of line", () => {
  const sold = { amt: 1n as Amount, qty: -1n as Qty };
  const none = { amt: 0n as Amount, qty: 0n as Qty };
  const holding = { ...none, assetClass: "Holding", market: "", orderId: "" } as const;
  const table: readonly (readonly [Partial<TransactionRow>, string])[] = [
    [{ type: "Buy" }, "cash out trade/buy"],
    [{ type: "Sell", ...sold }, "cash in trade/sell"],
    [{ type: "Charge", amt: -1n as Amount, qty: 0n as Qty }, "cash out trade/charge"],
    [{ type: "Opening", ...none, amt: 1n as Amount }, "cash in opening/"],
    [{ type: "Opening", ...holding, qty: 1n as Qty }, "holding in opening/"],
    [{ type: "Adjustment", ...holding, qty: -1n as Qty }, "holding out adjustment/"],
  ];
  for (const [changes, expected] of table) {
    const row = { ...BOUGHT, ...changes };
    const text = encodeTransactionsPage({ ...PAGE, rows: [row] });
    const [line] = JSON.parse(text).data.transactions;
    const words = `${line.business_type}/${line.business_sub_type}`;
    assert.equal(`${line.tran_type} ${line.io_type} ${words}`, expected);
    assert.equal(businessTypeOf(row).toLowerCase(), line.business_type);
    assert.equal(ioTypeOf(row).toLowerCase(), line.io_type);
    assert.deepEqual([line.market, line.order_no], [row.market, row.orderId]);
  }
});

test("account: an execution is written with all its fields, in their order", () => {
  assert.equal(
    encodeExecutionsPage({ ...PAGE, rows: [FILL] }),
    '{"code":0,"data":{"total_records":41,"page":3,"page_size":20,"executions":[' +
      '{"exec_id":"1000000001","order_no":"22000000022","reference_id":"my \\"order\\"",' +
      '"market":"hkex","symbol":"00700","order_side":"sell","last_qty":300,"last_price":423.83,' +
      '"last_amount":127149,"charge":178.01,"base_currency":"HKD","portfolio_id":"book 1",' +
      '"trade_time":1746775317}]}}',
  );
});

test("account: an estimate is one quantity", () => {
  assert.equal(encodeQuantity(50_000_000_000n as Qty), '{"code":0,"data":{"qty":500}}');
  assert.equal(encodeQuantity(0n as Qty), '{"code":0,"data":{"qty":0}}');
});

test("account: the protocol page lists the fields that are written, in their order", () => {
  const page = { ...PAGE, rows: [] };
  const table: readonly (readonly [heading: string, answer: string])[] = [
    ["### Balance", encodeBalances([BALANCE])],
    ["### Positions", encodePositionsPage({ ...page, rows: [POSITION] })],
    ["### Transactions", encodeTransactionsPage({ ...page, rows: [BOUGHT] })],
    ["## List executions", encodeExecutionsPage({ ...page, rows: [FILL] })],
  ];
  for (const [heading, answer] of table) {
    const { data } = JSON.parse(answer);
    const [row] = Array.isArray(data) ? data : Object.values(data).flat().filter(isObject);
    assert.deepEqual(documentedFields(heading), Object.keys(row), heading);
  }
});

test("account: any figures and texts are written exactly", () => {
  const units = fc.bigInt({ min: -(10n ** 26n), max: 10n ** 26n });
  fc.assert(
    fc.property(units, units, fc.string({ unit: "binary" }), (amt, balance, remarks) => {
      const row = { ...BOUGHT, amt: amt as Amount, balance, remarks };
      const read = parseExact(encodeTransactionsPage({ ...PAGE, rows: [row] }));
      assert.ok(!(read instanceof JsonFault) && read instanceof JsonObject);
      const data = read.get("data");
      assert.ok(data instanceof JsonObject);
      const line = (data.get("transactions") as readonly unknown[])[0];
      assert.ok(line instanceof JsonObject);
      assert.deepEqual(line.get("amt"), new NumberText(formatDecimal(amt)));
      assert.deepEqual(line.get("balance"), new NumberText(formatDecimal(balance)));
      assert.equal(line.get("remarks"), remarks);
    }),
  );
});

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** First cells of the last table of a section. */
function documentedFields(heading: string): string[] {
  const page = readFileSync(new URL("../../../../docs/protocol/rest.md", import.meta.url), "utf8");
  const [, section = ""] = page.split(`\n${heading}\n`);
  const [, table = ""] = section.split("| Field | Type | Meaning |\n");
  const [rows = ""] = table.split("\n\n");
  return [...rows.matchAll(/^\| `([a-z_]+)`/gm)].map(([, field = ""]) => field);
}
