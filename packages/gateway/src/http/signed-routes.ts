/** What each signed route makes of a request's content: decode, then the trade service. */
import {
  decodeCancel,
  decodeCancelBatch,
  decodeCancelPath,
  decodeCancelQuery,
  decodeOrdersQuery,
  decodePlace,
  decodePlaceBatch,
  type Fault,
  fault,
  isFault,
  type JsonValue,
  type RouteName,
} from "@countermand/contract";
import type { Caller } from "../auth/key-store.ts";
import type { CallOptions, TradeAnswer, TradeService } from "../trade/trade-service.ts";

/** The signed part of a request, parsed. At most one of `json` and `rawQuery` says anything. */
export interface Content {
  readonly json: { readonly value: JsonValue } | null;
  readonly rawQuery: string;
  readonly segment: string | null;
}

export interface SignedRoute {
  /** New orders are refused while the gateway drains; cancels and queries are not. */
  readonly places: boolean;
  readonly act: (
    trade: TradeService,
    caller: Caller,
    content: Content,
    options: CallOptions,
  ) => Promise<TradeAnswer> | Fault;
}

const cancelOne: SignedRoute = {
  places: false,
  act: (trade, caller, content, options) => {
    const target = cancelTarget(content);
    return isFault(target) ? target : trade.cancel(caller, target, options);
  },
};

const cancelBatch: SignedRoute = {
  places: false,
  act: (trade, caller, content, options) => {
    const elements = fromBody(content, decodeCancelBatch);
    return isFault(elements) ? elements : trade.cancelBatch(caller, elements, options);
  },
};

const placeOne: SignedRoute = {
  places: true,
  act: (trade, caller, content, options) => {
    const request = fromBody(content, decodePlace);
    return isFault(request) ? request : trade.place(caller, request, options);
  },
};

const placeBatch: SignedRoute = {
  places: true,
  act: (trade, caller, content, options) => {
    const elements = fromBody(content, decodePlaceBatch);
    return isFault(elements) ? elements : trade.placeBatch(caller, elements, options);
  },
};

const listOrders: SignedRoute = {
  places: false,
  act: (trade, caller, content) => {
    const query = decodeOrdersQuery(content.rawQuery);
    return isFault(query) ? query : trade.orders(caller, query);
  },
};

export const SIGNED_ROUTES: ReadonlyMap<RouteName, SignedRoute> = new Map([
  ["cancelOrder", cancelOne],
  ["cancelOrderByPath", cancelOne],
  ["cancelOrderByPost", cancelOne],
  ["cancelBatch", cancelBatch],
  ["cancelBatchByPost", cancelBatch],
  ["placeOrder", placeOne],
  ["placeBatch", placeBatch],
  ["listOrders", listOrders],
]);

function cancelTarget({ json, rawQuery, segment }: Content) {
  if (segment !== null) {
    return rawQuery === "" ? decodeCancelPath(segment) : queryNotTaken();
  }
  return json === null ? decodeCancelQuery(rawQuery) : decodeCancel(json.value);
}

function fromBody<T extends object>(
  { json, rawQuery }: Content,
  decode: (value: JsonValue) => T | Fault,
): T | Fault {
  if (json !== null) return decode(json.value);
  return rawQuery === "" ? bodyMissing() : queryNotTaken();
}

function bodyMissing(): Fault {
  return fault(
    "BODY_MISSING",
    "the body did not arrive; where a proxy drops the body of DELETE, " +
      "use POST /trade/v1/orders/cancel or POST /trade/v1/orders/cancel/batch",
  );
}

function queryNotTaken(): Fault {
  return fault("UNKNOWN_QUERY_PARAMETER", "this request takes no query string");
}
