// Goal: a book in another grid is the same book. What moves in it is held against the naive
// exchange, which counts nothing in steps.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { at } from "../assert.ts";
import {
  type Account,
  type NewOrderSingle,
  ONE,
  type OrderId,
  OrdType,
  type Price,
  type Qty,
  REFERENCE_INSTRUMENTS,
  Side,
  TICKS_MAX,
  TimeInForce,
} from "../model/index.ts";
import { Exchange } from "./exchange.ts";
import { decodeExchangeEvent, encodeExchangeEvent } from "./exchange-codec.ts";
import { type ExchangeCommand, type ListedGrid, MarketPhase } from "./exchange-command.ts";
import type { ExchangeEvent } from "./exchange-event.ts";
import { NaiveExchange } from "./exchange-naive.ts";

const CENT = (ONE / 100n) as Price;
/** Tick 0.01, lot 100, odd lots. */
const TENCENT = at(REFERENCE_INSTRUMENTS, 0);
const SYMBOL = TENCENT.symbol;

function gridOf(ticks: bigint, lots: bigint): ListedGrid {
  const { symbol, oddLotQty } = TENCENT;
  const grid = { priceTick: (ticks * CENT) as Price, lotQty: (lots * ONE) as Qty };
  return { symbol, ...grid, oddLotQty };
}

function setGrid(ticks: bigint, lots: bigint): ExchangeCommand {
  return { type: "SetGrid", symbol: SYMBOL, grid: gridOf(ticks, lots) };
}

let orderNo = 0;

function limit(side: Side, cents: bigint, shares: bigint, more: Partial<NewOrderSingle> = {}) {
  orderNo += 1;
  const command: NewOrderSingle = {
    type: "NewOrderSingle",
    symbol: SYMBOL,
    orderId: String(orderNo) as OrderId,
    account: `A-${orderNo}` as Account,
    side,
    ordType: OrdType.Limit,
    timeInForce: TimeInForce.GoodTillCancel,
    price: (cents * CENT) as Price,
    stopPx: 0n as Price,
    protectionPx: 0n as Price,
    orderQty: (shares * ONE) as Qty,
    ...more,
  };
  return command;
}

/** An exchange, its events as they stand in a journal, and its naive twin. */
class Twins {
  readonly exchange = new Exchange([TENCENT]);
  readonly naive = new NaiveExchange([TENCENT]);
  readonly records: string[] = [];

  handle(command: ExchangeCommand): readonly ExchangeEvent[] {
    const { events, reports } = this.exchange.handle(command);
    assert.deepEqual(reports, this.naive.handle(command));
    for (const event of events) this.records.push(encodeExchangeEvent(event));
    const market = this.naive.market(SYMBOL);
    assert.deepEqual(this.exchange.depth(SYMBOL, 99), market.depth(99));
    assert.equal(this.exchange.lastTradePrice(SYMBOL) ?? 0n, market.lastPx);
    assert.equal(this.exchange.openOrderCount, this.naive.orderCount);
    return events;
  }

  cancelUnfit(grid: ListedGrid): void {
    for (const orderId of this.exchange.unfit(SYMBOL, grid)) {
      this.handle({ type: "OrderCancelRequest", symbol: SYMBOL, orderId });
    }
  }

  get lines(): string[] {
    return [...this.exchange.snapshotLines()];
  }

  /** By every event from the first on, and by a snapshot. */
  assertRebuilt(): void {
    const replayed = new Exchange([TENCENT]);
    for (const record of this.records) replayed.apply(decodeExchangeEvent(record));
    assert.deepEqual([...replayed.snapshotLines()], this.lines);
    assert.deepEqual([...Exchange.restore([TENCENT], this.lines).snapshotLines()], this.lines);
  }
}

