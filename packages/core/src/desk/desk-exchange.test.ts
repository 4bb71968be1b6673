// Goal: the desk and the embedded exchange, driven together by random commands of several accounts,
// never disagree, and what they did can be replayed and restored.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { at } from "../assert.ts";
import { Exchange } from "../exchange/exchange.ts";
import { cellsOf } from "../model/columns.ts";
import type { PlaceRequest } from "../model/command.ts";
import { type Amount, amountOf, ONE, type Price, type Qty } from "../model/decimal.ts";
import { CancelReason, ExecType, OrdType, Side, TimeInForce } from "../model/enums.ts";
import type { DeskEvent, ExecutionReported } from "../model/event.ts";
import { decodeDeskEvent, encodeDeskEvent } from "../model/event-codec.ts";
import type { Account, ClOrdId, OrderId, UnixMs } from "../model/ids.ts";
import { type Instrument, isOddLot } from "../model/instrument.ts";
import type { Order } from "../model/order.ts";
import { REFERENCE_INSTRUMENTS } from "../model/reference-instruments.ts";
import type { UnixDay } from "../model/unix-day.ts";
import type { VenueCommand } from "../model/venue.ts";
import { ORD_TYPES } from "../order/ord-types.ts";
import { isClosed, isWaiting, leavesQty } from "../order/order.ts";
import { openTarget } from "./cancel.ts";
import { Desk } from "./desk.ts";
import { amendOf, assertMoneySound, instrumentOf, opening } from "./desk-fixture.ts";
import { REFERENCE_DESK_RULES } from "./desk-rules.ts";
import { newOrderSingle, replaceRequest } from "./venue-messages.ts";

const numRuns = Number(process.env["PROPERTY_RUNS"] ?? 100);

/** The collar is wider than the range of prices here: no fill is beyond it. */
const OPTIONS = {
  orderNoPrefix: 22,
  instruments: REFERENCE_INSTRUMENTS,
  rules: { ...REFERENCE_DESK_RULES, collarRatio: 100n * ONE },
};
const ACCOUNTS = ["A-1001", "A-1002", "A-1003"].map((name) => name as Account);
/** One of whole units, one of divisible ones. */
const TRADED = [at(REFERENCE_INSTRUMENTS, 0), at(REFERENCE_INSTRUMENTS, 3)];
const T0 = 1_718_000_000_000;

interface Place {
  readonly type: "place";
  readonly account: Account;
  readonly instrument: Instrument;
  readonly ordType: OrdType;
  readonly side: Side;
  readonly timeInForce: TimeInForce;
  readonly ticks: number;
  readonly stopTicks: number;
  readonly lots: number;
  /** Whether these are lots of the odd-lot market, if the instrument has one. */
  readonly odd: boolean;
  readonly clOrdId: string;
}

interface Amend {
  readonly type: "amend";
  readonly index: number;
  readonly ticks: number | null;
  readonly lots: number | null;
}

type Step =
  | Place
  | Amend
  | { readonly type: "settle" }
  | { readonly type: "cancel"; readonly index: number }
  | { readonly type: "cancelByName"; readonly account: Account; readonly clOrdId: string }
  | { readonly type: "answer"; readonly account: Account; readonly passedMs: number };

const PLAIN = { noNullPrototype: true } as const;
const anyAccount = fc.constantFrom(...ACCOUNTS);
const anyName = fc.constantFrom("", "a", "b");
/** A narrow range of prices, so that orders meet. */
const anyPlace: fc.Arbitrary<Place> = fc.record(
  {
    type: fc.constant("place" as const),
    account: anyAccount,
    instrument: fc.constantFrom(...TRADED),
    ordType: fc.constantFrom(OrdType.Limit, OrdType.Limit, ...OPTIONS.rules.ordTypes),
    side: fc.constantFrom(Side.Buy, Side.Sell),
    timeInForce: fc.constantFrom(TimeInForce.Day, TimeInForce.Day, ...Object.values(TimeInForce)),
    ticks: fc.integer({ min: 1, max: 16 }),
    stopTicks: fc.integer({ min: 1, max: 16 }),
    lots: fc.integer({ min: 1, max: 9 }),
    odd: fc.nat(3).map((dice) => dice === 0),
    clOrdId: anyName,
  },
  PLAIN,
);
const anyAmend: fc.Arbitrary<Amend> = fc.record(
  {
    type: fc.constant("amend" as const),
    index: fc.nat({ max: 100 }),
    ticks: fc.option(fc.integer({ min: 1, max: 16 })),
    lots: fc.option(fc.integer({ min: 1, max: 9 })),
  },
  PLAIN,
);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: anyPlace, weight: 12 },
  { arbitrary: anyAmend, weight: 4 },
  { arbitrary: fc.record({ type: fc.constant("settle" as const) }, PLAIN), weight: 1 },
  {
    arbitrary: fc.record(
      { type: fc.constant("cancel" as const), index: fc.nat({ max: 100 }) },
      PLAIN,
    ),
    weight: 3,
  },
  {
    arbitrary: fc.record(
      { type: fc.constant("cancelByName" as const), account: anyAccount, clOrdId: anyName },
      PLAIN,
    ),
    weight: 1,
  },
  {
    arbitrary: fc.record(
      {
        type: fc.constant("answer" as const),
        account: anyAccount,
        // Real time goes both ways.
        passedMs: fc.oneof(
          { arbitrary: fc.nat({ max: 3_000 }), weight: 4 },
          { arbitrary: fc.integer({ min: -100_000, max: 200_000 }), weight: 2 },
          { arbitrary: fc.integer({ min: -7_200_000, max: 7_200_000 }), weight: 1 },
        ),
      },
      PLAIN,
    ),
    weight: 2,
  },
);
const anySteps = fc.array(anyStep, { maxLength: 60, size: "max" });

