// What each field of balance, positions, executions and transactions says while values move:
// bought, sold, sold short, settled after two days, after one and at once. The clock is the test's,
// and so are the accounts.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  type Account,
  type AccountOpened,
  type Amount,
  encodeDeskEvent,
  parseDecimal,
  type Qty,
  type UnixMs,
} from "@countermand/core/model";
import { SqliteJournal } from "../../packages/gateway/src/journal/sqlite-journal.ts";
import { startGateway } from "./gateway-in-process.ts";
import { envelope, KEY_1, KEY_2, SignedClient } from "./signed-client.ts";

/** A Monday, 10:00 in Hong Kong and 21:00 of Sunday in New York. */
const MONDAY_MS = Date.UTC(2026, 10, 16, 2);
const DAY_MS = 86_400_000;

interface Desk {
  readonly long: SignedClient;
  readonly short: SignedClient;
  /** Lets days pass on the market's clock. */
  wait(days: number): void;
}

/** Two accounts, opened on that Monday: one with cash alone, one that may sell short. */
async function openDesk(t: TestContext): Promise<Desk> {
  const time = {
    get wallMs() {
      return Date.now();
    },
    marketMs: MONDAY_MS,
  };
  const folder = mkdtempSync(join(tmpdir(), "countermand-"));
  openAccounts(folder);
  const gateway = await startGateway(time, {
    COUNTERMAND_DATA_DIR: folder,
    COUNTERMAND_SANDBOX_MARKET: "off",
  });
  const [long, short] = [
    new SignedClient(gateway.url, KEY_1),
    new SignedClient(gateway.url, KEY_2),
  ];
  t.after(async () => {
    long.close();
    short.close();
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const wait = (days: number) => {
    time.marketMs += days * DAY_MS;
  };
  return { long, short, wait };
}

function openAccounts(folder: string): void {
  const journal = SqliteJournal.open(folder);
  const { epoch, lastSeq } = journal.claim("desk-22", "test");
  const cash: Pairs = [
    ["HKD", "10000"],
    ["USD", "1000"],
    ["USDT", "500"],
  ];
  const holdings: Pairs = [
    ["00700", "100"],
    ["AAPL", "5"],
    ["BTC", "1"],
  ];
  const payloads = [
    opening(KEY_1.account, cash, [], false),
    opening(KEY_2.account, [["HKD", "50"]], holdings, true),
  ];
  journal.append([[{ partition: "desk-22", epoch, expectedSeq: lastSeq, payloads }]]);
  journal.close();
}

type Pairs = readonly (readonly [string, string])[];

function opening(account: string, cash: Pairs, holdings: Pairs, isShort: boolean): string {
  const event: AccountOpened = {
    type: "AccountOpened",
    atMs: MONDAY_MS as UnixMs,
    account: account as Account,
    cash: cash.map(([name, text]) => [name, parseDecimal(text) as Amount]),
    holdings: holdings.map(([name, text]) => [name, parseDecimal(text) as Qty]),
    shortSellingAllowed: isShort,
  };
  return encodeDeskEvent(event);
}

const SYMBOLS = { hkex: "00700", usex: "AAPL", crypto: "BTC-USDT" } as const;

function order(market: keyof typeof SYMBOLS, side: string, qty: string, price: string): object {
  const symbol = SYMBOLS[market];
  return { market, symbol, order_type: "limit_order", order_side: side, qty, price };
}

/** The balance of one currency: figures in the contract's order, without the three of interest. */
async function cash(client: SignedClient, currency: string): Promise<string> {
  const rows = envelope(await client.call("GET", "/account/v1/balance")).data as Row[];
  const row = rows.find((each) => each["base_currency"] === currency) ?? {};
  const { market_value, cash: settled, cash_on_hold, cash_withdraw, ...rest } = row;
  const { unsett_net_amt, unsett_buy_amt, unsett_sell_amt } = rest;
  assert.deepEqual([row["interest_net"], row["interest_debit"], row["interest_credit"]], [0, 0, 0]);
  const settling = `net ${unsett_net_amt} = ${unsett_sell_amt} - ${unsett_buy_amt}`;
  return `${settled} hold ${cash_on_hold} free ${cash_withdraw} ${settling} value ${market_value}`;
}

/** Positions of a market, one line each. */
async function positions(client: SignedClient, query: string): Promise<string[]> {
  const answer = await client.call("GET", `/account/v1/positions?${query}`);
  const { positions: rows } = envelope(answer).data as { positions: Row[] };
  return rows.map((row) => {
    const quantities = `${row["qty"]} selling ${row["os_sell_qty"]} avail ${row["avail_qty"]}`;
    const sellable = `sellable ${row["avail_sell_qty"]} uncleared ${row["uncleared_qty"]}`;
    const cost = `cost ${row["avg_cost"]} price ${row["avg_price"]} ${row["base_currency"]}`;
    return `${row["product_code"]} ${quantities} ${sellable} ${cost}`;
  });
}

interface Listed {
  readonly total: number;
  readonly rows: readonly Row[];
}

type Row = Readonly<Record<string, unknown>>;

async function list(client: SignedClient, path: string): Promise<Listed> {
  const { data, code } = envelope(await client.call("GET", path));
  assert.equal(code, 0, path);
  const { total_records, page: _page, page_size: _size, ...rest } = data as Row;
  return { total: total_records as number, rows: Object.values(rest)[0] as readonly Row[] };
}

/** The statement: id, what, settlement, product, price, quantity, amount, balance. */
async function statement(client: SignedClient, query = ""): Promise<string[]> {
  const { rows } = await list(client, `/account/v1/transactions?${query}`);
  return rows.map((row) => {
    const what = `${row["business_type"]} ${row["business_sub_type"]} ${row["io_type"]}`;
    const dates = `${row["date"]} ${row["sett_date"]}`;
    const figures = `${row["price"]} ${row["qty"]} ${row["amt"]} =${row["balance"]}`;
    const names = `${row["base_currency"]} ${row["market"]} ${row["product_code"]}`;
    return `${row["id"]} ${row["tran_type"]} ${what} ${dates} ${names} ${figures}`;
  });
}

test("account: a purchase and a short sale in Hong Kong settle after two days", async (t) => {
  const { long, short, wait } = await openDesk(t);
  await short.place(order("hkex", "sell", "300", "10"));
  assert.deepEqual(await positions(short, "market=hkex"), [
    "00700 100 selling 300 avail 0 sellable 0 uncleared 0 cost 0 price 0 HKD",
  ]);
  const orderNo = await long.place(order("hkex", "buy", "400", "11"));
  // 300 traded at 10 with charges of 3 + 0.08 + 0 + 0.17 + 0.13 + 3; 100 rest at 11, for which the
  // charges of all come to 3 + 0.11 + 0.01 + 0.23 + 0.17 + 5.
  assert.equal(
    await cash(long, "HKD"),
    "10000 hold 1102.14 free 5891.48 net -3006.38 = 0 - 3006.38 value 3000",
  );
  assert.deepEqual(await positions(long, ""), [
    "00700 300 selling 0 avail 0 sellable 300 uncleared 300 cost 10.02126667 price 10 HKD",
  ]);
  assert.equal(await cash(short, "HKD"), "50 hold 0 free 50 net 2993.62 = 2993.62 - 0 value -2000");
  assert.deepEqual(await positions(short, "market=hkex&security_type=share"), [
    "00700 -200 selling 0 avail 0 sellable 0 uncleared 0 cost 9.97873333 price 10 HKD",
  ]);
  await long.call("DELETE", "/trade/v1/orders", { order_no: orderNo });
  wait(2);
  // Wednesday in Hong Kong, Tuesday in New York still.
  assert.equal(
    await cash(long, "HKD"),
    "10000 hold 0 free 6993.62 net -3006.38 = 0 - 3006.38 value 3000",
  );
  wait(0.25);
  assert.equal(await cash(long, "HKD"), "6993.62 hold 0 free 6993.62 net 0 = 0 - 0 value 3000");
  assert.equal(await cash(short, "HKD"), "3043.62 hold 0 free 3043.62 net 0 = 0 - 0 value -2000");
  assert.deepEqual(await positions(long, "portfolio_id=p"), []);
  assert.deepEqual(await positions(long, "page=1&page_size=1"), [
    "00700 300 selling 0 avail 300 sellable 300 uncleared 0 cost 10.02126667 price 10 HKD",
  ]);
});

test("account: in New York after one day, coins at once", async (t) => {
  const { long, short, wait } = await openDesk(t);
  await short.place(order("usex", "sell", "2", "100"));
  await long.place(order("usex", "buy", "2", "100"));
  assert.equal(
    await cash(long, "USD"),
    "1000 hold 0 free 799.01 net -200.99 = 0 - 200.99 value 200",
  );
  assert.equal(await cash(short, "USD"), "0 hold 0 free 0 net 199 = 199 - 0 value 300");
  // The trade was on Sunday there: it settles on Monday.
  wait(1);
  assert.equal(await cash(long, "USD"), "799.01 hold 0 free 799.01 net 0 = 0 - 0 value 200");
  assert.equal(await cash(short, "USD"), "199 hold 0 free 199 net 0 = 0 - 0 value 300");
  await short.place(order("crypto", "sell", "0.5", "400"));
  await long.place(order("crypto", "buy", "0.5", "400"));
  assert.equal(await cash(long, "USDT"), "299.8 hold 0 free 299.8 net 0 = 0 - 0 value 200");
  assert.equal(await cash(short, "USDT"), "199.8 hold 0 free 199.8 net 0 = 0 - 0 value 200");
  assert.deepEqual(await positions(long, "security_type=coin"), [
    "BTC 0.5 selling 0 avail 0.5 sellable 0.5 uncleared 0 cost 400.4 price 400 USDT",
  ]);
});

test("account: without permission nothing is sold short, and no more is bought than paid", async (t) => {
  const { long, short } = await openDesk(t);
  const reason = async (client: SignedClient, body: object) => {
    return envelope(await client.call("POST", "/trade/v1/orders", body)).reason;
  };
  assert.equal(await reason(long, order("hkex", "sell", "100", "10")), "insufficient_holdings");
  assert.equal(await reason(short, order("hkex", "buy", "100", "10")), "insufficient_cash");
  const estimate = async (client: SignedClient, body: object) => {
    const answer = await client.call("POST", "/trade/v1/orders/quantity", body);
    return (envelope(answer).data as Row)["qty"];
  };
  const asked = { market: "hkex", symbol: "00700", order_side: "buy", price: "10", ratio: "1" };
  // 1,000 would cost 10,000 and their charges.
  assert.equal(await estimate(long, asked), 900);
  assert.equal(await estimate(long, { ...asked, ratio: "0.5" }), 400);
  assert.equal(await estimate(short, { ...asked, order_side: "sell" }), 100);
});

test("account: the statement and the executions, by page and by filter", async (t) => {
  const { long, short, wait } = await openDesk(t);
  await short.place({ ...order("hkex", "sell", "100", "10"), reference_id: "mine" });
  const bought = await long.place({ ...order("hkex", "buy", "200", "10"), portfolio_id: "p" });
  wait(1);
  await short.place(order("hkex", "sell", "100", "9"));
  await long.place(order("usex", "buy", "1", "100"));
  await short.place(order("usex", "sell", "1", "100"));
  const charge = "cash trade charge out";
  const lines = [
    `9-2 ${charge} 2026-11-16 2026-11-17 USD usex AAPL 0 0 -0.99 =899.01`,
    "9-1 cash trade buy out 2026-11-16 2026-11-17 USD usex AAPL 100 1 -100 =900",
    `7-2 ${charge} 2026-11-17 2026-11-19 HKD hkex 00700 0 0 -1.11 =7994.76`,
    "7-1 cash trade buy out 2026-11-17 2026-11-19 HKD hkex 00700 10 100 -1000 =7995.87",
    `5-2 ${charge} 2026-11-16 2026-11-18 HKD hkex 00700 0 0 -4.13 =8995.87`,
    "5-1 cash trade buy out 2026-11-16 2026-11-18 HKD hkex 00700 10 100 -1000 =9000",
    "1-3 cash opening  in 2026-11-16 2026-11-16 USDT   0 0 500 =500",
    "1-2 cash opening  in 2026-11-16 2026-11-16 USD   0 0 1000 =1000",
    "1-1 cash opening  in 2026-11-16 2026-11-16 HKD   0 0 10000 =10000",
  ];
  const withoutIds = (each: readonly string[]) => each.map((line) => line.replace(/^\d+-/, ""));
  const expected = withoutIds(lines);
  const read = async (query = "") => withoutIds(await statement(long, query));
  assert.deepEqual(await read(), expected);
  for (let page = 1; page <= 5; page += 1) {
    const part = expected.slice(2 * page - 2, 2 * page);
    assert.deepEqual(await read(`page=${page}&page_size=2`), part);
  }
  assert.deepEqual(await read("page=4&page_size=4"), []);
  const matching = (word: string) => expected.filter((line) => line.includes(word));
  assert.deepEqual(await read("business_type=opening"), matching("opening"));
  assert.deepEqual(await read("business_type=trade&io_type=out"), matching("trade"));
  assert.deepEqual(await read("io_type=in"), matching(" in "));
  assert.deepEqual(await read("business_type=adjustment"), []);
  assert.deepEqual(await read("from_date=2026-11-17"), expected.slice(2, 4));
  assert.deepEqual(await read("to_date=2026-11-15"), []);
  const all = await statement(long);
  assert.equal(new Set(all.map((line) => line.split(" ")[0])).size, lines.length, "ids are unique");
  // The other account: a holding to begin with, and a sale that goes both ways.
  assert.deepEqual(
    (await statement(short, "business_type=opening&page_size=2")).map((line) => line.slice(4)),
    [
      "holding opening  in 2026-11-16 2026-11-16 USDT crypto BTC 0 1 0 =1",
      "holding opening  in 2026-11-16 2026-11-16 USD usex AAPL 0 5 0 =5",
    ],
  );
  assert.equal((await statement(short, "io_type=in&business_type=trade")).length, 3);

  const fills = (client: SignedClient, query = "") => list(client, `/trade/v1/executions?${query}`);
  const { total, rows } = await fills(long);
  assert.equal(total, 3);
  assert.deepEqual(rows[1], {
    exec_id: rows[1]?.["exec_id"],
    order_no: bought,
    reference_id: "",
    market: "hkex",
    symbol: "00700",
    order_side: "buy",
    last_qty: 100,
    last_price: 10,
    last_amount: 1000,
    charge: 1.11,
    base_currency: "HKD",
    portfolio_id: "p",
    trade_time: (MONDAY_MS + DAY_MS) / 1000,
  });
  const others = (await fills(short)).rows;
  assert.deepEqual(
    others.map((row) => row["exec_id"]),
    rows.map((row) => row["exec_id"]),
    "both sides of a fill have its number",
  );
  const totals = async (client: SignedClient, query: string) => (await fills(client, query)).total;
  assert.equal(await totals(long, `order_no=${bought}`), 2);
  assert.equal(await totals(short, `order_no=${bought}`), 0);
  assert.equal(await totals(long, "symbol=AAPL&market=usex"), 1);
  assert.equal(await totals(long, "market=nasdaq"), 0);
  assert.equal(await totals(long, "order_side=sell"), 0);
  assert.equal(await totals(short, "reference_id=mine&order_side=sell"), 1);
  assert.equal(await totals(long, "portfolio_id=p"), 2);
  const tuesdayS = (MONDAY_MS + DAY_MS) / 1000;
  assert.equal(await totals(long, `start_time=${tuesdayS}`), 2);
  assert.equal(await totals(long, `start_time=0&end_time=${tuesdayS - 1}`), 1);
  assert.deepEqual((await fills(long, "page_size=1&page_index=3")).rows, rows.slice(2));
});