test("regrid: prices, quantities and places are what they were", () => {
  const twins = new Twins();
  const first = limit(Side.Buy, 1_000n, 200n);
  const second = limit(Side.Buy, 1_000n, 400n);
  for (const order of [first, second, limit(Side.Sell, 1_010n, 600n)]) twins.handle(order);
  twins.handle(limit(Side.Sell, 1_000n, 100n));
  const depth = twins.exchange.depth(SYMBOL, 9);
  for (const [ticks, lots] of [
    [5n, 100n],
    [1n, 50n],
    [10n, 100n],
    [2n, 10n],
  ] as const) {
    const [event] = twins.handle(setGrid(ticks, lots));
    assert.equal(event?.type, "GridSet");
    assert.deepEqual(twins.exchange.depth(SYMBOL, 9), depth);
    twins.assertRebuilt();
  }
  const { reports } = twins.exchange.handle(limit(Side.Sell, 1_000n, 110n));
  const resting = reports.flatMap((each) => (each.type === "Traded" ? [each.orderId] : []));
  assert.deepEqual([...new Set(resting)].slice(1), [first.orderId, second.orderId]);
});

test("regrid: a book keeps its phase", () => {
  for (const phase of [MarketPhase.Auction, MarketPhase.Closed, MarketPhase.Continuous]) {
    const exchange = new Exchange([TENCENT]);
    exchange.handle({ type: "ChangePhase", symbol: SYMBOL, phase: MarketPhase.Closed });
    if (phase !== MarketPhase.Closed) {
      exchange.handle({ type: "ChangePhase", symbol: SYMBOL, phase });
    }
    exchange.handle(setGrid(5n, 100n));
    assert.equal(exchange.phase(SYMBOL), phase);
  }
});

test("regrid: what is not on the new grid is named, and nothing that is", () => {
  const stop = { ordType: OrdType.StopLimit };
  const rows: readonly (readonly [
    NewOrderSingle,
    ticks: bigint,
    lots: bigint,
    isUnfit: boolean,
  ])[] = [
    [limit(Side.Buy, 1_001n, 100n), 5n, 100n, true],
    [limit(Side.Buy, 1_005n, 100n), 5n, 100n, false],
    [limit(Side.Buy, 1_005n, 300n), 5n, 200n, true],
    [limit(Side.Buy, 1_005n, 400n), 5n, 200n, false],
    [limit(Side.Buy, 1_005n, 60n), 5n, 200n, false],
    [limit(Side.Buy, 1_005n, 60n), 5n, 50n, true],
    [limit(Side.Buy, 1_005n, 50n), 5n, 50n, true],
    [limit(Side.Buy, 1_003n, 60n), 5n, 200n, true],
    [limit(Side.Buy, 1_005n, 100n, { ...stop, stopPx: (1_001n * CENT) as Price }), 5n, 100n, true],
    [limit(Side.Buy, 1_005n, 100n, { ...stop, stopPx: (1_000n * CENT) as Price }), 5n, 50n, false],
    [
      limit(Side.Buy, 0n, 100n, {
        ordType: OrdType.StopMarket,
        stopPx: (1_000n * CENT) as Price,
        protectionPx: (1_051n * CENT) as Price,
      }),
      5n,
      100n,
      true,
    ],
  ];
  for (const [order, ticks, lots, isUnfit] of rows) {
    const twins = new Twins();
    twins.handle(order);
    const unfit = [...twins.exchange.unfit(SYMBOL, gridOf(ticks, lots))];
    assert.deepEqual(unfit, isUnfit ? [order.orderId] : []);
    if (isUnfit)
      assert.throws(() => twins.exchange.handle(setGrid(ticks, lots)), /lies on its grid/);
    else twins.handle(setGrid(ticks, lots));
  }
});

test("regrid: a last price that left the grid is still the last price, and reaches no stop order", () => {
  const twins = new Twins();
  twins.handle(limit(Side.Buy, 1_001n, 100n));
  twins.handle(limit(Side.Sell, 1_001n, 100n));
  twins.handle(setGrid(5n, 100n));
  twins.assertRebuilt();
  const stopPx = (1_000n * CENT) as Price;
  twins.handle(limit(Side.Sell, 990n, 100n, { ordType: OrdType.StopLimit, stopPx }));
  assert.equal(twins.exchange.openOrderCount, 1, "it waits for a trade");
  twins.assertRebuilt();
  twins.handle(limit(Side.Buy, 1_000n, 100n));
  twins.handle(limit(Side.Sell, 1_000n, 100n));
  assert.equal(twins.exchange.bestAsk(SYMBOL), 990n * CENT, "the trade reached it");
});

