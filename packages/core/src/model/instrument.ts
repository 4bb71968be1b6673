import { assert } from "../assert.ts";
import { amountOf, ONE, type Price, type Qty } from "./decimal.ts";
import type { MarketName } from "./enums.ts";

/** What can be traded, and the grid its prices and quantities lie on. */
export interface Instrument {
  /**
   * Symbol(55): text, its leading zeros are part of it. Unique over all markets of one exchange.
   */
  readonly symbol: string;
  /** SecurityDesc(107): display only. */
  readonly securityDesc: string;
  /** Currency(15) that prices and amounts are in. */
  readonly currency: string;
  /** The market names it is listed under; all of them mean the same book. */
  readonly markets: readonly MarketName[];
  /** Smallest step between two prices. */
  readonly priceTick: Price;
  readonly priceMax: Price;
  /** Board lot: order quantities are multiples of it. */
  readonly lotQty: Qty;
  readonly orderQtyMax: Qty;
}

/** Largest price in ticks: a safe integer with room to spare. */
export const TICKS_MAX = 1_000_000_000_000;
/**
 * Largest quantity in lots: nine million such orders at one price still add up to a safe integer.
 */
export const LOTS_MAX = 1_000_000_000;

/** Whether the market has whole units only (shares), as against divisible ones (coins). */
export function hasWholeUnits(instrument: Instrument): boolean {
  return instrument.lotQty % ONE === 0n;
}

/** Throws unless the grid is sound: exact amounts, and safe integers inside the book. */
export function assertInstrument(instrument: Instrument): void {
  const { priceTick, priceMax, lotQty, orderQtyMax } = instrument;
  assert(priceTick > 0n && lotQty > 0n, "tick and lot are positive");
  assert(priceMax % priceTick === 0n && orderQtyMax % lotQty === 0n, "maxima lie on the grid");
  assert(priceMax / priceTick <= TICKS_MAX, "prices in ticks are safe integers");
  assert(orderQtyMax / lotQty <= LOTS_MAX, "quantities in lots are safe integers");
  amountOf(priceTick, lotQty);
}
