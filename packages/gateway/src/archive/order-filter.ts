/**
 * Which orders a query asks for: one definition, read by memory (`matchesFilter`) and by the
 * archive (`filterWhere`). A property test proves that both agree.
 */
import {
  type ClOrdId,
  type MarketName,
  NO_CL_ORD_ID,
  type Order,
  type OrderId,
  type OrderPhase,
  OrdStatus,
  type Side,
} from "@countermand/core/model";
import { orderNumberOf } from "./order-number.ts";
import { traitTerms } from "./order-traits.ts";

/** The statuses a query knows: a pending new is New, a pending cancel keeps the status it had. */
export type FilterStatus = Exclude<
  OrdStatus,
  typeof OrdStatus.PendingNew | typeof OrdStatus.PendingCancel
>;

/** An absent field filters nothing. Texts are compared exactly and are well-formed Unicode. */
export interface OrderFilter {
  /** The name the order was placed with and shows, not the books behind it. */
  readonly market?: MarketName | undefined;
  readonly symbol?: string | undefined;
  readonly side?: Side | undefined;
  readonly portfolioId?: string | undefined;
  /** What the caller may know of; absent: all. */
  readonly portfolioIds?: ReadonlySet<string> | undefined;
  readonly ordStatus?: FilterStatus | undefined;
  /** Unix seconds, inclusive. */
  readonly createdFromS?: number | undefined;
  /** Unix seconds, inclusive: the whole second counts. */
  readonly createdToS?: number | undefined;
  readonly orderId?: OrderId | undefined;
  readonly clOrdId?: ClOrdId | undefined;
}

/** Whether the filter lets every order through. */
export function isUnfiltered(filter: OrderFilter): boolean {
  return Object.values(filter).every((value) => value === undefined);
}

/** Whether a closed order can match. */
export function admitsClosed({ ordStatus }: OrderFilter): boolean {
  return ordStatus !== OrdStatus.New && ordStatus !== OrdStatus.PartiallyFilled;
}

/**
 * Whether an order can match that is not closed: one that was filled or rejected while its cancel
 * is pending is neither working nor closed.
 */
export function admitsOpen({ ordStatus }: OrderFilter): boolean {
  return ordStatus !== OrdStatus.Canceled;
}

/** What of the filter picks rows by an index of the archive; the rest is checked row by row. */
export function indexedPart({ orderId, clOrdId }: OrderFilter): OrderFilter {
  return { orderId, clOrdId };
}

export function matchesFilter(order: Order, filter: OrderFilter): boolean {
  const { ordStatus, createdFromS, createdToS } = filter;
  const createdS = createdSecond(order);
  return (
    matches(order.orderId, filter.orderId) &&
    matches(order.clOrdId, filter.clOrdId) &&
    matches(order.market, filter.market) &&
    matches(order.symbol, filter.symbol) &&
    matches(order.side, filter.side) &&
    matches(order.portfolioId, filter.portfolioId) &&
    filter.portfolioIds?.has(order.portfolioId) !== false &&
    (ordStatus === undefined || statusOf(order) === ordStatus) &&
    (createdFromS === undefined || createdS >= createdFromS) &&
    (createdToS === undefined || createdS <= createdToS)
  );
}

/** The second an order was created in: what the wire shows. */
export function createdSecond(order: Pick<Order, "createdAtMs">): number {
  return Math.floor(order.createdAtMs / 1000);
}

/** A condition over the columns of closed_orders and the values of its parameters, in order. */
export interface FilterCondition {
  /** closed_orders, by the index to use: alone, SQLite would walk all rows. */
  readonly table: string;
  /** Begins with " AND " unless it is empty. */
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** The filter for rows of the archive. Precondition: {@link admitsClosed}. */
export function filterWhere(filter: OrderFilter): FilterCondition {
  const { side, market, symbol, ordStatus } = filter;
  const phase = ordStatus === undefined ? undefined : CLOSED_PHASES.get(ordStatus);
  const terms: readonly (readonly [term: string, value: string | number | undefined])[] = [
    ["order_number = ?", filter.orderId === undefined ? undefined : storedNumber(filter.orderId)],
    // The index holds no empty names, and can be used where the condition says so.
    [filter.clOrdId === NO_CL_ORD_ID ? "cl_ord_id = ?" : NAMED, filter.clOrdId],
    ["portfolio_id = ?", filter.portfolioId],
    [IN_PORTFOLIOS, portfolioList(filter.portfolioIds)],
    ...traitTerms({ side, phase, market, symbol }),
    ["created_s >= ?", filter.createdFromS],
    ["created_s <= ?", filter.createdToS],
  ];
  let sql = "";
  const values: (string | number)[] = [];
  for (const [term, value] of terms) {
    if (value === undefined) continue;
    sql += ` AND ${term}`;
    values.push(value);
  }
  const isNamed = filter.clOrdId !== undefined && filter.clOrdId !== NO_CL_ORD_ID;
  return { table: isNamed ? NAMED_ORDERS : "closed_orders", sql, values };
}

/** Of a row whose portfolio is in the JSON array that is its parameter. */
export const IN_PORTFOLIOS = "portfolio_id IN (SELECT value FROM json_each(?))";

/** The parameter of {@link IN_PORTFOLIOS}. */
export function portfolioList(portfolioIds: ReadonlySet<string> | undefined): string | undefined {
  return portfolioIds === undefined ? undefined : JSON.stringify([...portfolioIds]);
}

/** The orders of a client's name: the condition must say {@link NAMED}. */
export const NAMED_ORDERS = "closed_orders INDEXED BY closed_orders_by_cl_ord_id";
export const NAMED = "cl_ord_id = ? AND cl_ord_id <> ''";

/** What no order has stands for what no order can have. */
function storedNumber(orderId: OrderId): number {
  return orderNumberOf(orderId) ?? -1;
}

const CLOSED_PHASES: ReadonlyMap<OrdStatus, OrderPhase> = new Map([
  [OrdStatus.Filled, "Filled"],
  [OrdStatus.Canceled, "Canceled"],
  [OrdStatus.Rejected, "Rejected"],
]);

function matches<T>(value: T, wanted: T | undefined): boolean {
  return wanted === undefined || value === wanted;
}

function statusOf(order: Order): FilterStatus {
  switch (order.phase) {
    case "PendingNew":
    case "Open":
      return order.cumQty > 0n ? OrdStatus.PartiallyFilled : OrdStatus.New;
    default:
      return OrdStatus[order.phase];
  }
}
