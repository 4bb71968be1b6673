/**
 * Depth against the obvious model: a list of orders that is summed up anew whenever somebody asks.
 * Readers subscribe at any time with any number of levels and know only a snapshot and its changes.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { REFERENCE_INSTRUMENTS, Side, type UnixMs } from "../model/index.ts";
import type { DepthLevel } from "./depth-side.ts";
import type { DepthLevels, DepthView } from "./depth-view.ts";
import type { DepthChange, MarketBatch, TradePrint } from "./market-batch.ts";
import { type DepthRow, MarketData } from "./market-data.ts";

const INSTRUMENTS = REFERENCE_INSTRUMENTS.filter(({ symbol }) => /^(00700|BTC-USDT)$/.test(symbol));
const SYMBOLS = INSTRUMENTS.map(({ symbol }) => symbol);
const AT_MS = 1_746_774_142_000 as UnixMs;

interface NaiveOrder {
  readonly symbol: string;
  readonly side: Side;
  readonly ticks: number;
  readonly lots: number;
}

type SymbolChange = DepthChange & Pick<NaiveOrder, "symbol">;

/** Every change is one order that comes, goes or loses lots. */
class NaiveOrders {
  #orders: NaiveOrder[] = [];

  add(order: NaiveOrder): SymbolChange {
    this.#orders.push(order);
    return { ...placeOf(order), lots: order.lots, orderCount: 1 };
  }

  /** Null when there is nothing to take. */
  take(index: number, lotsMax: number): SymbolChange | null {
    const order = this.#orders[index % Math.max(1, this.#orders.length)];
    if (order === undefined) return null;
    const lots = Math.min(lotsMax, order.lots);
    const rest = { ...order, lots: order.lots - lots };
    this.#orders = this.#orders
      .map((each) => (each === order ? rest : each))
      .filter((each) => each.lots > 0);
    return { ...placeOf(order), lots: -lots, orderCount: rest.lots === 0 ? -1 : 0 };
  }

  best(symbol: string, side: Side, count: number): DepthLevel[] {
    const orders = this.#orders.filter((each) => each.symbol === symbol && each.side === side);
    const prices = [...new Set(orders.map(({ ticks }) => ticks))].sort((a, b) => a - b);
    if (side === Side.Buy) prices.reverse();
    return prices.slice(0, count).map((ticks) => {
      const queue = orders.filter((each) => each.ticks === ticks);
      return {
        ticks,
        lots: queue.reduce((sum, { lots }) => sum + lots, 0),
        orderCount: queue.length,
      };
    });
  }

  levels(symbol: string, count: number): DepthLevels {
    return { bids: this.best(symbol, Side.Buy, count), asks: this.best(symbol, Side.Sell, count) };
  }
}

/** Knows what it was sent and nothing else. */
class Reader {
  readonly symbol: string;
  readonly view: DepthView;
  #bids: Map<number, DepthLevel>;
  #asks: Map<number, DepthLevel>;

  constructor(symbol: string, view: DepthView) {
    this.symbol = symbol;
    this.view = view;
    this.#bids = new Map(view.levels.bids.map((level) => [level.ticks, level]));
    this.#asks = new Map(view.levels.asks.map((level) => [level.ticks, level]));
  }

  read({ bids, asks }: DepthLevels): void {
    for (const [held, levels] of [
      [this.#bids, bids],
      [this.#asks, asks],
    ] as const) {
      for (const level of levels) {
        if (level.orderCount === 0) assert.ok(held.delete(level.ticks), "only what is held goes");
        else held.set(level.ticks, level);
      }
    }
  }

  get levels(): DepthLevels {
    return {
      bids: [...this.#bids.values()].sort((a, b) => b.ticks - a.ticks),
      asks: [...this.#asks.values()].sort((a, b) => a.ticks - b.ticks),
    };
  }
}

type Step =
  | { readonly do: "add"; readonly order: NaiveOrder }
  | { readonly do: "take"; readonly index: number; readonly lots: number }
  | { readonly do: "subscribe"; readonly symbol: string; readonly levels: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("add" as const),
      order: fc.record({
        symbol: fc.constantFrom(...SYMBOLS),
        side: fc.constantFrom(Side.Buy, Side.Sell),
        ticks: fc.integer({ min: 1, max: 12 }),
        lots: fc.integer({ min: 1, max: 5 }),
      }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("take" as const),
      index: fc.nat(50),
      lots: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("subscribe" as const),
      symbol: fc.constantFrom(...SYMBOLS),
      levels: fc.integer({ min: 1, max: 6 }),
    }),
  },
);

test("market data: a snapshot and the changes since are the book at every seq", () => {
  fc.assert(
    fc.property(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 40 }), (commands) => {
      const data = new MarketData(INSTRUMENTS);
      const naive = new NaiveOrders();
      const readers: Reader[] = [];
      for (const steps of commands) {
        const changes = steps.flatMap((each) => changeOf(naive, each));
        for (const symbol of SYMBOLS) {
          const seq = data.seq(symbol);
          const ofSymbol = changes.filter((each) => each.symbol === symbol);
          const update = data.apply({ symbol, atMs: AT_MS, changes: ofSymbol, trades: [] });
          assert.equal(update?.seq ?? null, ofSymbol.length === 0 ? null : seq + 1);
          assert.equal(data.seq(symbol), update?.seq ?? seq);
          assert.deepEqual(data.view(symbol, 5).levels, naive.levels(symbol, 5));
        }
        for (const reader of readers) {
          const change = reader.view.advance();
          if (change !== null) reader.read(change);
          assert.deepEqual(reader.levels, naive.levels(reader.symbol, reader.view.levelCountMax));
          assert.deepEqual(reader.view.levels, reader.levels);
        }
        for (const each of steps) {
          if (each.do !== "subscribe") continue;
          readers.push(new Reader(each.symbol, data.view(each.symbol, each.levels)));
        }
      }
    }),
    { numRuns: 150 },
  );
});

