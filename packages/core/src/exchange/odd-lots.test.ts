// Goal: odd lots trade among themselves, by price and time, and nothing of them reaches the market
// of board lots.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CancelReason,
  fixed,
  OrdType,
  REFERENCE_INSTRUMENTS,
  Side,
  TimeInForce,
  type VenueReport,
} from "../model/index.ts";
import { Exchange } from "./exchange.ts";
import { type ExchangeCommand, MarketPhase } from "./exchange-command.ts";
import { newExchange, type OrderText, order, orderIdOf, reportText } from "./exchange-story.ts";

const symbol = "00700";
const { Buy, Sell } = Side;

test("odd lots: they match by price, then time, at the resting order's price", () => {
  const exchange = newExchange();
  tells(exchange, { id: 1, account: "ann", side: Sell, price: "101", qty: "30" }, [
    "accepted 1 ann",
  ]);
  tells(exchange, { id: 2, account: "bob", side: Sell, price: "100", qty: "10" }, [
    "accepted 2 bob",
  ]);
  tells(exchange, { id: 3, account: "cat", side: Sell, price: "100", qty: "20" }, [
    "accepted 3 cat",
  ]);
  tells(exchange, { id: 4, account: "dan", side: Buy, price: "101", qty: "45" }, [
    "accepted 4 dan",
    "traded 4 dan 10 @ 100 exec 1000000001",
    "traded 2 bob 10 @ 100 exec 1000000001",
    "traded 4 dan 20 @ 100 exec 1000000002",
    "traded 3 cat 20 @ 100 exec 1000000002",
    "traded 4 dan 15 @ 101 exec 1000000003",
    "traded 1 ann 15 @ 101 exec 1000000003",
  ]);
  assert.equal(exchange.openOrderCount, 1);
  assert.deepEqual(texts(exchange, cancel(1)), [`canceled 1 ann ${CancelReason.Requested}`]);
  assert.deepEqual(texts(exchange, cancel(1)), []);
});

test("odd lots: they never meet a board lot, and both count their trades together", () => {
  const exchange = newExchange();
  const offer = { id: 1, account: "ann", side: Sell, price: "100", qty: "100" };
  tells(exchange, offer, ["accepted 1 ann"]);
  tells(exchange, { id: 2, account: "bob", side: Buy, price: "101", qty: "99" }, [
    "accepted 2 bob",
  ]);
  tells(exchange, { id: 3, account: "cat", side: Sell, price: "101", qty: "99" }, [
    "accepted 3 cat",
    "traded 3 cat 99 @ 101 exec 1000000001",
    "traded 2 bob 99 @ 101 exec 1000000001",
  ]);
  assert.equal(exchange.lastTradePrice(symbol), null);
  assert.equal(exchange.bestBid(symbol), null);
  assert.deepEqual(exchange.depth(symbol, 9), {
    bids: [],
    asks: [[fixed("100"), fixed("100"), 1]],
  });
  tells(exchange, { id: 4, account: "dan", side: Buy, price: "100", qty: "100" }, [
    "accepted 4 dan",
    "traded 4 dan 100 @ 100 exec 1000000002",
    "traded 1 ann 100 @ 100 exec 1000000002",
  ]);
});

test("odd lots: their trades trigger no stop order", () => {
  const exchange = newExchange();
  const stop = { ordType: OrdType.StopMarket, price: "0", stopPx: "101", qty: "100" };
  tells(exchange, { id: 1, account: "ann", side: Buy, ...stop }, ["accepted 1 ann"]);
  exchange.handle(oddLot({ id: 2, account: "bob", side: Buy, price: "102", qty: "1" }));
  const { events } = exchange.handle(
    oddLot({ id: 3, account: "cat", side: Sell, price: "102", qty: "1" }),
  );
  assert.deepEqual(
    events.map((event) => event.type === "OddLot" && event.event.type),
    ["Entered", "Traded"],
  );
});

