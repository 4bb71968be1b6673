/** Stories of the book and its orders; how to read them: exchange-story.ts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  fixed,
  OrdType,
  type Price,
  type Qty,
  REFERENCE_INSTRUMENTS,
  Side,
  TimeInForce,
} from "../model/index.ts";
import { Exchange } from "./exchange.ts";
import { encodeExchangeEvent } from "./exchange-codec.ts";
import {
  bookText,
  exchangeWithAsks,
  newExchange,
  type OrderText,
  order,
  orderIdOf,
  phaseOf,
  reportText,
  type StorySetting,
  told,
  trimmed,
} from "./exchange-story.ts";

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

test("exchange: a cancel takes what is left of an order out of its queue", () => {
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

test("exchange: a market order trades at any price; its rest is removed", () => {
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

test("exchange: an order that meets its own account's stops there", () => {
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

test("exchange: an enhanced limit order stops after ten queues and rests there", () => {
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

test("exchange: a limit order goes through as many queues as its price allows", () => {
  tells(
    `
    > bob buy 25 @ 200
      accepted 25 bob
    = 200x1(1) |
  `,
    { exchange: exchangeWithAsks(12), orderCount: 24, showTrades: false },
  );
});

test("exchange: an enhanced limit order with no eleventh queue rests at its own price", () => {
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

test("exchange: an enhanced fill-or-kill order trades whole within ten queues, or not at all", () => {
  tells(
    `
    > bob buy 21 @ 200 enhanced fok
      accepted 25 bob
      canceled 25 bob fill_or_kill
    > bob buy 20 @ 200 enhanced fok
      accepted 26 bob
    = | 111x2(2) 112x2(2)
  `,
    { exchange: exchangeWithAsks(12), orderCount: 24, showTrades: false },
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
    '["E","AAPL","10000000002","bob","1","1","0",0,5,0,0]',
    '["T","AAPL",1,"1","10000000002","bob","10000000001","ann",10000,2,0]',
    '["L","AAPL","10000000002","bob","1","incoming",0,3]',
    '["C","AAPL","10000000003","ann","2","book",10000,1]',
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

test("exchange: the last trade's price is null until there is one", () => {
  const exchange = exchangeWithAsks(2);
  assert.equal(exchange.lastTradePrice("AAPL"), null);
  exchange.handle(order({ id: 9, account: "bob", side: Side.Buy, price: "102", qty: "3" }));
  assert.equal(exchange.lastTradePrice("AAPL"), fixed("102"));
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
  const stop = { ordType: OrdType.StopLimit, stopPx: "101", price: "102", qty: "3" };
  const timeInForce = TimeInForce.GoodTillCancel;
  exchange.handle(order({ id: 6, account: "ann", side: Side.Buy, ...stop, timeInForce }));
  assert.deepEqual(
    [...exchange.snapshotLines()],
    [
      '["X",3,1]',
      '["B","AAPL","1000000","100000000","continuous",9950,4]',
      '["O","1",2,9900,[1,7],[1,7],"0",["10000000003","10000000002"],["ann","bob"]]',
      '["O","2",1,10000,1,1,"0","10000000005","cat"]',
      '["S","1","4","1",10200,10100,0,3,"10000000006","ann"]',
    ],
  );
});

test("exchange: a command that breaks a precondition is a bug, and is not decided", () => {
  const good = { id: 9, account: "ann", side: Side.Buy, price: "100" };
  const stop = { ...good, ordType: OrdType.StopLimit, stopPx: "101" };
  const { Auction, AuctionLimit, Market, StopMarket } = OrdType;
  const { FillOrKill, ImmediateOrCancel } = TimeInForce;
  const table: readonly (readonly [OrderText, RegExp, string?])[] = [
    [{ ...good, symbol: "NONE" }, /the symbol is listed/],
    [{ ...good, price: "100.001" }, /lie on the grid/],
    [{ ...good, qty: "1.5" }, /lie on the grid/],
    [{ ...stop, stopPx: "101.001" }, /lie on the grid/],
    [{ ...good, price: "0" }, /has a price if its type has/],
    [{ ...good, ordType: Market }, /has a price if its type has/],
    [{ ...stop, ordType: StopMarket }, /has a price if its type has/],
    [{ ...good, ordType: Auction }, /has a price if its type has/],
    [{ ...good, stopPx: "101" }, /has a trigger if it is a stop order/],
    [{ ...stop, stopPx: "0" }, /has a trigger if it is a stop order/],
    [{ ...good, price: "-1" }, /has a price if its type has/],
    [{ ...good, price: "10000000000.01" }, /a price is within bounds/],
    [{ ...stop, stopPx: "10000000000.01" }, /a trigger is within bounds/],
    [{ ...good, qty: "0" }, /a quantity is within bounds/],
    [{ ...good, qty: "10000000001" }, /a quantity is within bounds/],
    [{ ...good, id: 1 }, /a new order has a fresh id/],
    [{ ...good, ordType: Auction, price: "0" }, /for auctions/],
    [{ ...good, ordType: AuctionLimit }, /for auctions/],
    [{ ...good, ordType: Market, price: "0" }, /no market orders/, "auction"],
    [{ ...good, timeInForce: ImmediateOrCancel }, /nothing is immediate/, "auction"],
    [{ ...good, timeInForce: FillOrKill }, /nothing is immediate/, "auction"],
    [good, /takes no new orders/, "closed"],
  ];
  for (const [text, statement, phase] of table) {
    const exchange = exchangeWithAsks(1);
    if (phase !== undefined) exchange.handle(phaseOf(phase));
    assert.throws(() => exchange.decide(order(text)), statement);
  }
});

test("exchange: a replace or a session command that breaks a precondition is a bug", () => {
  const none = { stopPx: 0n as Price, protectionPx: 0n as Price };
  const terms = { price: fixed("101") as Price, ...none, orderQty: fixed("1") as Qty };
  const replace = { type: "OrderCancelReplaceRequest", symbol: "AAPL", ...terms } as const;
  const first = { ...replace, orderId: orderIdOf(1) };
  const exchange = exchangeWithAsks(1);
  const buy = { account: "bob", side: Side.Buy, price: "101" };
  exchange.handle(order({ id: 3, account: "ann", side: Side.Sell, price: "102", qty: "3" }));
  exchange.handle(order({ ...buy, id: 4, price: "102", qty: "4" }));
  const half = { ...replace, orderId: orderIdOf(3), price: fixed("102") as Price };
  const reference = { type: "Uncross", symbol: "AAPL", referenceTicks: -1 } as const;
  assert.throws(() => exchange.decide({ ...half, orderQty: fixed("2") as Qty }), /than has traded/);
  assert.deepEqual(exchange.decide(first), []);
  assert.throws(() => exchange.decide({ ...half, price: 0n as Price }), /has a price/);
  assert.throws(() => exchange.decide({ ...half, price: 1n as Price }), /on the grid/);
  assert.throws(() => exchange.decide(reference), /matched while it lasts/);
  exchange.handle(phaseOf("auction"));
  assert.throws(() => exchange.decide(reference), /a reference is a price/);
  exchange.handle(order({ ...buy, id: 5, price: "102" }));
  assert.throws(() => exchange.handle(phaseOf("continuous")), /is not crossed/);
  const closed = exchangeWithAsks(1);
  closed.handle(phaseOf("closed"));
  assert.throws(() => closed.decide(first), /takes no replaces/);
});

test("exchange: a snapshot that does not fit is a bug", () => {
  const head = '["X",3,0]';
  const book = '["B","AAPL","1000000","100000000","continuous",0,1]';
  const bid = '["O","1",1,100,1,1,"0","10000000001","ann"]';
  const table: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /one first line/],
    [[book], /one first line/],
    [[head, head], /one first line/],
    [['["X",2,0]'], /format is known/],
    [[head, bid], /follows its book's/],
    [[head, '["B","GONE","1","1","continuous",0,1]'], /the symbol is listed/],
    [[head, '["B","AAPL","2000000","100000000","continuous",0,1]'], /keeps its tick and lot/],
    [[head, book, bid, bid], /in the book once/],
    [[head, book, bid, '["O","2",1,100,1,1,"0","10000000002","bob"]'], /not crossed/],
  ];
  for (const [lines, statement] of table) {
    assert.throws(() => Exchange.restore(REFERENCE_INSTRUMENTS, lines), statement);
  }
});

test("exchange: an instrument without orders may come, go and change its grid", () => {
  const exchange = exchangeWithAsks(1);
  const [apple] = REFERENCE_INSTRUMENTS.filter(({ symbol }) => symbol === "AAPL");
  assert.ok(apple);
  const lines = [...exchange.snapshotLines()];
  assert.deepEqual([...Exchange.restore([apple], lines).snapshotLines()], lines);
  exchange.handle(order({ id: 3, account: "bob", side: Side.Buy, price: "101", qty: "2" }));
  assert.equal(exchange.lastTradePrice("AAPL"), fixed("101"));
  const traded = [...exchange.snapshotLines()];
  assert.deepEqual([...Exchange.restore([apple], traded).snapshotLines()], traded);
  const forgotten = ['["X",3,2]'];
  const coarser = { ...apple, priceTick: (10n * apple.priceTick) as Price };
  assert.deepEqual([...Exchange.restore([], traded).snapshotLines()], forgotten);
  assert.deepEqual([...Exchange.restore([coarser], traded).snapshotLines()], forgotten);
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

function tells(story: string, setting: StorySetting = {}): void {
  assert.equal(told(trimmed(story), setting), trimmed(story));
}

test("exchange: an order would rest exactly where deciding it finds no trade", () => {
  const exchange = exchangeWithAsks(3);
  exchange.handle(order({ id: 50, account: "bob", side: Side.Buy, price: "99" }));
  const seen = new Set<string>();
  for (const account of ["ann", "dan"]) {
    for (const side of [Side.Buy, Side.Sell]) {
      for (let price = 97; price <= 105; price += 1) {
        const incoming = order({ id: 99, account, side, price: String(price) });
        const types = exchange.decide(incoming).map(({ type }) => type);
        const rests = types.length === 1 && types[0] === "Entered";
        const fault = exchange.tradingFault(incoming);
        // An order that meets its own account's trades with nobody, and does not rest either.
        const isWithdrawn = types.includes("Removed");
        assert.equal(
          fault === null,
          rests && !isWithdrawn,
          `${account} ${side} ${price}: ${types}`,
        );
        seen.add(String(fault));
      }
    }
  }
  assert.deepEqual([...seen].sort(), [
    "it would trade at once: the best ask is 101",
    "it would trade at once: the best bid is 99",
    "null",
  ]);
  exchange.handle(phaseOf("auction"));
  const crossing = order({ id: 99, account: "dan", side: Side.Buy, price: "105" });
  assert.equal(exchange.tradingFault(crossing), null, "nothing trades as it comes in");
});