/** A desk and an exchange that work together as the sequencer has them do. */
class Trading {
  readonly desk: Desk;
  readonly exchange: Exchange;
  readonly events: DeskEvent[] = [];
  nowMs = T0;
  /** Real time, by which requests are remembered. */
  wallMs = T0;

  constructor(desk: Desk, exchange: Exchange) {
    this.desk = desk;
    this.exchange = exchange;
  }

  static opened(): Trading {
    const trading = new Trading(new Desk(OPTIONS), new Exchange(REFERENCE_INSTRUMENTS));
    // Enough for most orders of a run, not for all.
    for (const account of ACCOUNTS) trading.apply(opening(account, "300", "3000"));
    return trading;
  }

  /** Another one, made of this one's snapshots alone. */
  restored(): Trading {
    const desk = Desk.restore(OPTIONS, [...this.desk.snapshotLines()]);
    const exchange = Exchange.restore(REFERENCE_INSTRUMENTS, [...this.exchange.snapshotLines()]);
    const trading = new Trading(desk, exchange);
    trading.nowMs = this.nowMs;
    trading.wallMs = this.wallMs;
    trading.events.push(...this.events);
    return trading;
  }

  get reports(): ExecutionReported[] {
    return this.events.filter((event) => event.type === "ExecutionReported");
  }

  /** Open orders of all accounts. */
  get openOrders(): Order[] {
    return ACCOUNTS.flatMap((account) => [...(this.desk.book(account)?.openOldestFirst() ?? [])]);
  }

  run(step: Step): void {
    this.nowMs += 1;
    switch (step.type) {
      case "place":
        this.#place(step);
        break;
      case "cancel": {
        const open = this.openOrders;
        if (open.length > 0) this.#cancel(at(open, step.index % open.length));
        break;
      }
      case "amend": {
        const open = this.openOrders;
        if (open.length > 0) this.#amend(at(open, step.index % open.length), step);
        break;
      }
      case "settle":
        this.#settle();
        break;
      case "cancelByName":
        this.#cancelByName(step.account, step.clOrdId as ClOrdId);
        break;
      case "answer":
        this.#answer(step.account, step.passedMs);
        break;
    }
  }

  apply(event: DeskEvent): void {
    this.events.push(event);
    this.desk.apply(event, this.events.length);
  }

