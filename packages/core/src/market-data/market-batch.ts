/**
 * What the public sees of one command of the exchange. A port of its own: market data does not know
 * how the exchange's events look, only what they did to the books.
 */
import type { Price, Qty, Side, UnixMs } from "../model/index.ts";

/** Orders came to or left one price of one side. */
export interface DepthChange {
  readonly side: Side;
  /** Price in ticks of the instrument; positive. */
  readonly ticks: number;
  /** Added to the price's total. */
  readonly lots: number;
  /** Added to the number of orders at the price. */
  readonly orderCount: number;
}

/** One trade of the exchange. */
export interface TradePrint {
  readonly symbol: string;
  /** Rises from trade to trade of the exchange. */
  readonly tradeNo: number;
  readonly ticks: number;
  readonly lots: number;
  /** Side of the order that came in and traded; null for a trade of an auction. */
  readonly aggressorSide: Side | null;
  /** Time of the exchange, which never runs backwards. */
  readonly atMs: UnixMs;
}

/**
 * A symbol is traded from now on, or its prices and quantities are counted in other steps: the book
 * is what it was.
 */
export interface GridChange {
  readonly symbol: string;
  readonly priceTick: Price;
  readonly lotQty: Qty;
}

/** All that one command did to the symbol that it concerns, in the order in which it happened. */
export interface MarketBatch {
  readonly symbol: string;
  readonly atMs: UnixMs;
  readonly changes: readonly DepthChange[];
  readonly trades: readonly TradePrint[];
  /** Then there is nothing else in the batch; left out where there is none. */
  readonly grid?: GridChange;
}
