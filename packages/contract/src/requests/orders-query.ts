/**
 * The query string of `GET /trade/v1/orders`. Order of checks: encoding, unknown or repeated names
 * in the order written, then the values in the order of {@link ORDERS_QUERY_NAMES}.
 */

import type { ClOrdId, MarketName, OrderId, Side } from "@countermand/core/model";
import { type Fault, isFault } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import {
  MARKET_WORDS,
  ORDER_SIDE_WORDS,
  ORDER_STATUS_WORDS,
  ORDERS_STATES,
  type OrdersState,
  type WireStatus,
  WordTable,
} from "../names.ts";
import { fieldNames } from "../schema/json-schema.ts";
import { ORDERS_QUERY } from "../schema/request-schemas.ts";
import { present } from "./fields.ts";
import { type PageQuery, type QueryReader, queryReader, type TimesQuery } from "./query-reader.ts";

/** Filters and page of an order list; an absent filter takes every order. */
export interface OrdersQuery extends PageQuery, TimesQuery {
  readonly market?: MarketName;
  readonly portfolioId?: string;
  readonly orderId?: OrderId;
  readonly clOrdId?: ClOrdId;
  /** Compare with `wireStatus(order)`. */
  readonly status?: WireStatus;
  readonly symbol?: string;
  readonly side?: Side;
  /** Both unless given. */
  readonly state?: OrdersState;
}

const STATE_WORDS = new WordTable<OrdersState>(ORDERS_STATES.map((state) => [state, state]));
const ORDERS_QUERY_NAMES: readonly string[] = fieldNames(ORDERS_QUERY);

/** The raw query without "?"; a parameter with an empty value counts as absent. */
export function decodeOrdersQuery(rawQuery: string): OrdersQuery | Fault {
  const reader = queryReader(rawQuery, ORDERS_QUERY_NAMES);
  return isFault(reader) ? reader : reader.result(readOrdersQuery(reader));
}

/** What every list of orders takes; the reader has the first fault. */
export function readOrdersQuery(reader: QueryReader): OrdersQuery {
  return present({
    market: reader.word("market", MARKET_WORDS, "INVALID_MARKET"),
    ...reader.times(),
    portfolioId: reader.text("portfolio_id", LIMITS.portfolioIdCharactersMax.value),
    ...reader.page("page_index", "page_size"),
    orderId: reader.orderId(),
    clOrdId: reader.clOrdId("reference_id"),
    status: reader.word("order_status", ORDER_STATUS_WORDS),
    symbol: reader.text("symbol", LIMITS.symbolCharactersMax.value),
    side: reader.word("order_side", ORDER_SIDE_WORDS),
    state: reader.word("state", STATE_WORDS),
  });
}