  #place({ account, instrument, ordType, side, timeInForce, clOrdId, ...figures }: Place): void {
    const { symbol, markets, priceTick, lotQty, oddLotQty } = instrument;
    const { priced, stop, timesInForce } = ORD_TYPES[ordType];
    const isOdd = figures.odd && oddLotQty !== null;
    const request: PlaceRequest = {
      market: at(markets, 0),
      symbol,
      ordType,
      side,
      timeInForce: timesInForce.includes(timeInForce) ? timeInForce : TimeInForce.Day,
      orderQty: BigInt(figures.lots) * (isOdd ? oddLotQty : lotQty),
      price: priced ? BigInt(figures.ticks) * priceTick : null,
      stopPx: stop ? BigInt(figures.stopTicks) * priceTick : null,
      clOrdId: clOrdId as ClOrdId,
      portfolioId: "",
    };
    const referencePx = this.exchange.bestAsk(symbol) ?? this.exchange.lastTradePrice(symbol);
    const placing = this.#deciding(() =>
      this.desk.decidePlace(account, request, referencePx, this.nowMs as UnixMs),
    );
    if ("refused" in placing) {
      const reasons = isOdd ? /^(INSUFFICIENT_|ODD_LOT_)/ : /^INSUFFICIENT_/;
      assert.match(placing.refused, reasons, "the request is sound");
      return;
    }
    this.#work(newOrderSingle(placing), placing);
  }

  #amend(order: Order, { ticks, lots }: Amend): void {
    const { priceTick, lotQty } = instrumentOf(order);
    const priced = ORD_TYPES[order.ordType].priced;
    const amended = this.#deciding(() =>
      this.desk.decideAmend(
        order,
        amendOf(order, {
          orderQty: lots === null ? null : BigInt(lots) * lotQty,
          price: ticks === null || !priced ? null : BigInt(ticks) * priceTick,
        }),
      ),
    );
    if (!("refused" in amended)) this.#work(replaceRequest(amended), null);
  }

  #settle(): void {
    this.nowMs += 86_400_000;
    const today = Math.floor(this.nowMs / 86_400_000) as UnixDay;
    const settled = this.desk.decideSettle(today, this.nowMs as UnixMs);
    if (settled !== null) this.apply(settled);
  }

  #cancel({ orderId, symbol }: Order): void {
    this.#work({ type: "OrderCancelRequest", orderId, symbol }, null);
  }

  #cancelByName(account: Account, clOrdId: ClOrdId): void {
    const book = this.desk.book(account);
    assert.ok(book !== null);
    const target = openTarget(book, { by: "clOrdId", clOrdId });
    const live = this.openOrders.filter(
      (order) => order.account === account && order.clOrdId === clOrdId && clOrdId !== "",
    );
    const expected = live.length === 0 ? "none" : live.length === 1 ? "open" : "ambiguous";
    assert.equal(target.found, expected);
    if (target.found === "open") this.#cancel(target.order);
  }

  #answer(account: Account, passedMs: number): void {
    this.wallMs += passedMs;
    this.apply({
      type: "RequestAnswered",
      atMs: this.wallMs as UnixMs,
      account,
      // Some are used again, as the client's command ids are.
      fingerprint: `${account}:${Math.abs(passedMs) % 7}`,
      contentDigest: String(this.wallMs),
      expiresAtMs: (this.wallMs + 5_000) as UnixMs,
      httpStatus: 200,
      body: '{"code":0}',
    });
  }

  #work(command: VenueCommand, placing: Order | null): void {
    const { reports } = this.exchange.handle(command);
    assert.ok(reports.length > 0, "the embedded exchange answers at once");
    for (const report of reports) {
      const subject = placing?.orderId === report.orderId ? placing : null;
      const nowMs = this.nowMs as UnixMs;
      this.apply(this.#deciding(() => this.desk.decideReport(report, subject, nowMs)));
    }
  }

  #deciding<T>(decide: () => T): T {
    const before = [...this.desk.snapshotLines()];
    const decision = decide();
    assert.deepEqual([...this.desk.snapshotLines()], before, "deciding changes nothing");
    return decision;
  }
}

test("desk and exchange: the same orders are open on both, with the same quantities left", () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const trading = Trading.opened();
      for (const step of steps) {
        trading.run(step);
        const { desk, exchange, openOrders } = trading;
        assert.equal(desk.openCount, exchange.openOrderCount);
        assert.equal(desk.openCount, openOrders.length);
        assert.deepEqual(openLeaves(trading), restingQtys(trading));
      }
    }),
    { numRuns },
  );
});

test("desk and exchange: money adds up after every step, and all that is cleared is paid", () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const trading = Trading.opened();
      for (const step of steps) {
        trading.run(step);
        assertMoneySound(trading.desk);
        const clearing = trading.desk.ledger.house("clearing");
        for (const { currency, product } of REFERENCE_INSTRUMENTS) {
          assert.equal(clearing.cash(currency).total, 0n);
          assert.equal(clearing.holding(product).total, 0n);
        }
      }
    }),
    { numRuns },
  );
});

test("desk and exchange: both sides of a fill agree, and an order is the sum of its fills", () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const trading = ran(Trading.opened(), steps);
      assertTwoSides(trading.reports);
      for (const history of byOrder(trading.reports).values()) assertHistory(history);
    }),
    { numRuns },
  );
});