test("odd lots: the venue knows them and may withdraw them, and crosses none out of turn", () => {
  const exchange = newExchange();
  const resting = oddLot({ id: 1, account: "ann", side: Sell, price: "100", qty: "5" });
  exchange.handle(resting);
  assert.equal(exchange.holds(symbol, orderIdOf(1)), true);
  assert.equal(exchange.crossable(symbol, orderIdOf(1)), null);
  const timeInForce = TimeInForce.ImmediateOrCancel;
  const counter = oddLot({ id: 2, account: "bob", side: Buy, price: "100", qty: "5", timeInForce });
  const cross = { type: "CrossOrder", symbol, restingOrderId: orderIdOf(1) } as const;
  assert.throws(() => exchange.decide({ ...cross, order: counter }), /rests in the book/);
  const withdraw = { type: "WithdrawOrder", symbol, orderId: orderIdOf(1) } as const;
  assert.deepEqual(texts(exchange, withdraw), [`canceled 1 ann ${CancelReason.Venue}`]);
  assert.deepEqual(texts(exchange, withdraw), []);
  assert.equal(exchange.holds(symbol, orderIdOf(1)), false);
});

test("odd lots: an order that meets its own account's stops there", () => {
  const exchange = newExchange();
  exchange.handle(oddLot({ id: 1, account: "ann", side: Sell, price: "100", qty: "5" }));
  tells(exchange, { id: 2, account: "ann", side: Buy, price: "100", qty: "5" }, [
    "accepted 2 ann",
    `canceled 2 ann ${CancelReason.SelfTrade}`,
  ]);
});

test("odd lots: less quantity keeps an order's place, more or another price loses it", () => {
  const exchange = newExchange();
  exchange.handle(oddLot({ id: 1, account: "ann", side: Sell, price: "100", qty: "9" }));
  exchange.handle(oddLot({ id: 2, account: "bob", side: Sell, price: "100", qty: "9" }));
  assert.deepEqual(texts(exchange, replace(1, "5")), ["replaced 1 ann 5 @ 100"]);
  tells(exchange, { id: 3, account: "cat", side: Buy, price: "100", qty: "1" }, [
    "accepted 3 cat",
    "traded 3 cat 1 @ 100 exec 1000000001",
    "traded 1 ann 1 @ 100 exec 1000000001",
  ]);
  assert.deepEqual(texts(exchange, replace(1, "6")), ["replaced 1 ann 6 @ 100"]);
  tells(exchange, { id: 4, account: "cat", side: Buy, price: "100", qty: "1" }, [
    "accepted 4 cat",
    "traded 4 cat 1 @ 100 exec 1000000002",
    "traded 2 bob 1 @ 100 exec 1000000002",
  ]);
});

test("odd lots: there is no auction of them; closed and the day's end are for all", () => {
  const exchange = newExchange();
  exchange.handle({ type: "ChangePhase", symbol, phase: MarketPhase.Auction });
  exchange.handle(oddLot({ id: 1, account: "ann", side: Sell, price: "100", qty: "5" }));
  tells(exchange, { id: 2, account: "bob", side: Buy, price: "100", qty: "2" }, [
    "accepted 2 bob",
    "traded 2 bob 2 @ 100 exec 1000000001",
    "traded 1 ann 2 @ 100 exec 1000000001",
  ]);
  assert.deepEqual(texts(exchange, { type: "Uncross", symbol, referenceTicks: 0 }), []);
  exchange.handle({ type: "ChangePhase", symbol, phase: MarketPhase.Closed });
  const late = oddLot({ id: 3, account: "ann", side: Sell, price: "100", qty: "5" });
  assert.throws(() => exchange.decide(late), /takes no new orders/);
  const held = order({ id: 4, account: "ann", side: Sell, price: "1", qty: "100", symbol });
  assert.throws(() => exchange.decide(held), /takes no new orders/);
  assert.deepEqual(texts(exchange, { type: "ExpireDay", symbol }), [
    `canceled 1 ann ${CancelReason.Expired}`,
  ]);
  assert.equal(exchange.openOrderCount, 0);
});

test("odd lots: a day's end in parts ends with them", () => {
  const exchange = newExchange();
  exchange.handle(oddLot({ id: 1, account: "ann", side: Sell, price: "100", qty: "5" }));
  exchange.handle(oddLot({ id: 2, account: "ann", side: Sell, price: "100", qty: "5" }));
  for (const id of [3, 4]) {
    exchange.handle(order({ id, account: "bob", side: Buy, price: "90", qty: "100", symbol }));
  }
  const parts = [3, 3, 3].map((countMax) =>
    texts(exchange, { type: "ExpireDay", symbol, countMax }),
  );
  const expired = (id: number, account: string) => `canceled ${id} ${account} expired`;
  assert.deepEqual(parts, [
    [expired(3, "bob"), expired(4, "bob"), expired(1, "ann")],
    [expired(2, "ann")],
    [],
  ]);
});

