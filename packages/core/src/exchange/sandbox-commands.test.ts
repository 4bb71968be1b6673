// Goal: what only the sandbox can ask of the exchange keeps books and trades as any command does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { InvariantError } from "../assert.ts";
import { type NewOrderSingle, type OrderId, OrdType, Side, TimeInForce } from "../model/index.ts";
import { MarketPhase } from "./exchange-command.ts";
import { bookText, newExchange, order, reportText, told } from "./exchange-story.ts";
import { phaseFault } from "./sandbox-decisions.ts";

const ioc = TimeInForce.ImmediateOrCancel;

/** Two bids of one price, and the second one crossed. */
function crossing(counter: Parameters<typeof order>[0]) {
  const exchange = newExchange();
  told("> ann buy 5 @ 100\n> bob buy 4 @ 100\n> cat buy 1 stop 100", { exchange });
  const second = order({ id: 2, account: "bob", side: Side.Buy, price: "100" }).orderId;
  const command = {
    type: "CrossOrder",
    symbol: "AAPL",
    restingOrderId: second,
    order: order(counter),
  } as const;
  return { exchange, command, second };
}

const COUNTER = {
  id: 9,
  account: "liq",
  side: Side.Sell,
  price: "100",
  timeInForce: ioc,
  qty: "3",
};

test("sandbox: an order is crossed at its price, whatever its place, and stops are reached", () => {
  const { exchange, command, second } = crossing(COUNTER);
  const crossable = exchange.crossable("AAPL", second);
  assert.deepEqual(crossable, { price: command.order.price, qty: 400_000_000n });
  const { events, reports } = exchange.handle(command);
  assert.deepEqual(reports.map(reportText), [
    "accepted 9 liq",
    "traded 9 liq 3 @ 100 exec 1000000001",
    "traded 2 bob 3 @ 100 exec 1000000001",
    "triggered 3 cat",
    "canceled 3 cat no_liquidity",
  ]);
  assert.equal(bookText(exchange, 3), "100x6(2) |");
  const { exchange: replayed } = crossing(COUNTER);
  for (const event of events) replayed.apply(event);
  assert.deepEqual([...replayed.snapshotLines()], [...exchange.snapshotLines()]);
});

test("sandbox: what crosses an order is of another account, at its price and within its rest", () => {
  const faulty = [
    { account: "bob" },
    { side: Side.Buy },
    { price: "99" },
    { qty: "5" },
    { timeInForce: TimeInForce.Day },
    { id: 1 },
  ];
  for (const fault of faulty) {
    const { exchange, command } = crossing({ ...COUNTER, ...fault });
    assert.throws(() => exchange.handle(command), InvariantError, JSON.stringify(fault));
  }
});

test("sandbox: only what rests in a market that trades can be crossed", () => {
  const { exchange, second } = crossing(COUNTER);
  const stop = order({ id: 3, account: "cat", side: Side.Buy, price: "0", stopPx: "100" }).orderId;
  assert.equal(exchange.crossable("AAPL", stop), null);
  assert.equal(exchange.holds("AAPL", stop), true);
  assert.equal(exchange.crossable("AAPL", "22000000099" as OrderId), null);
  assert.equal(exchange.holds("AAPL", "22000000099" as OrderId), false);
  told("> phase auction", { exchange });
  assert.equal(exchange.crossable("AAPL", second), null);
});

test("sandbox: the venue withdraws an order, and nothing where there is none", () => {
  const { exchange, second } = crossing(COUNTER);
  const withdraw = { type: "WithdrawOrder", symbol: "AAPL", orderId: second } as const;
  assert.deepEqual(exchange.handle(withdraw).reports.map(reportText), ["canceled 2 bob venue"]);
  assert.deepEqual(exchange.handle(withdraw).reports, []);
});

test("sandbox: which phase takes which order that was on its way", () => {
  const { Continuous, Auction, Closed } = MarketPhase;
  const { Limit, Market, Auction: AtAuction, AuctionLimit } = OrdType;
  const day = TimeInForce.Day;
  const table: readonly (readonly [
    MarketPhase,
    NewOrderSingle["ordType"],
    TimeInForce,
    boolean,
  ])[] = [
    [Continuous, Limit, day, true],
    [Continuous, Market, day, true],
    [Continuous, Limit, ioc, true],
    [Continuous, AtAuction, day, false],
    [Continuous, AuctionLimit, day, false],
    [Auction, Limit, day, true],
    [Auction, AtAuction, day, true],
    [Auction, AuctionLimit, day, true],
    [Auction, Market, day, false],
    [Auction, Limit, ioc, false],
    [Auction, Limit, TimeInForce.FillOrKill, false],
    [Closed, Limit, day, false],
  ];
  for (const [phase, ordType, timeInForce, isTaken] of table) {
    const fault = phaseFault(phase, { ordType, timeInForce });
    assert.equal(fault === null, isTaken, `${phase} ${ordType} ${timeInForce}`);
  }
});
