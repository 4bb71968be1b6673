/**
 * The query string of an operator's list of an account's orders: the client's own, in which a
 * `state` that is not given means open orders.
 */
import { type Fault, isFault } from "../errors.ts";
import type { OrdersState } from "../names.ts";
import { type OrdersQuery, readOrdersQuery } from "../requests/orders-query.ts";
import { queryReader } from "../requests/query-reader.ts";
import { fieldNames } from "../schema/json-schema.ts";
import { OPERATOR_ORDERS_QUERY } from "../schema/operator-request-schemas.ts";

export interface OperatorOrdersQuery extends OrdersQuery {
  readonly state: OrdersState;
}

const NAMES: readonly string[] = fieldNames(OPERATOR_ORDERS_QUERY);

/** The raw query without "?"; a parameter with an empty value counts as absent. */
export function decodeOperatorOrdersQuery(rawQuery: string): OperatorOrdersQuery | Fault {
  const reader = queryReader(rawQuery, NAMES);
  if (isFault(reader)) return reader;
  const query = readOrdersQuery(reader);
  return reader.result({ ...query, state: query.state ?? stateOf(query) });
}

/** Whoever names an order or a status means it, whether it is open or not. */
function stateOf({ orderId, clOrdId, status }: OrdersQuery): OrdersState {
  return (orderId ?? clOrdId ?? status) ? "all" : "open";
}
