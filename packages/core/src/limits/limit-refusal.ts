/**
 * Whether an order keeps to a row of limits. Asked after the desk's own checks and before anything
 * is reserved or sent. Checks run in the order of the table below: first what no time and no cancel
 * would change, then what the account has open, the rate last.
 *
 * An amend is asked about what it raises only: one that makes an order smaller or cheaper is never
 * refused, whatever the limits have become.
 */
import { amountOf, formatDecimal, ONE, type Price } from "../model/decimal.ts";
import type { Order } from "../model/order.ts";
import { type Refusal, type RefusalName, refuse } from "../model/refusal.ts";
import { ORD_TYPES } from "../order/ord-types.ts";
import { isWaiting } from "../order/order.ts";
import { valuationPx } from "./exposure.ts";
import { amountLimit, type LimitName, type LimitSet } from "./limit-set.ts";

/** Whose row it is; said in the refusal. */
export type LimitScope = "account" | "key";

/** What the limits are held against. A method is asked only where its limit is set. */
export interface LimitFacts {
  readonly scope: LimitScope;
  /** The order as it works now; null for a new one. */
  readonly before: Order | null;
  /** The order as it would be sent to the venue. */
  readonly order: Order;
  readonly currency: string;
  /** Where the market stands for the order's side; null when nobody knows. */
  marketPx(): Price | null;
  /** Milliseconds since the same order was accepted; null when it was not, or long ago. */
  sinceSameMs(): number | null;
  openOrderCount(): number;
  /** In the order's currency: as it is, and as it would be with the order. */
  grossExposure(): { readonly before: bigint; readonly after: bigint };
  /** Milliseconds until the rate allows another order; 0 when it does now. */
  rateWaitMs(): number;
}

interface Check {
  readonly limit: LimitName;
  readonly refused: RefusalName;
  /** Null where the order keeps to the limit, or where there is none. */
  readonly refusal: (limits: LimitSet, facts: LimitFacts) => Refusal | null;
}

export const LIMIT_CHECKS: readonly Check[] = [
  { limit: "orderQty", refused: "ORDER_QTY_LIMIT", refusal: orderQtyRefusal },
  { limit: "orderValue", refused: "ORDER_VALUE_LIMIT", refusal: orderValueRefusal },
  { limit: "priceDistance", refused: "PRICE_DISTANCE_LIMIT", refusal: priceDistanceRefusal },
  { limit: "duplicateMs", refused: "DUPLICATE_ORDER", refusal: duplicateRefusal },
  { limit: "openOrders", refused: "OPEN_ORDERS_LIMIT", refusal: openOrdersRefusal },
  { limit: "grossExposure", refused: "GROSS_EXPOSURE_LIMIT", refusal: grossExposureRefusal },
  { limit: "orderRate", refused: "ORDER_RATE_LIMIT", refusal: orderRateRefusal },
];

/** The first limit that the order does not keep to, or null. */
export function limitRefusal(limits: LimitSet, facts: LimitFacts): Refusal | null {
  for (const { limit, refusal } of LIMIT_CHECKS) {
    if (limits[limit] === null) continue;
    const refused = refusal(limits, facts);
    if (refused !== null) return refused;
  }
  return null;
}

function orderQtyRefusal({ orderQty }: LimitSet, { scope, before, order }: LimitFacts) {
  if (orderQty === null || order.orderQty <= orderQty) return null;
  if (before !== null && order.orderQty <= before.orderQty) return null;
  const max = formatDecimal(orderQty);
  return refuse("ORDER_QTY_LIMIT", `qty is ${formatDecimal(order.orderQty)}; ${most(scope, max)}`);
}

function orderValueRefusal({ orderValue }: LimitSet, facts: LimitFacts): Refusal | null {
  const { scope, before, order, currency } = facts;
  const max = orderValue === null ? null : amountLimit(orderValue, currency);
  if (max === null) return null;
  const value = orderAmt(order, facts);
  if (value <= max || (before !== null && value <= orderAmt(before, facts))) return null;
  const details = `the order is worth ${formatDecimal(value)} ${currency}`;
  return refuse("ORDER_VALUE_LIMIT", `${details}; ${most(scope, formatDecimal(max))}`);
}

/** While a stop order waits, it is measured from its trigger: there the market will stand. */
function priceDistanceRefusal({ priceDistance }: LimitSet, facts: LimitFacts): Refusal | null {
  const { scope, before, order } = facts;
  if (priceDistance === null || !ORD_TYPES[order.ordType].priced) return null;
  const waits = isWaiting(order);
  if (before !== null && before.price === order.price && before.stopPx === order.stopPx) {
    return null;
  }
  const startPx = waits ? order.stopPx : facts.marketPx();
  if (startPx === null) return null;
  const distance = order.price > startPx ? order.price - startPx : startPx - order.price;
  if (distance * ONE <= priceDistance * startPx) return null;
  const [px, start] = [order.price, startPx].map(formatDecimal);
  const from = waits ? "the trigger" : "the market";
  const max = most(scope, `${formatDecimal(priceDistance * 100n)} %`);
  return refuse("PRICE_DISTANCE_LIMIT", `price ${px} is too far from ${from}, ${start}; ${max}`);
}

function duplicateRefusal({ duplicateMs }: LimitSet, facts: LimitFacts): Refusal | null {
  if (duplicateMs === null || facts.before !== null) return null;
  const sinceMs = facts.sinceSameMs();
  if (sinceMs === null || sinceMs >= duplicateMs) return null;
  const details =
    `the same order was accepted ${sinceMs} ms ago; ` +
    `the ${facts.scope} takes it again after ${duplicateMs} ms`;
  return refuse("DUPLICATE_ORDER", details);
}

function openOrdersRefusal({ openOrders }: LimitSet, facts: LimitFacts): Refusal | null {
  if (openOrders === null || facts.before !== null) return null;
  const count = facts.openOrderCount();
  if (count < openOrders) return null;
  return refuse("OPEN_ORDERS_LIMIT", `${count} are open; ${most(facts.scope, openOrders)}`);
}

function grossExposureRefusal({ grossExposure }: LimitSet, facts: LimitFacts): Refusal | null {
  const max = grossExposure === null ? null : amountLimit(grossExposure, facts.currency);
  if (max === null) return null;
  const { before, after } = facts.grossExposure();
  if (after <= max || after <= before) return null;
  const details = `exposure would be ${formatDecimal(after)} ${facts.currency}`;
  return refuse("GROSS_EXPOSURE_LIMIT", `${details}; ${most(facts.scope, formatDecimal(max))}`);
}

function orderRateRefusal({ orderRate }: LimitSet, facts: LimitFacts): Refusal | null {
  if (orderRate === null || facts.rateWaitMs() === 0) return null;
  return refuse("ORDER_RATE_LIMIT", `${most(facts.scope, orderRate)} orders in a second`);
}

/** The whole order's value. A sell at any price is worth what the market pays. */
function orderAmt(order: Order, facts: LimitFacts): bigint {
  const px = valuationPx(order) || (facts.marketPx() ?? (0n as Price));
  return amountOf(px, order.orderQty);
}

function most(scope: LimitScope, max: string | number): string {
  return `the ${scope} may have at most ${max}`;
}
