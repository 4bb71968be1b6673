/**
 * What is remembered of trades: the last ones and the candles of every symbol. A fold of trades
 * alone, so it is rebuilt from those that the journal holds.
 */
import { assert } from "../assert.ts";
import {
  type Amount,
  type Price,
  type Qty,
  type UnixMs,
  ZERO_AMOUNT,
  ZERO_PRICE,
  ZERO_QTY,
} from "../model/index.ts";
import {
  CANDLE_INTERVALS,
  type Candle,
  CandleInterval,
  CandleSeries,
  candleStart,
  type Trade,
} from "./candles.ts";
import type { GridChange, TradePrint } from "./market-batch.ts";

/** Trades kept per symbol; older ones are dropped. As many as one query may ask for. */
export const TRADES_KEPT_MAX = 500;

/** Where a symbol stands. Prices are zero while there is no trade to take them from. */
export interface Ticker {
  readonly lastPrice: Price;
  readonly lastQty: Qty;
  /** Time of the last trade; 0 before the first. */
  readonly lastAtMs: UnixMs;
  /** Close of the latest day before today that had a trade. */
  readonly previousClose: Price;
  /** Of today, a day of UTC. */
  readonly dayOpen: Price;
  readonly dayHigh: Price;
  readonly dayLow: Price;
  readonly dayVolume: Qty;
  readonly dayAmount: Amount;
  readonly dayTradeCount: number;
}

type Grid = Pick<GridChange, "priceTick" | "lotQty">;

interface SymbolTape {
  grid: Grid;
  /** Oldest first. */
  readonly trades: Trade[];
  readonly series: ReadonlyMap<CandleInterval, CandleSeries>;
}

export class TradeTape {
  readonly #tapes: Map<string, SymbolTape>;

  constructor(instruments: readonly GridChange[]) {
    const sorted = instruments.toSorted((a, b) => (a.symbol < b.symbol ? -1 : 1));
    this.#tapes = new Map(sorted.map((instrument) => [instrument.symbol, newTape(instrument)]));
  }

  /** Trades from here on are counted in these steps; of a symbol that is new, from its first on. */
  setGrid({ symbol, priceTick, lotQty }: GridChange): void {
    const tape = this.#tapes.get(symbol);
    if (tape === undefined) this.#tapes.set(symbol, newTape({ priceTick, lotQty }));
    else tape.grid = { priceTick, lotQty };
  }

  /** Folds one trade. Precondition: it is later than every trade of its symbol before it. */
  apply(print: TradePrint): Trade {
    const { grid, trades, series } = this.#tape(print.symbol);
    const { tradeNo, aggressorSide, atMs } = print;
    const trade: Trade = {
      tradeNo,
      price: (BigInt(print.ticks) * grid.priceTick) as Price,
      qty: (BigInt(print.lots) * grid.lotQty) as Qty,
      aggressorSide,
      atMs,
    };
    assert(tradeNo > (trades.at(-1)?.tradeNo ?? 0), "trades are told in their order");
    assert(trade.price > 0n && trade.qty > 0n, "a trade has a price and a quantity");
    trades.push(trade);
    if (trades.length > TRADES_KEPT_MAX) trades.shift();
    for (const candles of series.values()) candles.add(trade);
    return trade;
  }

  /** Time of the latest trade of any symbol, 0 before the first: no clock may lie before it. */
  get latestAtMs(): UnixMs {
    let latest = 0 as UnixMs;
    for (const { trades } of this.#tapes.values()) {
      const atMs = trades.at(-1)?.atMs ?? latest;
      if (atMs > latest) latest = atMs;
    }
    return latest;
  }

  /** The newest trades, at most so many, oldest first. */
  trades(symbol: string, countMax: number): Trade[] {
    const { trades } = this.#tape(symbol);
    return trades.slice(Math.max(0, trades.length - countMax));
  }

  /** The newest candles, at most so many, oldest first. */
  candles(symbol: string, interval: CandleInterval, countMax: number): Candle[] {
    return this.#series(symbol, interval).newest(countMax);
  }

  /** `nowMs` is the exchange's time: it says which day is today. */
  ticker(symbol: string, nowMs: UnixMs): Ticker {
    const last = this.#tape(symbol).trades.at(-1);
    const days = this.#series(symbol, CandleInterval.Day).newest(2);
    const latest = days.at(-1);
    const isToday = latest?.startSeconds === candleStart(nowMs, CandleInterval.Day);
    const today = isToday ? latest : undefined;
    const before = isToday ? days.at(-2) : latest;
    return {
      lastPrice: last?.price ?? ZERO_PRICE,
      lastQty: last?.qty ?? ZERO_QTY,
      lastAtMs: last?.atMs ?? (0 as UnixMs),
      previousClose: before?.close ?? ZERO_PRICE,
      dayOpen: today?.open ?? ZERO_PRICE,
      dayHigh: today?.high ?? ZERO_PRICE,
      dayLow: today?.low ?? ZERO_PRICE,
      dayVolume: today?.volume ?? ZERO_QTY,
      dayAmount: today?.amount ?? ZERO_AMOUNT,
      dayTradeCount: today?.tradeCount ?? 0,
    };
  }

  #series(symbol: string, interval: CandleInterval): CandleSeries {
    const series = this.#tape(symbol).series.get(interval);
    assert(series !== undefined, "the interval is kept");
    return series;
  }

  #tape(symbol: string): SymbolTape {
    const tape = this.#tapes.get(symbol);
    assert(tape !== undefined, "the symbol is listed");
    return tape;
  }
}

function newTape({ priceTick, lotQty }: Grid): SymbolTape {
  const series = CANDLE_INTERVALS.map(
    (interval) => [interval, new CandleSeries(interval)] as const,
  );
  return { grid: { priceTick, lotQty }, trades: [], series: new Map(series) };
}
