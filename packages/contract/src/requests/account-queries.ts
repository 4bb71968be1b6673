/**
 * The query strings of the account's routes. Order of checks: encoding, unknown or repeated names
 * in the order written, then the values in the order of the names below.
 */

import type { MarketName, UnixDay } from "@countermand/core/model";
import { type Fault, isFault } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import {
  BUSINESS_TYPE_WORDS,
  type BusinessType,
  IO_TYPE_WORDS,
  type IoType,
  MARKET_WORDS,
  SECURITY_TYPE_WORDS,
  type SecurityType,
} from "../names.ts";
import { fieldNames } from "../schema/json-schema.ts";
import { POSITIONS_QUERY, TRANSACTIONS_QUERY } from "../schema/request-schemas.ts";
import { present } from "./fields.ts";
import { type PageQuery, queryReader } from "./query-reader.ts";

/** Filters and page of a position list; an absent filter takes all. */
export interface PositionsQuery extends PageQuery {
  readonly market?: MarketName;
  /** Compare with `securityTypeOf(position.market)`. */
  readonly securityType?: SecurityType;
  /** Positions belong to the account: none is of a portfolio. */
  readonly portfolioId?: string;
}

/** Filters and page of a statement; an absent filter takes all. */
export interface TransactionsQuery extends PageQuery {
  /** Compare with `businessTypeOf(transaction)`. */
  readonly businessType?: BusinessType;
  /** Compare with `ioTypeOf(transaction)`. */
  readonly ioType?: IoType;
  /** Of the lines' `date`, inclusive. */
  readonly fromDate?: UnixDay;
  /** Of the lines' `date`, inclusive; not before fromDate. */
  readonly toDate?: UnixDay;
}

const POSITIONS_QUERY_NAMES = fieldNames(POSITIONS_QUERY);

const TRANSACTIONS_QUERY_NAMES = fieldNames(TRANSACTIONS_QUERY);

/** `GET /account/v1/balance` takes no parameters: null when there are none. */
export function decodeBalanceQuery(rawQuery: string): Fault | null {
  const reader = queryReader(rawQuery, []);
  return isFault(reader) ? reader : null;
}

/** `GET /account/v1/positions`; the raw query without "?". */
export function decodePositionsQuery(rawQuery: string): PositionsQuery | Fault {
  const reader = queryReader(rawQuery, POSITIONS_QUERY_NAMES);
  if (isFault(reader)) return reader;
  const query = {
    market: reader.word("market", MARKET_WORDS, "INVALID_MARKET"),
    securityType: reader.word("security_type", SECURITY_TYPE_WORDS),
    portfolioId: reader.text("portfolio_id", LIMITS.portfolioIdCharactersMax.value),
    ...reader.page("page", "page_size"),
  };
  return reader.result(present(query));
}

/** `GET /account/v1/transactions`; the raw query without "?". */
export function decodeTransactionsQuery(rawQuery: string): TransactionsQuery | Fault {
  const reader = queryReader(rawQuery, TRANSACTIONS_QUERY_NAMES);
  if (isFault(reader)) return reader;
  const query = {
    ...reader.page("page", "page_size"),
    businessType: reader.word("business_type", BUSINESS_TYPE_WORDS),
    ioType: reader.word("io_type", IO_TYPE_WORDS),
    fromDate: reader.date("from_date"),
    toDate: reader.date("to_date"),
  };
  const { fromDate, toDate } = query;
  if (fromDate !== undefined && toDate !== undefined && toDate < fromDate) {
    reader.refuse("to_date lies before from_date");
  }
  return reader.result(present(query));
}
