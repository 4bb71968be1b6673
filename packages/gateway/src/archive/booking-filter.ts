/**
 * Which bookings a list asks for: one definition, read by memory (`bookingWeight`) and by the
 * archive (`bookingWhere`). A property test proves that both agree.
 */
import { assert } from "@countermand/core/assert";
import type { ClOrdId, MarketName, OrderId, Side, UnixDay } from "@countermand/core/model";
import { type BookedEvent, type StatementEntry, statementEntryOf } from "@countermand/core/money";
import { IN_PORTFOLIOS, portfolioList } from "./order-filter.ts";
import { orderNumberOf } from "./order-number.ts";
import { traitTerms } from "./order-traits.ts";

/** An event that moved an account's money, at its position in the account's partition. */
export interface Booking {
  readonly seq: number;
  readonly event: BookedEvent;
}

/** Fills, one row each. An absent field filters nothing. */
export interface ExecutionFilter {
  readonly rows: "Executions";
  /** The name the order was placed with. */
  readonly market?: MarketName | undefined;
  readonly symbol?: string | undefined;
  readonly side?: Side | undefined;
  readonly orderId?: OrderId | undefined;
  readonly clOrdId?: ClOrdId | undefined;
  readonly portfolioId?: string | undefined;
  /** What the caller may know of; absent: all. */
  readonly portfolioIds?: ReadonlySet<string> | undefined;
  /** Unix seconds, inclusive. */
  readonly tradedFromS?: number | undefined;
  /** Unix seconds, inclusive: the whole second counts. */
  readonly tradedToS?: number | undefined;
}

/** Lines of a statement: a booking has several. An absent field filters nothing. */
export interface StatementFilter {
  readonly rows: "Lines";
  readonly cause?: StatementEntry["cause"] | undefined;
  readonly direction?: "In" | "Out" | undefined;
  /** Of the lines' date, inclusive. */
  readonly fromDate?: UnixDay | undefined;
  /** Of the lines' date, inclusive. */
  readonly toDate?: UnixDay | undefined;
}

export type BookingFilter = ExecutionFilter | StatementFilter;

/** How many rows of the list the booking is: zero when it does not match. */
export function bookingWeight(event: BookedEvent, filter: BookingFilter): number {
  if (filter.rows === "Lines") return lineCount(event, filter);
  if (event.type !== "ExecutionReported") return 0;
  const { order } = event;
  const tradedS = tradedSecond(event);
  const isMatch =
    matches(order.market, filter.market) &&
    matches(order.symbol, filter.symbol) &&
    matches(order.side, filter.side) &&
    matches(order.orderId, filter.orderId) &&
    matches(order.clOrdId, filter.clOrdId) &&
    matches(order.portfolioId, filter.portfolioId) &&
    filter.portfolioIds?.has(order.portfolioId) !== false &&
    (filter.tradedFromS === undefined || tradedS >= filter.tradedFromS) &&
    (filter.tradedToS === undefined || tradedS <= filter.tradedToS);
  return isMatch ? 1 : 0;
}

/** The second of a trade: what the wire shows. Precondition: the booking is one. */
export function tradedSecond(event: BookedEvent): number {
  assert(event.type === "ExecutionReported", "a trade is reported");
  return Math.floor(event.order.updatedAtMs / 1000);
}

function lineCount(event: BookedEvent, filter: StatementFilter): number {
  const { cause, date, inCount, outCount } = statementEntryOf(event);
  const isMatch =
    matches(cause, filter.cause) &&
    (filter.fromDate === undefined || date >= filter.fromDate) &&
    (filter.toDate === undefined || date <= filter.toDate);
  if (!isMatch) return 0;
  if (filter.direction === undefined) return inCount + outCount;
  return filter.direction === "In" ? inCount : outCount;
}

/** A condition over the columns of bookings, and what a row counts for. */
export interface BookingCondition {
  /** bookings, by the index to use: alone, SQLite would walk all rows. */
  readonly table: string;
  /** Of the columns that pick rows by the index; begins with " AND " unless it is empty. */
  readonly indexed: Terms;
  /** Everything but the times, those of `indexed` included. */
  readonly all: Terms;
  /** An expression over a row's columns: rows of the list. */
  readonly weight: string;
  /** The column that counts them from the account's first booking on. */
  readonly counter: "execution_no" | "line_no";
  /** Whether every booking within the times that weighs something matches. */
  readonly isWhole: boolean;
  /** Unix seconds of trades, inclusive. */
  readonly tradedFromS: number | undefined;
  readonly tradedToS: number | undefined;
}

export interface Terms {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** The filter for rows of the archive. */
export function bookingWhere(filter: BookingFilter): BookingCondition {
  return filter.rows === "Lines" ? linesWhere(filter) : executionsWhere(filter);
}

function executionsWhere(filter: ExecutionFilter): BookingCondition {
  const { orderId, tradedFromS, tradedToS } = filter;
  const orderNumber = orderId === undefined ? undefined : (orderNumberOf(orderId) ?? -1);
  const chosen = terms([
    ...traitTerms(filter),
    ["cl_ord_id = ?", filter.clOrdId],
    ["portfolio_id = ?", filter.portfolioId],
    [IN_PORTFOLIOS, portfolioList(filter.portfolioIds)],
  ]);
  const isOfOrder = orderNumber !== undefined;
  // The index holds the bookings of orders alone, and can be used where the condition says so.
  const indexed = terms([["order_number = ? AND order_number > 0", orderNumber]]);
  return {
    table: isOfOrder ? "bookings INDEXED BY bookings_by_order" : "bookings",
    indexed,
    all: {
      sql: ` AND cause = ${CAUSES.Trade}${indexed.sql}${chosen.sql}`,
      values: [...indexed.values, ...chosen.values],
    },
    weight: "1",
    counter: "execution_no",
    isWhole: !isOfOrder && chosen.values.length === 0,
    tradedFromS,
    tradedToS,
  };
}

function linesWhere({ cause, direction, fromDate, toDate }: StatementFilter): BookingCondition {
  const chosen = terms([
    ["cause = ?", cause === undefined ? undefined : CAUSES[cause]],
    ["date >= ?", fromDate],
    ["date <= ?", toDate],
  ]);
  const weight = direction === undefined ? "in_count + out_count" : DIRECTIONS[direction];
  return {
    table: "bookings",
    indexed: terms([]),
    all: { sql: `${chosen.sql} AND ${weight} > 0`, values: chosen.values },
    weight,
    counter: "line_no",
    isWhole: direction === undefined && chosen.values.length === 0,
    tradedFromS: undefined,
    tradedToS: undefined,
  };
}

/** What stands in the column `cause`. */
export const CAUSES: { readonly [C in StatementEntry["cause"]]: number } = {
  Opening: 0,
  Adjustment: 1,
  Trade: 2,
};

const DIRECTIONS = { In: "in_count", Out: "out_count" } as const;

function terms(
  optional: readonly (readonly [term: string, value: string | number | undefined])[],
): Terms {
  let sql = "";
  const values: (string | number)[] = [];
  for (const [term, value] of optional) {
    if (value === undefined) continue;
    sql += ` AND ${term}`;
    values.push(value);
  }
  return { sql, values };
}

function matches<T>(value: T, wanted: T | undefined): boolean {
  return wanted === undefined || value === wanted;
}