test("regrid: a last price that came back to the grid still reaches no stop order", () => {
  const twins = new Twins();
  twins.handle(limit(Side.Buy, 1_001n, 100n));
  twins.handle(limit(Side.Sell, 1_001n, 100n));
  twins.handle(setGrid(5n, 100n));
  const stop = { ordType: OrdType.StopLimit, stopPx: (1_005n * CENT) as Price };
  twins.handle(limit(Side.Sell, 990n, 100n, stop));
  twins.handle(setGrid(1n, 100n));
  twins.assertRebuilt();
  twins.handle(limit(Side.Sell, 991n, 100n, { ...stop, stopPx: (1_004n * CENT) as Price }));
  assert.equal(twins.exchange.bestAsk(SYMBOL), null, "both wait for a trade");
  assert.equal(twins.exchange.lastTradePrice(SYMBOL), 1_001n * CENT);
  twins.assertRebuilt();
});

test("regrid: a last price beyond all prices of the new grid is kept, and counted in no steps", () => {
  const exchange = new Exchange([TENCENT]);
  const cents = 900_000_000_000n;
  exchange.handle(limit(Side.Sell, cents, 100n));
  exchange.handle(limit(Side.Buy, cents, 100n));
  const grid = { ...gridOf(1n, 100n), priceTick: 1n as Price };
  exchange.handle({ type: "SetGrid", symbol: SYMBOL, grid });
  const lastPx = (cents * CENT) as Price;
  assert.equal(exchange.lastTradePrice(SYMBOL), lastPx);
  assert.equal(exchange.ticksOf(SYMBOL, lastPx), TICKS_MAX);
  const lines = [...exchange.snapshotLines()];
  assert.deepEqual([...Exchange.restore([TENCENT], lines).snapshotLines()], lines);
});

test("regrid: a new instrument is listed empty, and only once", () => {
  const exchange = new Exchange([TENCENT]);
  const grid = { ...gridOf(1n, 1n), symbol: "NEW", oddLotQty: null };
  const [event] = exchange.handle({ type: "SetGrid", symbol: "NEW", grid }).events;
  assert.deepEqual(event, { type: "GridSet", symbol: "NEW", grid, from: null });
  assert.equal(exchange.bestBid("NEW"), null);
  assert.ok(event !== undefined);
  assert.throws(() => exchange.apply(event), /a book is regridded, a new one is listed/);
});

const anySide = fc.constantFrom(Side.Buy, Side.Sell);
const anyStep = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(anySide, fc.integer({ min: 1, max: 40 }), fc.nat({ max: 12 })) },
  {
    weight: 2,
    arbitrary: fc.record({ side: anySide, stop: fc.integer({ min: 1, max: 40 }), lots: fc.nat(9) }),
  },
  { weight: 1, arbitrary: fc.record({ odd: fc.nat({ max: 99 }), side: anySide }) },
  {
    weight: 2,
    arbitrary: fc.record({
      ticks: fc.constantFrom(1n, 2n, 3n, 5n, 10n),
      lots: fc.constantFrom(10n, 50n, 100n, 150n, 200n),
    }),
  },
);

test("regrid: after any orders and any grids the book is the naive book, and is rebuilt", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
      const twins = new Twins();
      const onGrid = (ticks: number) =>
        BigInt(ticks) * (twins.exchange.gridOf(SYMBOL).priceTick / CENT);
      const lot = () => twins.exchange.gridOf(SYMBOL).lotQty / ONE;
      for (const step of steps) {
        if (Array.isArray(step)) {
          const [side, ticks, lots] = step;
          twins.handle(limit(side, onGrid(ticks), lot() * BigInt(lots + 1)));
        } else if ("stop" in step) {
          const [stopPx, price] = [onGrid(step.stop), onGrid(step.stop)];
          const more = { ordType: OrdType.StopLimit, stopPx: (stopPx * CENT) as Price };
          twins.handle(limit(step.side, price, lot() * BigInt(step.lots + 1), more));
        } else if ("odd" in step) {
          const shares = (BigInt(step.odd) % (lot() - 1n)) + 1n;
          twins.handle(limit(step.side, onGrid(7), shares));
        } else {
          const grid = gridOf(step.ticks, step.lots);
          twins.cancelUnfit(grid);
          twins.handle(setGrid(step.ticks, step.lots));
        }
      }
      twins.assertRebuilt();
    }),
    { numRuns: 1000 },
  );
});
