/**
 * The query string of `GET /trade/v1/orders`. Order of checks: encoding, unknown or repeated names
 * in the order written, then the values in the order of {@link ORDERS_QUERY_NAMES}.
 */
import type { ClOrdId, MarketName, OrderId, Side } from "@countermand/core/model";
import { type ErrorName, type Fault, fault } from "../errors.ts";
import { LIMITS, PAGE_SIZE_DEFAULT } from "../limits.ts";
import {
  MARKET_WORDS,
  ORDER_SIDE_WORDS,
  ORDER_STATUS_WORDS,
  type WireStatus,
  type WordTable,
} from "../names.ts";
import { shown } from "../shown.ts";
import { orderNoFault, textFault } from "./fields.ts";
import { nameQuery, parseQuery } from "./query-string.ts";

/** Filters and page of an order list; an absent filter takes every order. */
export interface OrdersQuery {
  readonly market?: MarketName;
  /** Unix seconds, inclusive. */
  readonly startTime?: number;
  /** Unix seconds, inclusive; not before startTime. */
  readonly endTime?: number;
  readonly portfolioId?: string;
  /** From 1. */
  readonly pageIndex: number;
  /** 1 to 100. */
  readonly pageSize: number;
  readonly orderId?: OrderId;
  readonly clOrdId?: ClOrdId;
  /** Compare with `wireStatus(order)`. */
  readonly status?: WireStatus;
  readonly symbol?: string;
  readonly side?: Side;
}

const ORDERS_QUERY_NAMES = [
  "market",
  "start_time",
  "end_time",
  "portfolio_id",
  "page_index",
  "page_size",
  "order_no",
  "reference_id",
  "order_status",
  "symbol",
  "order_side",
] as const;

/** Ten digits reach the year 2286; more digits are another unit. */
const UNIX_SECONDS_MAX = 9_999_999_999;
const INTEGER = /^(?:0|[1-9][0-9]{0,15})$/;

/** The raw query without "?"; a parameter with an empty value counts as absent. */
export function decodeOrdersQuery(rawQuery: string): OrdersQuery | Fault {
  const parameters = parseQuery(rawQuery);
  if (typeof parameters === "string") return fault("MALFORMED_QUERY", parameters);
  const named = nameQuery(parameters, ORDERS_QUERY_NAMES);
  if ("unknown" in named) {
    const names = ORDERS_QUERY_NAMES.join(", ");
    return fault("UNKNOWN_QUERY_PARAMETER", `${shown(named.unknown)} is not one of ${names}`);
  }
  if ("repeated" in named) {
    return fault("REPEATED_QUERY_PARAMETER", `${named.repeated} is given twice`);
  }
  return new OrdersQueryReader(named.values).read();
}

/** Reads one parameter after the other; the first fault stays and is the answer. */
class OrdersQueryReader {
  private readonly values: ReadonlyMap<string, string>;
  private fault: Fault | null = null;

  constructor(values: ReadonlyMap<string, string>) {
    this.values = values;
  }

  read(): OrdersQuery | Fault {
    const market = this.word("market", MARKET_WORDS, "INVALID_MARKET");
    const times = this.times();
    const portfolioId = this.text("portfolio_id", LIMITS.portfolioIdCharactersMax.value);
    const pageIndex = this.integer("page_index", 1, LIMITS.pageIndexMax.value);
    const pageSize = this.integer("page_size", 1, LIMITS.pageSizeMax.value);
    const orderId = this.orderId();
    const clOrdId = this.text("reference_id", LIMITS.referenceIdCharactersMax.value);
    const status = this.word("order_status", ORDER_STATUS_WORDS, "INVALID_QUERY_PARAMETER");
    const symbol = this.text("symbol", LIMITS.symbolCharactersMax.value);
    const side = this.word("order_side", ORDER_SIDE_WORDS, "INVALID_QUERY_PARAMETER");
    if (this.fault !== null) return this.fault;
    return {
      ...(market !== undefined && { market }),
      ...times,
      ...(portfolioId !== undefined && { portfolioId }),
      pageIndex: pageIndex ?? 1,
      pageSize: pageSize ?? PAGE_SIZE_DEFAULT,
      ...(orderId !== undefined && { orderId }),
      ...(clOrdId !== undefined && { clOrdId: clOrdId as ClOrdId }),
      ...(status !== undefined && { status }),
      ...(symbol !== undefined && { symbol }),
      ...(side !== undefined && { side }),
    };
  }

  private times(): Pick<OrdersQuery, "startTime" | "endTime"> {
    const startTime = this.seconds("start_time");
    const endTime = this.seconds("end_time");
    if (startTime === undefined) {
      if (endTime !== undefined) this.refuse("START_TIME_EMPTY", "end_time needs a start_time");
      return {};
    }
    if (endTime === undefined) return { startTime };
    if (endTime < startTime) {
      this.refuse("INVALID_QUERY_PARAMETER", "end_time lies before start_time");
    }
    return { startTime, endTime };
  }

  private seconds(name: string): number | undefined {
    const text = this.given(name);
    if (text !== undefined && INTEGER.test(text) && text.length === 13) {
      this.refuse(
        "INVALID_QUERY_PARAMETER",
        `${name} looks like milliseconds, seconds are expected`,
      );
      return undefined;
    }
    return this.integer(name, 0, UNIX_SECONDS_MAX);
  }

  private integer(name: string, min: number, max: number): number | undefined {
    const text = this.given(name);
    if (text === undefined) return undefined;
    const value = INTEGER.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    this.refuse(
      "INVALID_QUERY_PARAMETER",
      `${name} must be a whole number from ${min} to ${max}, not ${shown(text)}`,
    );
    return undefined;
  }

  private orderId(): OrderId | undefined {
    const text = this.given("order_no");
    const problem = text === undefined ? null : orderNoFault(text);
    if (problem !== null) this.refuse("INVALID_QUERY_PARAMETER", problem);
    return text as OrderId | undefined;
  }

  private text(name: string, charactersMax: number): string | undefined {
    const text = this.given(name);
    const problem = text === undefined ? null : textFault(name, text, charactersMax);
    if (problem !== null) this.refuse("INVALID_QUERY_PARAMETER", problem);
    return text;
  }

  private word<Value extends string>(
    name: string,
    table: WordTable<Value>,
    error: ErrorName,
  ): Value | undefined {
    const text = this.given(name);
    if (text === undefined) return undefined;
    const value = table.valueOf(text);
    if (value === undefined) {
      this.refuse(error, `${name} must be one of ${table.words.join(", ")}, not ${shown(text)}`);
    }
    return value;
  }

  private given(name: string): string | undefined {
    const text = this.values.get(name);
    return text === "" ? undefined : text;
  }

  private refuse(error: ErrorName, details: string): void {
    this.fault ??= fault(error, details);
  }
}
