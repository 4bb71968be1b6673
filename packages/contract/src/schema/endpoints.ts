/** What each route takes and gives, by the name of the route. */

import { LIMITS } from "../limits.ts";
import { DEPTH_LEVELS_DEFAULT, MARKET_ROWS_DEFAULT } from "../market/market-words.ts";
import { MARKET_WORDS } from "../names.ts";
import type { RouteName } from "../routes.ts";
import { accepted, acceptedCancel, success } from "./envelope-schemas.ts";
import {
  array,
  integer,
  limitedText,
  type ObjectSchema,
  ref,
  request,
  type Schema,
  words,
} from "./json-schema.ts";
import { INTERVALS } from "./market-schemas.ts";
import {
  CANCEL_ALL_REQUEST,
  CANCEL_REQUEST,
  EXECUTIONS_QUERY,
  ORDERS_QUERY,
  POSITIONS_QUERY,
  TRANSACTIONS_QUERY,
} from "./request-schemas.ts";
import { batchOf } from "./stream-schemas.ts";

export interface Endpoint {
  /** What the page about it begins with. */
  readonly tag: "Orders" | "Account" | "Market data" | "Console" | "Sandbox" | "Server";
  /** JSON body; absent where none is taken. */
  readonly body?: Schema;
  /** Members are query parameters. */
  readonly query?: ObjectSchema;
  /** The answer with HTTP status 200. */
  readonly ok: Schema;
  /** Takes `Prefer: return=representation`. */
  readonly prefers?: boolean;
  /** Takes `X-Receipt: ed25519`. */
  readonly receipts?: boolean;
}

const CANCELLED = acceptedCancel(ref("CancelledOrder"));
const CANCEL: Endpoint = {
  tag: "Orders",
  body: ref("CancelRequest"),
  ok: CANCELLED,
  prefers: true,
  receipts: true,
};
const CANCEL_BATCH: Endpoint = {
  tag: "Orders",
  body: batchOf("CancelRequest"),
  ok: success(array("One element per request element, in order.", ref("CancelResult"))),
  prefers: true,
  receipts: true,
};

const CANCEL_ALL: Endpoint = {
  tag: "Orders",
  body: ref("CancelAllRequest"),
  query: CANCEL_ALL_REQUEST,
  ok: success(ref("CancelAllResult")),
};

const MARKET = words("Only what this market name lists.", MARKET_WORDS);
const SYMBOL = limitedText("The symbol.", "symbolCharactersMax");
const ROWS = integer("How many.", {
  minimum: 1,
  maximum: LIMITS.marketRowsMax.value,
  default: MARKET_ROWS_DEFAULT,
});

export const ENDPOINTS: Readonly<Record<RouteName, Endpoint>> = {
  cancelOrder: { ...CANCEL, query: CANCEL_REQUEST },
  cancelOrderByPath: { tag: "Orders", ok: CANCELLED, prefers: true, receipts: true },
  cancelOrderByPost: { ...CANCEL, query: CANCEL_REQUEST },
  cancelBatch: CANCEL_BATCH,
  cancelBatchByPost: CANCEL_BATCH,
  cancelAll: CANCEL_ALL,
  cancelAllByPost: CANCEL_ALL,
  placeOrder: {
    tag: "Orders",
    body: ref("PlaceRequest"),
    ok: { anyOf: [success(ref("Placed")), success(ref("Order"))] },
    prefers: true,
  },
  placeBatch: {
    tag: "Orders",
    body: batchOf("PlaceRequest"),
    ok: success(array("One element per request element, in order.", ref("PlaceResult"))),
    prefers: true,
  },
  amendOrder: {
    tag: "Orders",
    body: ref("AmendRequest"),
    ok: accepted(ref("Order")),
    prefers: true,
  },
  previewPlace: {
    tag: "Orders",
    body: ref("PlaceRequest"),
    ok: success(ref("PreviewedOrder")),
  },
  previewAmend: {
    tag: "Orders",
    body: ref("AmendRequest"),
    ok: success(ref("PreviewedOrder")),
  },
  previewCancel: {
    tag: "Orders",
    body: ref("CancelRequest"),
    ok: success(ref("PreviewedCancel")),
  },
  listOrders: { tag: "Orders", query: ORDERS_QUERY, ok: success(ref("OrdersPage")) },
  estimateQuantity: {
    tag: "Orders",
    body: ref("QuantityRequest"),
    ok: success(ref("Quantity")),
  },
  setDeadMan: {
    tag: "Orders",
    body: ref("DeadManRequest"),
    ok: success(ref("DeadManSwitch")),
  },
  showDeadMan: { tag: "Orders", ok: success(ref("DeadManStatus")) },
  tradeRestrictions: { tag: "Orders", ok: success(ref("Restrictions")) },
  accountBalance: {
    tag: "Account",
    ok: success(array("One element per currency.", ref("Balance"))),
  },
  accountPositions: { tag: "Account", query: POSITIONS_QUERY, ok: success(ref("PositionsPage")) },
  accountTransactions: {
    tag: "Account",
    query: TRANSACTIONS_QUERY,
    ok: success(ref("TransactionsPage")),
  },
  listExecutions: { tag: "Orders", query: EXECUTIONS_QUERY, ok: success(ref("ExecutionsPage")) },
  armFault: { tag: "Sandbox", body: ref("FaultRequest"), ok: success(ref("Fault")) },
  listFaults: { tag: "Sandbox", ok: success(ref("Faults")) },
  clearFaults: { tag: "Sandbox", ok: success(ref("FaultsCleared")) },
  receiptKeys: { tag: "Server", ok: ref("ReceiptKeys") },
  serverTime: { tag: "Server", ok: success(ref("Time")) },
  createSignInCode: { tag: "Console", ok: success(ref("SignInCode")) },
  sandboxClock: { tag: "Sandbox", ok: success(ref("Clock")) },
  moveSandboxClock: { tag: "Sandbox", body: ref("ClockRequest"), ok: success(ref("Clock")) },
  marketSymbols: {
    tag: "Market data",
    query: request("Which instruments.", { market: MARKET }),
    ok: success(ref("MarketSymbols")),
  },
  marketDepth: {
    tag: "Market data",
    query: request(
      "Which book.",
      {
        market: MARKET,
        symbol: SYMBOL,
        levels: integer("Prices per side.", {
          minimum: 1,
          maximum: LIMITS.marketLevelsMax.value,
          default: DEPTH_LEVELS_DEFAULT,
        }),
      },
      ["symbol"],
    ),
    ok: success(ref("MarketDepth")),
  },
  marketTrades: {
    tag: "Market data",
    query: request("Whose trades.", { market: MARKET, symbol: SYMBOL, limit: ROWS }, ["symbol"]),
    ok: success(ref("MarketTrades")),
  },
  marketCandles: {
    tag: "Market data",
    query: request(
      "Whose candles.",
      { market: MARKET, symbol: SYMBOL, interval: words("Length.", INTERVALS), limit: ROWS },
      ["symbol", "interval"],
    ),
    ok: success(ref("MarketCandles")),
  },
};