test("desk and exchange: streams and versions have no gaps, order numbers rise", () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const { reports, desk } = ran(Trading.opened(), steps);
      for (const account of ACCOUNTS) {
        const stream = reports.filter(({ order }) => order.account === account);
        const seqs = stream.map(({ order }) => order.streamSeq);
        assert.deepEqual(seqs, oneTo(stream.length));
        assert.equal(desk.book(account)?.streamSeq, stream.length);
      }
      for (const history of byOrder(reports).values()) {
        const versions = history.map(({ order }) => order.version);
        assert.deepEqual(versions, oneTo(history.length));
      }
      const numbers = [...byOrder(reports).keys()];
      const expected = oneTo(numbers.length).map((orderNo) => String(22_000_000_000 + orderNo));
      assert.deepEqual(numbers, expected);
    }),
    { numRuns },
  );
});

test("desk and exchange: replaying the journal gives the same desk", () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const trading = ran(Trading.opened(), steps);
      const replayed = new Desk(OPTIONS);
      for (const [index, event] of trading.events.entries()) {
        replayed.apply(decodeDeskEvent(encodeDeskEvent(event)), index + 1);
      }
      assert.deepEqual([...replayed.snapshotLines()], [...trading.desk.snapshotLines()]);
      assert.equal(replayed.openCount, trading.desk.openCount);
    }),
    { numRuns },
  );
});

test("desk and exchange: a restored pair has the same state and the same future", () => {
  fc.assert(
    fc.property(anySteps, anySteps, (past, future) => {
      const trading = ran(Trading.opened(), past);
      const restored = trading.restored();
      assertSame(restored, trading);
      for (const step of future) {
        trading.run(step);
        restored.run(step);
      }
      assertSame(restored, trading);
    }),
    { numRuns },
  );
});

test("desk and exchange: a snapshot and the tail give what the whole journal gives", () => {
  fc.assert(
    fc.property(anySteps, fc.nat({ max: 100 }), (steps, cut) => {
      const { events } = ran(Trading.opened(), steps);
      const eventCount = cut % (events.length + 1);
      const whole = replay(new Desk(OPTIONS), events, 0);
      const half = replay(new Desk(OPTIONS), events.slice(0, eventCount), 0);
      const restored = Desk.restore(OPTIONS, half.snapshotLines());
      replay(restored, events, eventCount);
      assert.deepEqual([...restored.snapshotLines()], [...whole.snapshotLines()]);
    }),
    { numRuns },
  );
});

function ran(trading: Trading, steps: readonly Step[]): Trading {
  for (const step of steps) trading.run(step);
  return trading;
}

function replay(desk: Desk, events: readonly DeskEvent[], from: number): Desk {
  for (const [index, event] of events.entries()) if (index >= from) desk.apply(event, index + 1);
  return desk;
}

function assertSame(restored: Trading, trading: Trading): void {
  assert.deepEqual(restored.events, trading.events);
  assert.deepEqual([...restored.desk.snapshotLines()], [...trading.desk.snapshotLines()]);
  assert.deepEqual([...restored.exchange.snapshotLines()], [...trading.exchange.snapshotLines()]);
  assert.equal(restored.desk.openCount, trading.desk.openCount);
  for (const account of ACCOUNTS) {
    const [book, original] = [restored.desk.book(account), trading.desk.book(account)];
    assert.ok(book !== null && original !== null);
    assert.deepEqual([...book.openNewestFirst()], [...original.openNewestFirst()]);
    for (const name of ["a", "b"] as ClOrdId[]) {
      assert.deepEqual(book.openByClOrdId(name), original.openByClOrdId(name));
    }
  }
}

/** LeavesQty of the desk's open orders, by symbol and side, odd lots apart. */
function openLeaves({ openOrders }: Trading): ReadonlyMap<string, bigint> {
  const qtys = new QtySums();
  for (const order of openOrders) {
    const { symbol, side, orderQty } = order;
    const book = isOddLot(instrumentOf(order), orderQty) ? `${symbol} odd` : symbol;
    if (!isWaiting(order)) qtys.add(book, side, leavesQty(order));
  }
  return qtys.sums;
}

/** What rests in the exchange's books, by symbol and side. */
function restingQtys({ exchange }: Trading): ReadonlyMap<string, bigint> {
  const qtys = new QtySums();
  for (const { symbol } of TRADED) {
    const { bids, asks } = exchange.depth(symbol, 100);
    for (const [, qty] of bids) qtys.add(symbol, Side.Buy, qty);
    for (const [, qty] of asks) qtys.add(symbol, Side.Sell, qty);
  }
  for (const [symbol, side, qty] of oddLotsOf(exchange)) qtys.add(`${symbol} odd`, side, qty);
  return qtys.sums;
}