test("odd lots: a snapshot lists them behind their board lots", () => {
  const exchange = newExchange();
  exchange.handle(oddLot({ id: 1, account: "ann", side: Sell, price: "100", qty: "5" }));
  exchange.handle(oddLot({ id: 2, account: "bob", side: Buy, price: "100", qty: "2" }));
  const lines = [...exchange.snapshotLines()];
  assert.deepEqual(lines, [
    '["X",3,1]',
    '["B","00700","1000000","10000000000","continuous",0,0]',
    '["Q","100000000",10000,1]',
    '["O","2",1,10000,3,5,"0","10000000001","ann"]',
  ]);
  const restored = Exchange.restore(REFERENCE_INSTRUMENTS, lines);
  assert.deepEqual([...restored.snapshotLines()], lines);
  const withoutOddLots = REFERENCE_INSTRUMENTS.map((each) => ({ ...each, oddLotQty: null }));
  assert.throws(() => Exchange.restore(withoutOddLots, lines), /keeps its odd lots/);
  // None rest any more: the price of their last trade is forgotten.
  exchange.handle(cancel(1));
  const empty = [...exchange.snapshotLines()];
  assert.equal(empty.at(-1), '["Q","100000000",10000,0]');
  assert.deepEqual([...Exchange.restore(withoutOddLots, empty).snapshotLines()], ['["X",3,1]']);
});

test("odd lots: a command that breaks a precondition is a bug", () => {
  const exchange = newExchange();
  const odd = { id: 1, account: "ann", side: Buy, price: "100", qty: "5" };
  const table: readonly (readonly [Partial<OrderText>, RegExp])[] = [
    [{ ordType: OrdType.EnhancedLimit }, /is a limit order/],
    [{ ordType: OrdType.Market, price: "0" }, /is a limit order/],
    [{ timeInForce: TimeInForce.ImmediateOrCancel }, /may rest/],
    [{ timeInForce: TimeInForce.FillOrKill }, /may rest/],
    [{ qty: "0.5" }, /lie on the grid/],
    [{ qty: "150" }, /lie on the grid/],
    [{ qty: "0" }, /within bounds/],
  ];
  for (const [change, statement] of table) {
    assert.throws(() => exchange.decide(oddLot({ ...odd, ...change })), statement);
  }
  exchange.handle(oddLot(odd));
  exchange.handle(oddLot({ ...odd, id: 2, qty: "100" }));
  assert.throws(() => exchange.decide(oddLot(odd)), /fresh id/);
  assert.throws(() => exchange.decide(oddLot({ ...odd, qty: "100" })), /fresh id/);
  assert.throws(() => exchange.decide(oddLot({ ...odd, id: 2 })), /fresh id/);
  assert.throws(() => exchange.decide(replace(1, "100")), /stays in its market/);
  assert.throws(() => exchange.decide(replace(2, "5")), /stays in its market/);
  const [event] = exchange.decide(cancel(1));
  assert.ok(event?.type === "OddLot");
  const withoutOddLots = REFERENCE_INSTRUMENTS.map((each) => ({ ...each, oddLotQty: null }));
  assert.throws(() => new Exchange(withoutOddLots).apply(event), /takes odd lots/);
});

function oddLot(text: OrderText) {
  return order({ symbol, ...text });
}

function cancel(id: number): ExchangeCommand {
  return { type: "OrderCancelRequest", orderId: orderIdOf(id), symbol };
}

function replace(id: number, qty: string): ExchangeCommand {
  const { price, stopPx, protectionPx, orderQty } = oddLot({
    id,
    account: "",
    side: Buy,
    price: "100",
    qty,
  });
  const terms = { price, stopPx, protectionPx, orderQty };
  return { type: "OrderCancelReplaceRequest", orderId: orderIdOf(id), symbol, ...terms };
}

function texts(exchange: Exchange, command: ExchangeCommand): string[] {
  const { reports } = exchange.handle(command);
  return reports.map((report: VenueReport) => reportText(report));
}

function tells(exchange: Exchange, text: OrderText, expected: readonly string[]): void {
  assert.deepEqual(texts(exchange, oddLot(text)), expected);
}
