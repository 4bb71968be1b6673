/** Every named schema: the documents keep them under these names, the client's types have them. */
import { BALANCE, POSITION, QUANTITY, TRANSACTION } from "./account-schemas.ts";
import { CLOCK, CLOCK_MARKET, CLOCK_REQUEST } from "./clock-schemas.ts";
import { CONSOLE_SESSION, SIGN_IN_CODE } from "./console-schemas.ts";
import { DEAD_MAN_REQUEST, DEAD_MAN_STATUS, DEAD_MAN_SWITCH } from "./dead-man-schemas.ts";
import {
  ACCEPTED_ANSWER,
  CANCEL_ALL_ORDER,
  CANCEL_ALL_RESULT,
  CANCEL_RESULT,
  FAILURE,
  PLACE_RESULT,
  PLACED,
  pageOf,
  RECEIPT_KEYS,
  RESULT,
  TIME,
} from "./envelope-schemas.ts";
import type { Schema } from "./json-schema.ts";
import {
  CANDLE,
  LEVEL,
  MARKET_CANDLES,
  MARKET_DEPTH,
  MARKET_SYMBOL,
  MARKET_SYMBOLS,
  MARKET_TRADE,
  MARKET_TRADES,
} from "./market-schemas.ts";
import {
  CANCELLED_ORDER,
  EXECUTION,
  ORDER,
  ORDER_UPDATE,
  PREVIEWED_CANCEL,
  PREVIEWED_ORDER,
} from "./order-schemas.ts";
import {
  AMEND_REQUEST,
  CANCEL_ALL_REQUEST,
  CANCEL_REQUEST,
  EXECUTIONS_QUERY,
  ORDERS_QUERY,
  PLACE_REQUEST,
  POSITIONS_QUERY,
  QUANTITY_REQUEST,
  TRANSACTIONS_QUERY,
} from "./request-schemas.ts";
import { BLOCK_RESTRICTION, MARKET_RESTRICTION, RESTRICTIONS } from "./restriction-schemas.ts";
import { FAULT, FAULT_REQUEST, FAULTS, FAULTS_CLEARED } from "./sandbox-schemas.ts";
import {
  COMMAND_MESSAGE,
  ERROR_MESSAGE,
  HEARTBEAT_MESSAGE,
  HISTORY_MESSAGE,
  LIVE_MESSAGE,
  NOTICE_MESSAGE,
  ORDER_MESSAGE,
  REPLY_MESSAGE,
  SKIP_MESSAGE,
  SNAPSHOT_MESSAGE,
  STREAM_QUERY,
} from "./stream-schemas.ts";

export const SCHEMAS = {
  Accepted: ACCEPTED_ANSWER,
  Failure: FAILURE,
  Result: RESULT,
  Time: TIME,
  ReceiptKeys: RECEIPT_KEYS,
  Order: ORDER,
  OrderUpdate: ORDER_UPDATE,
  CancelledOrder: CANCELLED_ORDER,
  PreviewedOrder: PREVIEWED_ORDER,
  PreviewedCancel: PREVIEWED_CANCEL,
  OrdersPage: pageOf("orders", "Order"),
  CancelRequest: CANCEL_REQUEST,
  CancelResult: CANCEL_RESULT,
  CancelAllRequest: CANCEL_ALL_REQUEST,
  CancelAllOrder: CANCEL_ALL_ORDER,
  CancelAllResult: CANCEL_ALL_RESULT,
  DeadManRequest: DEAD_MAN_REQUEST,
  DeadManSwitch: DEAD_MAN_SWITCH,
  DeadManStatus: DEAD_MAN_STATUS,
  PlaceRequest: PLACE_REQUEST,
  Placed: PLACED,
  PlaceResult: PLACE_RESULT,
  AmendRequest: AMEND_REQUEST,
  QuantityRequest: QUANTITY_REQUEST,
  Quantity: QUANTITY,
  OrdersQuery: ORDERS_QUERY,
  Execution: EXECUTION,
  ExecutionsQuery: EXECUTIONS_QUERY,
  ExecutionsPage: pageOf("executions", "Execution"),
  Balance: BALANCE,
  Position: POSITION,
  PositionsQuery: POSITIONS_QUERY,
  PositionsPage: pageOf("positions", "Position"),
  Transaction: TRANSACTION,
  TransactionsQuery: TRANSACTIONS_QUERY,
  TransactionsPage: pageOf("transactions", "Transaction"),
  MarketLevel: LEVEL,
  MarketSymbol: MARKET_SYMBOL,
  MarketSymbols: MARKET_SYMBOLS,
  MarketDepth: MARKET_DEPTH,
  MarketTrade: MARKET_TRADE,
  MarketTrades: MARKET_TRADES,
  Candle: CANDLE,
  MarketCandles: MARKET_CANDLES,
  ClockRequest: CLOCK_REQUEST,
  ClockMarket: CLOCK_MARKET,
  Clock: CLOCK,
  FaultRequest: FAULT_REQUEST,
  Fault: FAULT,
  Faults: FAULTS,
  FaultsCleared: FAULTS_CLEARED,
  MarketRestriction: MARKET_RESTRICTION,
  BlockRestriction: BLOCK_RESTRICTION,
  Restrictions: RESTRICTIONS,
  SignInCode: SIGN_IN_CODE,
  ConsoleSession: CONSOLE_SESSION,
  StreamQuery: STREAM_QUERY,
  OrderMessage: ORDER_MESSAGE,
  HeartbeatMessage: HEARTBEAT_MESSAGE,
  SnapshotMessage: SNAPSHOT_MESSAGE,
  SkipMessage: SKIP_MESSAGE,
  HistoryMessage: HISTORY_MESSAGE,
  LiveMessage: LIVE_MESSAGE,
  NoticeMessage: NOTICE_MESSAGE,
  ErrorMessage: ERROR_MESSAGE,
  ReplyMessage: REPLY_MESSAGE,
  CommandMessage: COMMAND_MESSAGE,
} as const;
SCHEMAS satisfies Readonly<Record<string, Schema>>;

export type SchemaName = keyof typeof SCHEMAS;

/** The schema of a name that a reference may carry. */
export function schemaNamed(name: string): Schema {
  const schema = (SCHEMAS as Readonly<Record<string, Schema>>)[name];
  if (schema === undefined) throw new Error(`no schema ${name}`);
  return schema;
}
