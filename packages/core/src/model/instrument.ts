import { assert } from "../assert.ts";
import { ONE, type Price, type Qty } from "./decimal.ts";
import { MarketName } from "./enums.ts";
import type { Order } from "./order.ts";

/** Markets that share trading days, charges and settlement: `nasdaq` is a name within `usex`. */
export type MarketGroup = Exclude<MarketName, typeof MarketName.Nasdaq>;

const MARKET_GROUPS: { readonly [M in MarketName]: MarketGroup } = {
  [MarketName.Hkex]: MarketName.Hkex,
  [MarketName.Usex]: MarketName.Usex,
  [MarketName.Nasdaq]: MarketName.Usex,
  [MarketName.Crypto]: MarketName.Crypto,
};

/** In the order in which markets come first where the order does not matter otherwise. */
export const MARKET_GROUP_NAMES: readonly MarketGroup[] = [
  MarketName.Hkex,
  MarketName.Usex,
  MarketName.Crypto,
];

export function marketGroupOf(market: MarketName): MarketGroup {
  return MARKET_GROUPS[market];
}

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
  /** What changes hands: the base of a coin pair (BTC of BTC-USDT), a share's own symbol. */
  readonly product: string;
  readonly marketGroup: MarketGroup;
  /** The market names it is listed under; all of them mean the same book. */
  readonly markets: readonly MarketName[];
  /** Smallest step between two prices. */
  readonly priceTick: Price;
  readonly priceMax: Price;
  /** Board lot: order quantities are multiples of it. */
  readonly lotQty: Qty;
  /** Step of quantities below the board lot (odd lots); null where the market takes none. */
  readonly oddLotQty: Qty | null;
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

/** Whether the quantity is an odd lot: less than a board lot, where the market takes that. */
export function isOddLot(
  instrument: Pick<Instrument, "lotQty" | "oddLotQty">,
  orderQty: bigint,
): boolean {
  return instrument.oddLotQty !== null && orderQty < instrument.lotQty;
}

/** Throws unless the grid is sound. */
export function assertInstrument(instrument: Instrument): void {
  const fault = instrumentFault(instrument);
  assert(fault === null, fault ?? "");
}

/** What is not sound about an instrument, or null: exact amounts, safe integers inside the book. */
export function instrumentFault(instrument: Instrument): string | null {
  const { priceTick, priceMax, lotQty, oddLotQty, orderQtyMax, markets } = instrument;
  if (markets.length === 0) return "an instrument is listed under a market name";
  if (markets.some((market) => marketGroupOf(market) !== instrument.marketGroup)) {
    return "all market names of an instrument are of its group";
  }
  if (priceTick <= 0n || lotQty <= 0n) return "tick and lot are positive";
  if (priceMax <= 0n || orderQtyMax <= 0n) return "maxima are positive";
  if (priceMax % priceTick !== 0n || orderQtyMax % lotQty !== 0n) return "maxima lie on the grid";
  if (priceMax / priceTick > TICKS_MAX) return "prices in ticks are safe integers";
  if (orderQtyMax / lotQty > LOTS_MAX) return "quantities in lots are safe integers";
  if ((priceTick * lotQty) % ONE !== 0n) return "price x quantity has at most 8 decimals";
  if (oddLotQty === null) return null;
  if (oddLotQty <= 0n || oddLotQty % ONE !== 0n) return "odd lots are whole units";
  if (oddLotQty >= lotQty || lotQty % oddLotQty !== 0n) return "odd lots divide the board lot";
  if (lotQty / oddLotQty > LOTS_MAX) return "quantities in odd lots are safe integers";
  return null;
}

/** Prices and quantities that an order of another grid has, and that another one must have, too. */
export type OrderGrid = Pick<Order, "price" | "stopPx" | "protectionPx" | "orderQty" | "cumQty">;

/**
 * Whether an order that works under one grid can work on under another: its prices are on the tick,
 * its quantities are whole lots, both within bounds, and it stays in its market.
 */
export function fitsGrid(order: OrderGrid, before: Instrument, after: Instrument): boolean {
  const { priceTick, priceMax, lotQty, oddLotQty, orderQtyMax } = after;
  const isOdd = isOddLot(before, order.orderQty);
  if (isOdd !== isOddLot(after, order.orderQty) || order.orderQty > orderQtyMax) return false;
  const step = isOdd ? oddLotQty : lotQty;
  if (step === null || order.orderQty % step !== 0n || order.cumQty % step !== 0n) return false;
  if (order.protectionPx % priceTick !== 0n) return false;
  return [order.price, order.stopPx].every((px) => px % priceTick === 0n && px <= priceMax);
}
