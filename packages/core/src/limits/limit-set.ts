/**
 * The limits that an order meets before it is sent to the venue, as one row of figures. An account
 * has such a row and a key has one, and an order keeps to both.
 */

/** A largest amount for each currency; one that is not named has that of {@link ANY_CURRENCY}. */
export type AmountLimits = ReadonlyMap<string, bigint>;

export const ANY_CURRENCY = "*";

/** Null is no limit. Quantities, amounts and ratios are in 10^-8. */
export interface LimitSet {
  /** Largest OrderQty. */
  readonly orderQty: bigint | null;
  /** Largest OrderQty x price, in the instrument's currency. */
  readonly orderValue: AmountLimits | null;
  /** Largest distance between an order's price and the market's, as a part of the latter. */
  readonly priceDistance: bigint | null;
  /** Milliseconds in which the same order again is taken for a mistake. */
  readonly duplicateMs: number | null;
  /** Most orders that work at a time. */
  readonly openOrders: number | null;
  /** Largest sum of what is held and of what is ordered, in each currency. */
  readonly grossExposure: AmountLimits | null;
  /** New orders and amends in a second; as many may come at once. */
  readonly orderRate: number | null;
}

export type LimitName = keyof LimitSet;

export const NO_LIMITS: LimitSet = {
  orderQty: null,
  orderValue: null,
  priceDistance: null,
  duplicateMs: null,
  openOrders: null,
  grossExposure: null,
  orderRate: null,
};

/** The limit of a currency, or null where it has none. */
export function amountLimit(limits: AmountLimits, currency: string): bigint | null {
  return limits.get(currency) ?? limits.get(ANY_CURRENCY) ?? null;
}
