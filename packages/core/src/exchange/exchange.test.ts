/**
 * Stories. A line with ">" is a command, the lines below it are its reports; "=" shows the book,
 * bids then asks, best first, as price x quantity (orders). Orders are named by their position in
 * the story.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Account,
  formatDecimal,
  type NewOrderSingle,
  type OrderId,
  OrdType,
  type Price,
  parseDecimal,
  type Qty,
  REFERENCE_INSTRUMENTS,
  Side,
  type VenueReport,
} from "../model/index.ts";
import { type DepthRow, Exchange } from "./exchange.ts";
import { encodeExchangeEvent } from "./exchange-codec.ts";

test("exchange: what does not trade rests, cheapest ask and highest bid first", () => {
  tells(`
    > ann sell 3 @ 101
      accepted 1 ann
    > bob sell 2 @ 100.5
      accepted 2 bob
    > cat buy 4 @ 99
      accepted 3 cat
    > dan buy 1 @ 99.5
      accepted 4 dan
    = 99.5x1(1) 99x4(1) | 100.5x2(1) 101x3(1)
  `);
});

test("exchange: a limit order trades at the resting prices and rests with what is left", () => {
  tells(`
    > ann sell 3 @ 100
      accepted 1 ann
    > bob sell 2 @ 101
      accepted 2 bob
    > cat buy 9 @ 101.5
      accepted 3 cat
      traded 3 cat 3 @ 100 exec 1000000001
      traded 1 ann 3 @ 100 exec 1000000001
      traded 3 cat 2 @ 101 exec 1000000002
      traded 2 bob 2 @ 101 exec 1000000002
    = 101.5x4(1) |
  `);
});

test("exchange: at one price the first to come trades first, whatever its quantity", () => {
  tells(`
    > ann buy 1 @ 100
      accepted 1 ann
    > bob buy 9 @ 100
      accepted 2 bob
    > cat buy 1 @ 100
      accepted 3 cat
    > dan sell 4 @ 100
      accepted 4 dan
      traded 4 dan 1 @ 100 exec 1000000001
      traded 1 ann 1 @ 100 exec 1000000001
      traded 4 dan 3 @ 100 exec 1000000002
      traded 2 bob 3 @ 100 exec 1000000002
    = 100x7(2) |
  `);
});

test("exchange: a partly filled order keeps its place in the queue", () => {
  tells(`
    > ann buy 5 @ 100
      accepted 1 ann
    > bob buy 5 @ 100
      accepted 2 bob
    > cat sell 2 @ 100
      accepted 3 cat
      traded 3 cat 2 @ 100 exec 1000000001
      traded 1 ann 2 @ 100 exec 1000000001
    > cat sell 4 @ 100
      accepted 4 cat
      traded 4 cat 3 @ 100 exec 1000000002
      traded 1 ann 3 @ 100 exec 1000000002
      traded 4 cat 1 @ 100 exec 1000000003
      traded 2 bob 1 @ 100 exec 1000000003
    = 100x4(1) |
  `);
});

test("exchange: a cancel takes an order out of the middle of its queue, and what is left of it", () => {
  tells(`
    > ann buy 5 @ 100
      accepted 1 ann
    > bob buy 5 @ 100
      accepted 2 bob
    > cat buy 5 @ 100
      accepted 3 cat
    > cancel 2
      canceled 2 bob requested
    = 100x10(2) |
    > dan sell 7 @ 100
      accepted 4 dan
      traded 4 dan 5 @ 100 exec 1000000001
      traded 1 ann 5 @ 100 exec 1000000001
      traded 4 dan 2 @ 100 exec 1000000002
      traded 3 cat 2 @ 100 exec 1000000002
    > cancel 3
      canceled 3 cat requested
    = |
  `);
});

test("exchange: a cancel of an order that is not in the book is not answered", () => {
  tells(`
    > ann buy 5 @ 100
      accepted 1 ann
    > bob sell 5 @ 100
      accepted 2 bob
      traded 2 bob 5 @ 100 exec 1000000001
      traded 1 ann 5 @ 100 exec 1000000001
    > cancel 1
    > cancel 7
    = |
  `);
});

test("exchange: a market order trades at any price; the rest is removed for want of liquidity", () => {
  tells(`
    > ann sell 1 @ 100
      accepted 1 ann
    > bob sell 1 @ 5000
      accepted 2 bob
    > cat buy 3 market
      accepted 3 cat
      traded 3 cat 1 @ 100 exec 1000000001
      traded 1 ann 1 @ 100 exec 1000000001
      traded 3 cat 1 @ 5000 exec 1000000002
      traded 2 bob 1 @ 5000 exec 1000000002
      canceled 3 cat no_liquidity
    > cat buy 3 market
      accepted 4 cat
      canceled 4 cat no_liquidity
    = |
  `);
});

test("exchange: an order that meets its own account's stops there; the resting one is untouched", () => {
  tells(`
    > ann sell 2 @ 100
      accepted 1 ann
    > bob sell 2 @ 101
      accepted 2 bob
    > cat sell 2 @ 101
      accepted 3 cat
    > bob buy 9 @ 102
      accepted 4 bob
      traded 4 bob 2 @ 100 exec 1000000001
      traded 1 ann 2 @ 100 exec 1000000001
      canceled 4 bob self_trade
    = | 101x4(2)
    > bob buy 9 market
      accepted 5 bob
      canceled 5 bob self_trade
    = | 101x4(2)
  `);
});

test("exchange: an order filled before it would meet its own account's is no self-trade", () => {
  tells(`
    > ann sell 2 @ 100
      accepted 1 ann
    > bob sell 2 @ 100
      accepted 2 bob
    > bob buy 2 @ 100
      accepted 3 bob
      traded 3 bob 2 @ 100 exec 1000000001
      traded 1 ann 2 @ 100 exec 1000000001
    = | 100x2(1)
  `);
});

test("exchange: an own order out of the limit's reach is no self-trade", () => {
  tells(`
    > ann sell 2 @ 101
      accepted 1 ann
    > ann buy 2 @ 100
      accepted 2 ann
    = 100x2(1) | 101x2(1)
  `);
});

test("exchange: an enhanced limit order stops after ten queues and queues at the tenth's price", () => {
  const exchange = exchangeWithAsks(12);
  tells(
    `
    = | 101x2(2) 102x2(2) 103x2(2)
    > bob buy 30 @ 200 enhanced
      accepted 25 bob
    = 110x10(1) | 111x2(2) 112x2(2)
  `,
    { exchange, orderCount: 24, showTrades: false },
  );
});

test("exchange: an enhanced limit order whose eleventh queue is out of reach rests at its own price", () => {
  const exchange = exchangeWithAsks(12);
  tells(
    `
    > bob buy 30 @ 110.5 enhanced
      accepted 25 bob
    = 110.5x10(1) | 111x2(2) 112x2(2)
  `,
    { exchange, orderCount: 24, showTrades: false },
  );
});

test("exchange: an enhanced limit order filled within ten queues is a limit order", () => {
  const exchange = exchangeWithAsks(12);
  tells(
    `
    > bob buy 19 @ 200 enhanced
      accepted 25 bob
    = | 110x1(1) 111x2(2) 112x2(2)
  `,
    { exchange, orderCount: 24, showTrades: false },
  );
});

test("exchange: an enhanced limit order that sells queues at the tenth price down", () => {
  const exchange = newExchange();
  for (let n = 1; n <= 11; n += 1) {
    exchange.handle(order({ id: n, account: "ann", side: Side.Buy, price: String(100 - n) }));
  }
  tells(
    `
    > bob sell 15 @ 1 enhanced
      accepted 12 bob
    = 89x1(1) | 90x5(1)
  `,
    { exchange, orderCount: 11, showTrades: false },
  );
});

test("exchange: an own order beyond the tenth queue is no self-trade", () => {
  const exchange = exchangeWithAsks(10);
  tells(
    `
    > bob sell 1 @ 111
      accepted 21 bob
    > bob buy 30 @ 200 enhanced
      accepted 22 bob
    = 110x10(1) | 111x1(1)
  `,
    { exchange, orderCount: 20, showTrades: false },
  );
});

test("exchange: events of one command, as they are journaled", () => {
  const exchange = newExchange();
  exchange.handle(order({ id: 1, account: "ann", side: Side.Sell, price: "100", qty: "2" }));
  const { events } = exchange.handle(
    order({ id: 2, account: "bob", side: Side.Buy, ordType: OrdType.Market, price: "0", qty: "5" }),
  );
  exchange.handle(order({ id: 3, account: "ann", side: Side.Sell, price: "100" }));
  const cancel = exchange.handle({
    type: "OrderCancelRequest",
    orderId: orderIdOf(3),
    symbol: "AAPL",
  });
  assert.deepEqual([...events, ...cancel.events].map(encodeExchangeEvent), [
    '["E","AAPL","10000000002","bob","1","1",0,5,0,0]',
    '["T","AAPL",1,"10000000002","bob","10000000001","ann",10000,2]',
    '["L","AAPL","10000000002","bob",3]',
    '["C","AAPL","10000000003","ann",1]',
  ]);
});

test("exchange: a book per symbol, one count of trades", () => {
  const exchange = newExchange();
  const coin = { symbol: "BTC-USDT", price: "60000.01", qty: "0.000001" };
  exchange.handle(order({ id: 1, account: "ann", side: Side.Sell, price: "100" }));
  exchange.handle(order({ id: 2, account: "ann", side: Side.Sell, ...coin }));
  assert.equal(exchange.openOrderCount, 2);
  const apple = exchange.handle(order({ id: 3, account: "bob", side: Side.Buy, price: "100" }));
  const bitcoin = exchange.handle(order({ id: 4, account: "bob", side: Side.Buy, ...coin }));
  assert.deepEqual([...apple.reports, ...bitcoin.reports].map(reportText), [
    "accepted 3 bob",
    "traded 3 bob 1 @ 100 exec 1000000001",
    "traded 1 ann 1 @ 100 exec 1000000001",
    "accepted 4 bob",
    "traded 4 bob 0.000001 @ 60000.01 exec 1000000002",
    "traded 2 ann 0.000001 @ 60000.01 exec 1000000002",
  ]);
  assert.equal(exchange.openOrderCount, 0);
});

test("exchange: best prices are null while a side is empty", () => {
  const exchange = newExchange();
  assert.equal(exchange.bestBid("AAPL"), null);
  exchange.handle(order({ id: 1, account: "ann", side: Side.Buy, price: "99.99" }));
  assert.equal(exchange.bestBid("AAPL"), fixed("99.99"));
  assert.equal(exchange.bestAsk("AAPL"), null);
});

test("exchange: depth shows the levels asked for and no more", () => {
  const exchange = exchangeWithAsks(3);
  assert.equal(bookText(exchange, 0), "|");
  assert.equal(bookText(exchange, 2), "| 101x2(2) 102x2(2)");
  assert.equal(bookText(exchange, 9), "| 101x2(2) 102x2(2) 103x2(2)");
});

test("exchange: a snapshot lists the orders in priority order, under their book's grid", () => {
  const exchange = newExchange();
  exchange.handle(order({ id: 3, account: "ann", side: Side.Buy, price: "99" }));
  exchange.handle(order({ id: 2, account: "bob", side: Side.Buy, price: "99", qty: "7" }));
  exchange.handle(order({ id: 1, account: "ann", side: Side.Buy, price: "99.5" }));
  exchange.handle(order({ id: 4, account: "cat", side: Side.Sell, price: "99.5" }));
  exchange.handle(order({ id: 5, account: "cat", side: Side.Sell, price: "100" }));
  assert.deepEqual(
    [...exchange.snapshotLines()],
    [
      '["X",1,1]',
      '["B","AAPL","1000000","100000000"]',
      '["O","1",9900,1,"10000000003","ann"]',
      '["O","1",9900,7,"10000000002","bob"]',
      '["O","2",10000,1,"10000000005","cat"]',
    ],
  );
});

test("exchange: a command that breaks a precondition is a bug, and is not decided", () => {
  const good = { id: 9, account: "ann", side: Side.Buy, price: "100" };
  const table: readonly (readonly [Parameters<typeof order>[0], RegExp])[] = [
    [{ ...good, symbol: "NONE" }, /the symbol is listed/],
    [{ ...good, price: "100.001" }, /lie on the grid/],
    [{ ...good, qty: "1.5" }, /lie on the grid/],
    [{ ...good, price: "0" }, /all but market orders have a price/],
    [{ ...good, ordType: OrdType.Market }, /all but market orders have a price/],
    [{ ...good, price: "-1" }, /a price is within bounds/],
    [{ ...good, price: "10000000000.01" }, /a price is within bounds/],
    [{ ...good, qty: "0" }, /a quantity is within bounds/],
    [{ ...good, qty: "10000000001" }, /a quantity is within bounds/],
    [{ ...good, ordType: OrdType.StopLimit }, /the exchange has the order type/],
    [{ ...good, id: 1 }, /a new order has a fresh id/],
  ];
  for (const [command, statement] of table) {
    const exchange = exchangeWithAsks(1);
    assert.throws(() => exchange.decide(order(command)), statement);
  }
});

test("exchange: a snapshot that does not fit is a bug", () => {
  const head = '["X",1,0]';
  const book = '["B","AAPL","1000000","100000000"]';
  const bid = '["O","1",100,1,"10000000001","ann"]';
  const table: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /one first line/],
    [[book], /one first line/],
    [[head, head], /one first line/],
    [['["X",2,0]'], /format is known/],
    [[head, bid], /follows its book's/],
    [[head, '["B","GONE","1","1"]'], /the symbol is listed/],
    [[head, '["B","AAPL","2000000","100000000"]'], /keeps its tick and lot/],
    [[head, book, bid, bid], /in the book once/],
    [[head, book, bid, '["O","2",100,1,"10000000002","bob"]'], /never crossed/],
  ];
  for (const [lines, statement] of table) {
    assert.throws(() => Exchange.restore(REFERENCE_INSTRUMENTS, lines), statement);
  }
});

test("exchange: an instrument without orders may come, go and change its grid over a restart", () => {
  const exchange = exchangeWithAsks(1);
  const [apple] = REFERENCE_INSTRUMENTS.filter(({ symbol }) => symbol === "AAPL");
  assert.ok(apple);
  const lines = [...exchange.snapshotLines()];
  assert.deepEqual([...Exchange.restore([apple], lines).snapshotLines()], lines);
});

test("exchange: events that were not decided in this state are a bug", () => {
  const donor = exchangeWithAsks(1);
  const buy = donor.decide(
    order({ id: 9, account: "bob", side: Side.Buy, price: "101", qty: "2" }),
  );
  const [, firstTrade, secondTrade] = buy;
  assert.ok(firstTrade && secondTrade);
  assert.throws(() => exchangeWithAsks(1).apply(secondTrade), /numbered without gaps/);
  assert.throws(() => newExchange().apply(firstTrade), /the order is in the book/);
});

interface StorySetting {
  readonly exchange?: Exchange;
  /** Orders placed before the story starts. */
  readonly orderCount?: number;
  readonly showTrades?: boolean;
}