test("market data: a view's change names only prices that changed", () => {
  const data = new MarketData(INSTRUMENTS);
  data.apply(
    batch([change(Side.Buy, 10, 3, 1), change(Side.Buy, 9, 1, 1), change(Side.Sell, 12, 2, 1)]),
  );
  const view = data.view("00700", 2);
  assert.equal(view.advance(), null);

  data.apply(batch([change(Side.Buy, 11, 5, 2)]));
  assert.deepEqual(view.advance(), { bids: [level(11, 5, 2), level(9, 0, 0)], asks: [] });

  // Behind the view's last price nothing is seen of it.
  data.apply(batch([change(Side.Buy, 8, 7, 1)]));
  assert.equal(view.advance(), null);

  // What moves up into the view comes with its total.
  data.apply(batch([change(Side.Buy, 11, -5, -2), change(Side.Sell, 12, -1, 0)]));
  assert.deepEqual(view.advance(), {
    bids: [level(11, 0, 0), level(9, 1, 1)],
    asks: [level(12, 1, 1)],
  });
});

test("market data: a command that ends where it began has a seq and no change", () => {
  const data = new MarketData(INSTRUMENTS);
  data.apply(batch([change(Side.Buy, 10, 3, 1)]));
  const view = data.view("00700", 5);
  // An order that is replaced at its price loses its place there, not its quantity.
  const update = data.apply(batch([change(Side.Buy, 10, -3, -1), change(Side.Buy, 10, 3, 1)]));
  assert.deepEqual(update, { symbol: "00700", seq: 2, atMs: AT_MS, trades: [] });
  assert.equal(view.advance(), null);
});

test("market data: each symbol has a seq of its own, which trades alone move on as well", () => {
  const data = new MarketData(INSTRUMENTS);
  data.apply(batch([change(Side.Buy, 10, 1, 1)]));
  const symbol = "BTC-USDT";
  const terms = { tradeNo: 1, ticks: 5, lots: 2, aggressorSide: Side.Sell };
  const print: TradePrint = { symbol, ...terms, atMs: AT_MS };
  const update = data.apply({ symbol, atMs: AT_MS, changes: [], trades: [print] });
  assert.deepEqual([update?.symbol, update?.seq, update?.trades.length], [symbol, 1, 1]);
  assert.equal(data.changedAtMs(symbol), AT_MS);
  assert.equal(data.seq("00700"), 1);
  assert.equal(data.apply({ symbol, atMs: AT_MS, changes: [], trades: [] }), null);
  assert.equal(data.seq(symbol), 1);
});

test("market data: depth comes in prices and quantities, and is taken over as it stands", () => {
  const data = new MarketData(INSTRUMENTS);
  data.apply(batch([change(Side.Buy, 42383, 10, 2), change(Side.Sell, 42400, 1, 1)]));
  const rows: DepthRow[] = [[42_383_000_000n, 100_000_000_000n, 2] as unknown as DepthRow];
  assert.deepEqual(data.depth("00700", 5).bids, rows);

  const restarted = new MarketData(INSTRUMENTS);
  restarted.loadDepth("00700", data.view("00700", 50).levels);
  assert.equal(restarted.seq("00700"), 0);
  assert.deepEqual(restarted.depth("00700", 50), data.depth("00700", 50));
  restarted.apply(batch([change(Side.Sell, 42400, -1, -1)]));
  assert.deepEqual(restarted.depth("00700", 50).asks, []);
});

test("market data: what contradicts the book is a bug", () => {
  const data = new MarketData(INSTRUMENTS);
  data.apply(batch([change(Side.Buy, 10, 3, 1)]));
  assert.throws(() => data.apply(batch([change(Side.Buy, 10, -4, -1)])), /total is exact/);
  assert.throws(() => data.apply(batch([change(Side.Sell, 10, 1, 0)])), /lots when it has orders/);
  assert.throws(() => data.apply(batch([change(Side.Sell, 0, 1, 1)])), /whole number of ticks/);
  assert.throws(() => data.seq("X"), /the symbol is listed/);
});

function changeOf(naive: NaiveOrders, each: Step): SymbolChange[] {
  if (each.do === "add") return [naive.add(each.order)];
  const taken = each.do === "take" ? naive.take(each.index, each.lots) : null;
  return taken === null ? [] : [taken];
}

function placeOf({ symbol, side, ticks }: NaiveOrder) {
  return { symbol, side, ticks };
}

function batch(changes: readonly DepthChange[]): MarketBatch {
  return { symbol: "00700", atMs: AT_MS, changes, trades: [] };
}

function change(side: Side, ticks: number, lots: number, orderCount: number): DepthChange {
  return { side, ticks, lots, orderCount };
}

function level(ticks: number, lots: number, orderCount: number): DepthLevel {
  return { ticks, lots, orderCount };
}
