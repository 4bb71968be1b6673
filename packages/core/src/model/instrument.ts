import { assert } from "../assert.ts";
import { amountOf, ONE, type Price, type Qty } from "./decimal.ts";
import { MarketName } from "./enums.ts";

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
export function isOddLot(instrument: Instrument, orderQty: bigint): boolean {
  return instrument.oddLotQty !== null && orderQty < instrument.lotQty;
}

/** Throws unless the grid is sound: exact amounts, and safe integers inside the book. */
export function assertInstrument(instrument: Instrument): void {
  const { priceTick, priceMax, lotQty, oddLotQty, orderQtyMax, markets } = instrument;
  assert(markets.length > 0, "an instrument is listed under a market name");
  assert(
    markets.every((market) => marketGroupOf(market) === instrument.marketGroup),
    "all market names of an instrument are of its group",
  );
  assert(priceTick > 0n && lotQty > 0n, "tick and lot are positive");
  assert(priceMax % priceTick === 0n && orderQtyMax % lotQty === 0n, "maxima lie on the grid");
  assert(priceMax / priceTick <= TICKS_MAX, "prices in ticks are safe integers");
  assert(orderQtyMax / lotQty <= LOTS_MAX, "quantities in lots are safe integers");
  amountOf(priceTick, lotQty);
  if (oddLotQty === null) return;
  assert(oddLotQty > 0n && oddLotQty % ONE === 0n, "odd lots are whole units");
  assert(oddLotQty < lotQty && lotQty % oddLotQty === 0n, "odd lots divide the board lot");
}
