/** Trades gathered by time: open, high, low, close and sums of each interval, exact. */
import { assert } from "../assert.ts";
import {
  type Amount,
  amountOf,
  type Price,
  type Qty,
  type Side,
  type UnixMs,
} from "../model/index.ts";

/** One trade as the public sees it. */
export interface Trade {
  readonly tradeNo: number;
  readonly price: Price;
  readonly qty: Qty;
  /** Null for a trade of an auction. */
  readonly aggressorSide: Side | null;
  readonly atMs: UnixMs;
}

export interface Candle {
  /** Unix seconds of the interval's first moment: a multiple of the interval. */
  readonly startSeconds: number;
  readonly open: Price;
  readonly high: Price;
  readonly low: Price;
  readonly close: Price;
  readonly volume: Qty;
  /** Sum of price x quantity. */
  readonly amount: Amount;
  readonly tradeCount: number;
}

/** Length of an interval in seconds. Days are those of UTC. */
export const CandleInterval = {
  Minute: 60,
  FiveMinutes: 300,
  Hour: 3600,
  Day: 86_400,
} as const;
export type CandleInterval = (typeof CandleInterval)[keyof typeof CandleInterval];

export const CANDLE_INTERVALS: readonly CandleInterval[] = Object.values(CandleInterval);

/**
 * Candles kept per symbol and interval; older ones are dropped. As many as one query may ask for.
 */
export const CANDLES_KEPT_MAX = 500;

/** Start of the interval that a time lies in, Unix seconds. */
export function candleStart(atMs: UnixMs, interval: CandleInterval): number {
  const seconds = Math.floor(atMs / 1000);
  return seconds - (seconds % interval);
}

/** The candles of one symbol and interval. An interval without a trade has none. */
export class CandleSeries {
  readonly interval: CandleInterval;
  /** Oldest first. */
  readonly #candles: Candle[] = [];

  constructor(interval: CandleInterval) {
    this.interval = interval;
  }

  get latest(): Candle | null {
    return this.#candles.at(-1) ?? null;
  }

  /** The newest ones, at most so many, oldest first. */
  newest(countMax: number): Candle[] {
    return this.#candles.slice(Math.max(0, this.#candles.length - countMax));
  }

  add(trade: Trade): void {
    const startSeconds = candleStart(trade.atMs, this.interval);
    const current = this.latest;
    if (current?.startSeconds === startSeconds) {
      this.#candles[this.#candles.length - 1] = continued(current, trade);
      return;
    }
    this.append(opened(startSeconds, trade));
  }

  /** Begins the next interval with this candle. */
  append(candle: Candle): void {
    const latestStart = this.latest?.startSeconds ?? Number.NEGATIVE_INFINITY;
    assert(latestStart < candle.startSeconds, "time of trades never runs backwards");
    assert(candle.startSeconds % this.interval === 0, "a candle starts with its interval");
    this.#candles.push(candle);
    if (this.#candles.length > CANDLES_KEPT_MAX) this.#candles.shift();
  }
}

function opened(startSeconds: number, { price, qty }: Trade): Candle {
  return {
    startSeconds,
    open: price,
    high: price,
    low: price,
    close: price,
    volume: qty,
    amount: amountOf(price, qty),
    tradeCount: 1,
  };
}

function continued(candle: Candle, { price, qty }: Trade): Candle {
  return {
    startSeconds: candle.startSeconds,
    open: candle.open,
    high: price > candle.high ? price : candle.high,
    low: price < candle.low ? price : candle.low,
    close: price,
    volume: (candle.volume + qty) as Qty,
    amount: (candle.amount + amountOf(price, qty)) as Amount,
    tradeCount: candle.tradeCount + 1,
  };
}
