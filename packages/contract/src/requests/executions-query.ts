/**
 * The query string of `GET /trade/v1/executions`. Order of checks: encoding, unknown or repeated
 * names in the order written, then the values in the order of {@link EXECUTIONS_QUERY_NAMES}.
 */

import type { ClOrdId, MarketName, OrderId, Side } from "@countermand/core/model";
import { type Fault, isFault } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { MARKET_WORDS, ORDER_SIDE_WORDS } from "../names.ts";
import { fieldNames } from "../schema/json-schema.ts";
import { EXECUTIONS_QUERY } from "../schema/request-schemas.ts";
import { present } from "./fields.ts";
import { type PageQuery, queryReader, type TimesQuery } from "./query-reader.ts";

/** Filters and page of an execution list, by time of trade; an absent filter takes all. */
export interface ExecutionsQuery extends PageQuery, TimesQuery {
  readonly market?: MarketName;
  readonly symbol?: string;
  readonly side?: Side;
  readonly orderId?: OrderId;
  readonly clOrdId?: ClOrdId;
  readonly portfolioId?: string;
}

const EXECUTIONS_QUERY_NAMES = fieldNames(EXECUTIONS_QUERY);

/** The raw query without "?"; a parameter with an empty value counts as absent. */
export function decodeExecutionsQuery(rawQuery: string): ExecutionsQuery | Fault {
  const reader = queryReader(rawQuery, EXECUTIONS_QUERY_NAMES);
  if (isFault(reader)) return reader;
  const query = {
    market: reader.word("market", MARKET_WORDS, "INVALID_MARKET"),
    symbol: reader.text("symbol", LIMITS.symbolCharactersMax.value),
    side: reader.word("order_side", ORDER_SIDE_WORDS),
    orderId: reader.orderId(),
    clOrdId: reader.clOrdId("reference_id"),
    portfolioId: reader.text("portfolio_id", LIMITS.portfolioIdCharactersMax.value),
    ...reader.times(),
    ...reader.page("page_index", "page_size"),
  };
  return reader.result(present(query));
}