/** Odd lots are in no depth: a snapshot lists them behind the line of their market. */
function oddLotsOf(exchange: Exchange): [symbol: string, side: Side, qty: bigint][] {
  const found: [string, Side, bigint][] = [];
  let symbol = "";
  let oddLotQty: bigint | null = null;
  for (const line of exchange.snapshotLines()) {
    const cells = JSON.parse(line);
    if (cells[0] === "B") [symbol, oddLotQty] = [cells[1], null];
    if (cells[0] === "Q") oddLotQty = BigInt(cells[1]);
    if (cells[0] !== "O" || oddLotQty === null) continue;
    for (const lots of cellsOf(cells[4], cells[2], Number)) {
      found.push([symbol, cells[1], BigInt(lots) * oddLotQty]);
    }
  }
  return found;
}

class QtySums {
  readonly sums = new Map<string, bigint>();

  constructor() {
    for (const { symbol } of TRADED) {
      for (const side of [Side.Buy, Side.Sell]) {
        this.add(symbol, side, 0n);
        this.add(`${symbol} odd`, side, 0n);
      }
    }
  }

  add(symbol: string, side: Side, qty: bigint): void {
    const key = `${symbol} ${side}`;
    this.sums.set(key, (this.sums.get(key) ?? 0n) + qty);
  }
}

/** Every fill was reported twice: to a buyer and to a seller, who are not the same account. */
function assertTwoSides(reports: readonly ExecutionReported[]): void {
  const trades = reports.filter(({ execType }) => execType === ExecType.Trade);
  for (const sides of Map.groupBy(trades, ({ execution }) => execution?.execId).values()) {
    assert.equal(sides.length, 2);
    const [one, other] = [at(sides, 0), at(sides, 1)];
    assert.deepEqual(fillOf(one), fillOf(other));
    assert.equal(one.order.symbol, other.order.symbol);
    assert.notEqual(one.order.side, other.order.side);
    assert.notEqual(one.order.account, other.order.account);
  }
  const traded = new QtySums();
  for (const history of byOrder(reports).values()) {
    const { symbol, side, cumQty } = at(history, history.length - 1).order;
    traded.add(symbol, side, cumQty);
  }
  for (const { symbol } of TRADED) {
    const [bought, sold] = [Side.Buy, Side.Sell].map((side) =>
      traded.sums.get(`${symbol} ${side}`),
    );
    assert.equal(bought, sold, "what is bought is sold");
  }
}

/** What both sides of a fill have in common: all but their money. */
function fillOf({ execution }: ExecutionReported) {
  assert.ok(execution !== null);
  const { execId, lastQty, lastPx, tradeDate, settlDate } = execution;
  return { execId, lastQty, lastPx, tradeDate, settlDate };
}

/** All reports of one order: accepted first, then trades within its limit, closed at most once. */
function assertHistory(history: readonly ExecutionReported[]): void {
  let [cumQty, grossTradeAmt] = [0n as Qty, 0n as Amount];
  for (const [index, { execType, execution, order }] of history.entries()) {
    assert.equal(execType === ExecType.New, index === 0);
    if (execution !== null) {
      const { lastQty, lastPx } = execution;
      cumQty = (cumQty + lastQty) as Qty;
      grossTradeAmt = (grossTradeAmt + amountOf(lastPx, lastQty)) as Amount;
      assertWithinLimit(order, lastPx);
    }
    assert.equal(order.cumQty, cumQty);
    assert.equal(order.grossTradeAmt, grossTradeAmt);
    assert.equal(order.phase === "Canceled", execType === ExecType.Canceled);
    if (isClosed(order)) assert.equal(index, history.length - 1, "nothing follows the end");
  }
  const { order } = at(history, history.length - 1);
  const { priced } = ORD_TYPES[order.ordType];
  if (priced) assert.notEqual(order.cancelReason, CancelReason.NoLiquidity);
  else if (!isWaiting(order)) assert.notEqual(order.phase, "Open", "market orders never rest");
}

function assertWithinLimit({ ordType, side, price }: Order, lastPx: Price): void {
  if (!ORD_TYPES[ordType].priced) return;
  assert.ok(side === Side.Buy ? lastPx <= price : lastPx >= price, "never worse than its limit");
}

function byOrder(reports: readonly ExecutionReported[]): Map<OrderId, ExecutionReported[]> {
  return Map.groupBy(reports, ({ order }) => order.orderId);
}

function oneTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