function tells(story: string, setting: StorySetting = {}): void {
  const { exchange = newExchange(), showTrades = true } = setting;
  let orderCount = setting.orderCount ?? 0;
  const told: string[] = [];
  const lines = linesOf(story);
  for (const line of lines) {
    if (line.startsWith("=")) told.push(`= ${bookText(exchange, 3)}`);
    if (!line.startsWith(">")) continue;
    told.push(line);
    const cancelled = /^> cancel (\d+)$/.exec(line)?.[1];
    if (cancelled === undefined) orderCount += 1;
    const command =
      cancelled === undefined ? orderFrom(line, orderCount) : cancelOf(Number(cancelled));
    const reports = exchange.handle(command).reports;
    const shown = reports.filter(({ type }) => showTrades || type !== "Traded");
    told.push(...shown.map(reportText));
  }
  assert.equal(told.join("\n"), lines.join("\n"));
}

function linesOf(story: string): string[] {
  return story
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function orderFrom(line: string, id: number): NewOrderSingle {
  const [, account, side, qty, at, price = "0", modifier] = line.split(" ");
  assert.ok(account !== undefined && qty !== undefined, `a story's order: ${line}`);
  const limitType = modifier === "enhanced" ? OrdType.EnhancedLimit : OrdType.Limit;
  const ordType = at === "market" ? OrdType.Market : limitType;
  return order({ id, account, side: side === "buy" ? Side.Buy : Side.Sell, ordType, price, qty });
}

function cancelOf(id: number) {
  return { type: "OrderCancelRequest", orderId: orderIdOf(id), symbol: "AAPL" } as const;
}

interface OrderText {
  readonly id: number;
  readonly account: string;
  readonly side: Side;
  readonly price: string;
  readonly qty?: string;
  readonly ordType?: OrdType;
  readonly symbol?: string;
}

function order(text: OrderText): NewOrderSingle {
  return {
    type: "NewOrderSingle",
    orderId: orderIdOf(text.id),
    account: text.account as Account,
    symbol: text.symbol ?? "AAPL",
    side: text.side,
    ordType: text.ordType ?? OrdType.Limit,
    price: fixed(text.price) as Price,
    orderQty: fixed(text.qty ?? "1") as Qty,
  };
}

function orderIdOf(id: number): OrderId {
  return String(10_000_000_000 + id) as OrderId;
}

function newExchange(): Exchange {
  return new Exchange(REFERENCE_INSTRUMENTS);
}

/** Two asks of one share each, of two accounts, at 101, 102, ... */
function exchangeWithAsks(priceCount: number): Exchange {
  const exchange = newExchange();
  for (let n = 0; n < 2 * priceCount; n += 1) {
    const account = n % 2 === 0 ? "ann" : "cat";
    const price = String(101 + Math.floor(n / 2));
    exchange.handle(order({ id: n + 1, account, side: Side.Sell, price }));
  }
  return exchange;
}

function reportText(report: VenueReport): string {
  const subject = `${Number(report.orderId) - 10_000_000_000} ${report.account}`;
  switch (report.type) {
    case "Accepted":
      return `accepted ${subject}`;
    case "Traded": {
      const { lastQty, lastPx, execId } = report;
      return `traded ${subject} ${formatDecimal(lastQty)} @ ${formatDecimal(lastPx)} exec ${execId}`;
    }
    case "Canceled":
      return `canceled ${subject} ${report.reason}`;
  }
}

function bookText(exchange: Exchange, levelCountMax: number): string {
  const { bids, asks } = exchange.depth("AAPL", levelCountMax);
  const rowText = ([price, qty, orderCount]: DepthRow): string =>
    `${formatDecimal(price)}x${formatDecimal(qty)}(${orderCount})`;
  return [...bids.map(rowText), "|", ...asks.map(rowText)].join(" ");
}

function fixed(text: string): bigint {
  const units = parseDecimal(text);
  assert.ok(typeof units === "bigint", `a decimal: ${text}`);
  return units;
}
