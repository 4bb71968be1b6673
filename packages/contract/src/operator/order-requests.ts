/**
 * The query string of an operator's list of an account's orders: the client's own, and `state`,
 * which is read last.
 */
import { type Fault, isFault } from "../errors.ts";
import { WordTable } from "../names.ts";
import { type OrdersQuery, readOrdersQuery } from "../requests/orders-query.ts";
import { queryReader } from "../requests/query-reader.ts";
import { fieldNames } from "../schema/json-schema.ts";
import { OPERATOR_ORDERS_QUERY } from "../schema/operator-request-schemas.ts";
import { ORDERS_STATES, type OrdersState } from "./operator-words.ts";

export interface OperatorOrdersQuery extends OrdersQuery {
  readonly state: OrdersState;
}

const STATE_WORDS = new WordTable<OrdersState>(ORDERS_STATES.map((state) => [state, state]));
const NAMES: readonly string[] = fieldNames(OPERATOR_ORDERS_QUERY);

/** The raw query without "?"; a parameter with an empty value counts as absent. */
export function decodeOperatorOrdersQuery(rawQuery: string): OperatorOrdersQuery | Fault {
  const reader = queryReader(rawQuery, NAMES);
  if (isFault(reader)) return reader;
  const query = readOrdersQuery(reader);
  return reader.result({ ...query, state: reader.word("state", STATE_WORDS) ?? stateOf(query) });
}

/** Whoever names an order or a status means it, whether it is open or not. */
function stateOf({ orderId, clOrdId, status }: OrdersQuery): OrdersState {
  return (orderId ?? clOrdId ?? status) ? "all" : "open";
}
