/**
 * What travels, in the wire's own words. Made from the gateway's schemas by `npm run wire-types`:
 * change those, not this file. Decimals are text, digit for digit; a client may send more members
 * only where the gateway names them.
 */
import type { Decimal } from "./decimal.ts";

/** Done, durable. */
export interface Accepted {
  /** Success. */
  readonly code: 0;
}

/** The request failed; the error reference lists every code and reason. */
export interface Failure {
  /** Eight digits that name the cause. (at least 10000000) */
  readonly code: number;
  /** Constant text of the code. */
  readonly message: string;
  /** For people: what was wrong and what is allowed, or what to do. */
  readonly details: string;
  /** Machine word of the cause. */
  readonly reason: string;
  /** The same request, unchanged, is worth repeating later. */
  readonly retryable: boolean;
  /** Seconds until the budget covers it; with rate_limited. (at least 1) */
  readonly retry_after?: number;
  /** The markets that the symbol is on; with unknown_symbol, where it is on another one. */
  readonly markets?: readonly ("hkex" | "usex" | "nasdaq" | "crypto" | (string & {}))[];
  /** The order that a refused cancel or amend was about; the outcome of a cancel-all. */
  readonly data?: Order | CancelAllResult;
}

/** What became of the element. */
export type Result = Accepted | Failure;

/** The server's clock. */
export interface Time {
  /** Now, Unix milliseconds (at least 0) */
  readonly timestamp: number;
}

/** A JSON Web Key Set (RFC 7517). */
export interface ReceiptKeys {
  /** The one that signs first, then those of older receipts; empty where receipts are off. */
  readonly keys: readonly {
    readonly kty: "OKP";
    readonly crv: "Ed25519";
    /** The public key, Base64url. */
    readonly x: string;
    /** Its thumbprint (RFC 7638), as receipts name it. */
    readonly kid: string;
    readonly use: "sig";
    readonly alg: "EdDSA";
  }[];
}

/** An order, as lists and representations show it. */
export interface Order {
  /** The market name the order was placed with. */
  readonly market: "hkex" | "usex" | "nasdaq" | "crypto" | (string & {});
  /** Order type. */
  readonly order_type:
    | "limit_order"
    | "enhanced_limit_order"
    | "market_order"
    | "stop_limit_order"
    | "stop_market_order"
    | "at_auction_order"
    | "at_auction_limit_order"
    | (string & {});
  /** What is traded; leading zeros are part of it. */
  readonly symbol: string;
  /** Name of the instrument, for display. */
  readonly name: string;
  /** Buy or sell. */
  readonly order_side: "buy" | "sell" | (string & {});
  /** The account that owns the order. */
  readonly account_code: string;
  /** The gateway's number: 11 digits or more, rising, never reused. */
  readonly order_no: string;
  /** Where the order stands. Treat a word you do not know as unknown and not final. */
  readonly order_status: "new" | "pex" | "fex" | "can" | "rej" | (string & {});
  /** Limit price, currency per unit; 0 for an order at any price. */
  readonly price: Decimal;
  /** What was ordered, or amended to; what has traded counts. */
  readonly qty: Decimal;
  /** What still works in the market; 0 once the order is closed. */
  readonly outstand_qty: Decimal;
  /** What has traded. */
  readonly execute_qty: Decimal;
  /** Sum of price times quantity over all fills. */
  readonly execute_amount: Decimal;
  /** Charges of all fills so far. */
  readonly charge: Decimal;
  /** Currency of charge. */
  readonly charge_base_currency: string;
  /** Currency of prices and amounts. */
  readonly base_currency: string;
  /** The client's own name of the order; empty when none was given. */
  readonly reference_id: string;
  /** The client's own grouping; empty when none was given. */
  readonly portfolio_id: string;
  /** Why the venue rejected the order; empty otherwise. */
  readonly reject_reason: string;
  /** Time of the last event, Unix seconds (at least 0) */
  readonly update_time: number;
  /** Time the order was placed, Unix seconds (at least 0) */
  readonly create_time: number;
  /** Average price of what traded; 0 before the first fill. */
  readonly execute_price: Decimal;
  /** Trigger of a stop order; 0 for others. */
  readonly trigger_price: Decimal;
  /** Counts the events of this order, from 1; ignore one you have seen. (at least 1) */
  readonly version: number;
  /** How long the order lasts. */
  readonly time_in_force: "day" | "gtc" | "ioc" | "fok" | (string & {});
  /** Why it was cancelled; empty unless order_status is can. */
  readonly cancel_reason:
    | ""
    | "requested"
    | "dead_man"
    | "disconnected"
    | "no_liquidity"
    | "self_trade"
    | "immediate_or_cancel"
    | "fill_or_kill"
    | "expired"
    | "kill_switch"
    | "account_closed"
    | "instrument_changed"
    | "auction_unmatched"
    | "venue"
    | (string & {});
  /** Present only while a cancel has not been answered. */
  readonly pending?: "cancel";
}

/**
 * An order after one event, as the stream pushes it; the last three members are there on a trade.
 */
export interface OrderUpdate {
  /** The market name the order was placed with. */
  readonly market: "hkex" | "usex" | "nasdaq" | "crypto" | (string & {});
  /** Order type. */
  readonly order_type:
    | "limit_order"
    | "enhanced_limit_order"
    | "market_order"
    | "stop_limit_order"
    | "stop_market_order"
    | "at_auction_order"
    | "at_auction_limit_order"
    | (string & {});
  /** What is traded; leading zeros are part of it. */
  readonly symbol: string;
  /** Name of the instrument, for display. */
  readonly name: string;
  /** Buy or sell. */
  readonly order_side: "buy" | "sell" | (string & {});
  /** The account that owns the order. */
  readonly account_code: string;
  /** The gateway's number: 11 digits or more, rising, never reused. */
  readonly order_no: string;
  /** Where the order stands. Treat a word you do not know as unknown and not final. */
  readonly order_status: "new" | "pex" | "fex" | "can" | "rej" | (string & {});
  /** Limit price, currency per unit; 0 for an order at any price. */
  readonly price: Decimal;
  /** What was ordered, or amended to; what has traded counts. */
  readonly qty: Decimal;
  /** What still works in the market; 0 once the order is closed. */
  readonly outstand_qty: Decimal;
  /** What has traded. */
  readonly execute_qty: Decimal;
  /** Sum of price times quantity over all fills. */
  readonly execute_amount: Decimal;
  /** Charges of all fills so far. */
  readonly charge: Decimal;
  /** Currency of charge. */
  readonly charge_base_currency: string;
  /** Currency of prices and amounts. */
  readonly base_currency: string;
  /** The client's own name of the order; empty when none was given. */
  readonly reference_id: string;
  /** The client's own grouping; empty when none was given. */
  readonly portfolio_id: string;
  /** Why the venue rejected the order; empty otherwise. */
  readonly reject_reason: string;
  /** Time of the last event, Unix seconds (at least 0) */
  readonly update_time: number;
  /** Time the order was placed, Unix seconds (at least 0) */
  readonly create_time: number;
  /** Counts the events of this order, from 1; ignore one you have seen. (at least 1) */
  readonly version: number;
  /** How long the order lasts. */
  readonly time_in_force: "day" | "gtc" | "ioc" | "fok" | (string & {});
  /** Why it was cancelled; empty unless order_status is can. */
  readonly cancel_reason:
    | ""
    | "requested"
    | "dead_man"
    | "disconnected"
    | "no_liquidity"
    | "self_trade"
    | "immediate_or_cancel"
    | "fill_or_kill"
    | "expired"
    | "kill_switch"
    | "account_closed"
    | "instrument_changed"
    | "auction_unmatched"
    | "venue"
    | (string & {});
  /** Present only while a cancel has not been answered. */
  readonly pending?: "cancel";
  /** Number of this fill, the same on both sides. */
  readonly exec_id?: string;
  /** Quantity of this fill. */
  readonly last_qty?: Decimal;
  /** Price of this fill. */
  readonly last_price?: Decimal;
}

/** An order after a cancel with Prefer: return=representation. */
export interface CancelledOrder extends Order {
  /** What the cancel took out of the market. */
  readonly cancelled_qty: Decimal;
  /** Position of the order's latest event in the account's stream. (at least 1) */
  readonly seq: number;
  /** The order was cancelled before this request came. */
  readonly already: boolean;
  /** What this request did. */
  readonly reason: "cancelled" | "already_cancelled" | "cancel_pending" | (string & {});
}

/** An order as a new one or an amend would leave it now. Nothing was done. */
export interface PreviewedOrder {
  /** The market name the order was placed with. */
  readonly market: "hkex" | "usex" | "nasdaq" | "crypto" | (string & {});
  /** Order type. */
  readonly order_type:
    | "limit_order"
    | "enhanced_limit_order"
    | "market_order"
    | "stop_limit_order"
    | "stop_market_order"
    | "at_auction_order"
    | "at_auction_limit_order"
    | (string & {});
  /** What is traded; leading zeros are part of it. */
  readonly symbol: string;
  /** Name of the instrument, for display. */
  readonly name: string;
  /** Buy or sell. */
  readonly order_side: "buy" | "sell" | (string & {});
  /** The account that owns the order. */
  readonly account_code: string;
  /** The gateway's number; empty for an order not placed yet. */
  readonly order_no: string;
  /** Where the order stands. Treat a word you do not know as unknown and not final. */
  readonly order_status: "new" | "pex" | "fex" | "can" | "rej" | (string & {});
  /** Limit price, currency per unit; 0 for an order at any price. */
  readonly price: Decimal;
  /** What was ordered, or amended to; what has traded counts. */
  readonly qty: Decimal;
  /** What still works in the market; 0 once the order is closed. */
  readonly outstand_qty: Decimal;
  /** What has traded. */
  readonly execute_qty: Decimal;
  /** Sum of price times quantity over all fills. */
  readonly execute_amount: Decimal;
  /** Charges of all fills so far. */
  readonly charge: Decimal;
  /** Currency of charge. */
  readonly charge_base_currency: string;
  /** Currency of prices and amounts. */
  readonly base_currency: string;
  /** The client's own name of the order; empty when none was given. */
  readonly reference_id: string;
  /** The client's own grouping; empty when none was given. */
  readonly portfolio_id: string;
  /** Why the venue rejected the order; empty otherwise. */
  readonly reject_reason: string;
  /** Time of the last event, Unix seconds (at least 0) */
  readonly update_time: number;
  /** Time the order was placed, Unix seconds (at least 0) */
  readonly create_time: number;
  /** Average price of what traded; 0 before the first fill. */
  readonly execute_price: Decimal;
  /** Trigger of a stop order; 0 for others. */
  readonly trigger_price: Decimal;
  /** Counts the events of this order, from 1; ignore one you have seen. (at least 1) */
  readonly version: number;
  /** How long the order lasts. */
  readonly time_in_force: "day" | "gtc" | "ioc" | "fok" | (string & {});
  /** Why it was cancelled; empty unless order_status is can. */
  readonly cancel_reason:
    | ""
    | "requested"
    | "dead_man"
    | "disconnected"
    | "no_liquidity"
    | "self_trade"
    | "immediate_or_cancel"
    | "fill_or_kill"
    | "expired"
    | "kill_switch"
    | "account_closed"
    | "instrument_changed"
    | "auction_unmatched"
    | "venue"
    | (string & {});
  /** Present only while a cancel has not been answered. */
  readonly pending?: "cancel";
  /** What it would hold back then. */
  readonly on_hold: Decimal;
  /** What that is of: a currency, or the product that is sold. */
  readonly on_hold_of: string;
}

/** An order as a cancel would leave it now. Nothing was done. */
export interface PreviewedCancel extends Order {
  /** What the cancel took out of the market. */
  readonly cancelled_qty: Decimal;
  /** The order was cancelled before this request came. */
  readonly already: boolean;
  /** What this request did. */
  readonly reason: "cancelled" | "already_cancelled" | "cancel_pending" | (string & {});
}

/** A page, newest first where rows have a time. */
export interface OrdersPage {
  /** Rows of all pages together. (at least 0) */
  readonly total_records: number;
  /** This page, from 1. (at least 1) */
  readonly page: number;
  /** Rows of a page. (at least 1) */
  readonly page_size: number;
  /** The rows. */
  readonly orders: readonly Order[];
}

/** Which order to cancel: at least one of the first two, not empty. */
export interface CancelRequest {
  /** The gateway's number; decides alone where both are given. (at most 32 characters) */
  readonly order_no?: string;
  /** The client's own name: the one live order that carries it. (at most 64 characters) */
  readonly reference_id?: string;
  /** unfilled: only while nothing of the order has traded. */
  readonly only_if?: "unfilled" | "";
  /** Only while the order is at this version. (at least 1) */
  readonly version?: number | string;
}

/** One element of a batch of cancels. */
export interface CancelResult {
  /** As asked or resolved; empty when it named no order. */
  readonly order_no: string;
  /** Present only if the element was sent with reference_id alone. */
  readonly reference_id?: string;
  readonly result: Result;
  /** With Prefer: return=representation. */
  readonly data?: CancelledOrder | Order;
  /**
   * Signed statement of the cancel (JWS, EdDSA), where one was asked for; empty when it cannot be
   * made just now: send the same request again.
   */
  readonly receipt?: string;
}

/** Which open orders to cancel; without a filter all of the account's. */
export interface CancelAllRequest {
  /** Orders placed with this market name. */
  readonly market?: "hkex" | "usex" | "nasdaq" | "crypto";
  /** Text with its zeros: "00700". (at most 32 characters) */
  readonly symbol?: string;
  /** Side. */
  readonly order_side?: "buy" | "sell";
  /** The client's own grouping. (at most 50 characters) */
  readonly portfolio_id?: string;
  /** Order type. */
  readonly order_type?:
    | "limit_order"
    | "enhanced_limit_order"
    | "market_order"
    | "stop_limit_order"
    | "stop_market_order"
    | "at_auction_order"
    | "at_auction_limit_order";
  /** Seconds since the order was created, at least. (at least 0, at most 1000000000) */
  readonly older_than?: number | string;
  /** What reference_id begins with. (at most 64 characters) */
  readonly reference_id_prefix?: string;
  /** 1: show what would be cancelled, and cancel nothing. (at least 0, at most 1) */
  readonly preview?: number | string;
}

/** One order of a cancel-all. */
export interface CancelAllOrder {
  /** The gateway's number. */
  readonly order_no: string;
  /** The client's own name; empty when it has none. */
  readonly reference_id: string;
  /** What became of it. */
  readonly outcome: "done" | "already" | "too_late" | "failed" | (string & {});
  readonly result: Result;
  /** While the venue has not answered its cancel; it may still fill. */
  readonly pending?: "cancel" | (string & {});
}

/** The outcome of a cancel-all; of a preview, what it would be. */
export interface CancelAllResult {
  /** The outcome in one word. */
  readonly outcome:
    | "nothing_open"
    | "done"
    | "not_all"
    | "nothing_worked"
    | "preview"
    | (string & {});
  /** Open orders that matched. (at least 0) */
  readonly matched: number;
  /** Cancelled by this request. (at least 0) */
  readonly done: number;
  /** Cancelled, or their cancel pending, before their turn. (at least 0) */
  readonly already: number;
  /** Filled or rejected before their turn. (at least 0) */
  readonly too_late: number;
  /** These work on. (at least 0) */
  readonly failed: number;
  /**
   * Of those done and already: the venue has not answered yet, and they may still fill; left out
   * for none. (at least 1)
   */
  readonly pending?: number;
  /** Elements of orders. (at least 0) */
  readonly listed: number;
  /** Failed ones first, then too late, already, done. */
  readonly orders: readonly CancelAllOrder[];
}

/** Arms, refreshes or releases one switch. */
export interface DeadManRequest {
  /** Seconds until it fires unless it is refreshed; 0 releases it. (at least 0, at most 86400) */
  readonly timeout: number | string;
  /** Which orders; key means those that the calling key places. */
  readonly scope: "key" | "portfolio" | "symbol" | "reference_id_prefix";
  /** The portfolio, symbol or prefix; not for the scope key. (at most 64 characters) */
  readonly value?: string;
}

/** A dead-man's switch. */
export interface DeadManSwitch {
  /** Which orders. */
  readonly scope: "key" | "portfolio" | "symbol" | "reference_id_prefix" | (string & {});
  /** The key, portfolio, symbol or prefix. */
  readonly value: string;
  /** What it does. */
  readonly state: "armed" | "fired" | "released" | (string & {});
  /** Seconds; 0 when it was released. (at least 0) */
  readonly timeout: number;
  /** When it fires unless it is refreshed; 0 unless it is armed, Unix milliseconds (at least 0) */
  readonly fires_at: number;
  /** Milliseconds until then. (at least 0) */
  readonly fires_in_ms: number;
  /** When it fired; 0 unless it has, Unix milliseconds (at least 0) */
  readonly fired_at: number;
  /** New orders and amends in its scope are refused. */
  readonly blocks: boolean;
}

/** All switches of the account. */
export interface DeadManStatus {
  /** Server time, Unix milliseconds (at least 0) */
  readonly timestamp: number;
  /** Those that are armed or have fired. */
  readonly switches: readonly DeadManSwitch[];
}

/** A new order. */
export interface PlaceRequest {
  /** Market. */
  readonly market: "hkex" | "usex" | "nasdaq" | "crypto";
  /** Order type. */
  readonly order_type:
    | "limit_order"
    | "enhanced_limit_order"
    | "market_order"
    | "stop_limit_order"
    | "stop_market_order"
    | "at_auction_order"
    | "at_auction_limit_order";
  /** Text with its zeros: "00700". (at most 32 characters) */
  readonly symbol: string;
  /** Side. */
  readonly order_side: "buy" | "sell";
  /** Limit price; for the order types that have one. */
  readonly price?: Decimal;
  /** Trigger of a stop order. */
  readonly trigger_price?: Decimal;
  /** Quantity, a multiple of the board lot. */
  readonly qty: Decimal;
  /** day unless given. */
  readonly time_in_force?: "day" | "gtc" | "ioc" | "fok";
  /** The client's own name. (at most 64 characters) */
  readonly reference_id?: string;
  /** The client's own grouping. (at most 50 characters) */
  readonly portfolio_id?: string;
  /** resting: refuse it where it would trade as it comes in (post-only). */
  readonly only_if?: "resting" | "";
}

/** The number of a new order. */
export interface Placed {
  /** The gateway's number. */
  readonly order_no: string;
}

/** One element of a batch of new orders. */
export interface PlaceResult {
  /** The new order's number; empty when none was placed. */
  readonly order_no: string;
  /** As sent. */
  readonly reference_id: string;
  readonly result: Result;
  /** With Prefer: return=representation. */
  readonly data?: Order;
}

/** New terms of an open order; what is left out stays. */
export interface AmendRequest {
  /** The gateway's number; decides alone where both are given. (at most 32 characters) */
  readonly order_no?: string;
  /** The client's own name: the one live order that carries it. (at most 64 characters) */
  readonly reference_id?: string;
  /**
   * unfilled: only while nothing of the order has traded. resting: only if the new terms do not
   * trade as they come in (post-only).
   */
  readonly only_if?: "unfilled" | "resting" | "";
  /** Only while the order is at this version. (at least 1) */
  readonly version?: number | string;
  /** New limit price. */
  readonly price?: Decimal;
  /** New trigger of a waiting stop order. */
  readonly trigger_price?: Decimal;
  /** New quantity; what has traded counts. */
  readonly qty?: Decimal;
}

/** How much could be traded. */
export interface QuantityRequest {
  /** Market. */
  readonly market: "hkex" | "usex" | "nasdaq" | "crypto";
  /** Text with its zeros: "00700". (at most 32 characters) */
  readonly symbol: string;
  /** Side. */
  readonly order_side: "buy" | "sell";
  /** Needed to buy. */
  readonly price?: Decimal;
  /** Part of what is free: above 0, at most 1. */
  readonly ratio: Decimal;
}

/** How much could be traded. */
export interface Quantity {
  /** In whole lots. */
  readonly qty: Decimal;
}

/** Filters and page of an order list. */
export interface OrdersQuery {
  /** Market. */
  readonly market?: "hkex" | "usex" | "nasdaq" | "crypto";
  /** From this time on, Unix seconds (at least 0) */
  readonly start_time?: number;
  /** Up to this time, which needs a start_time, Unix seconds (at least 0) */
  readonly end_time?: number;
  /** The client's own grouping. (at most 50 characters) */
  readonly portfolio_id?: string;
  /** Page, from 1. (at least 1, at most 1000000, 1 unless given) */
  readonly page_index?: number;
  /** Rows of a page. (at least 1, at most 100, 20 unless given) */
  readonly page_size?: number;
  /** The gateway's number, digits only. (at most 32 characters) */
  readonly order_no?: string;
  /** The client's own name. (at most 64 characters) */
  readonly reference_id?: string;
  /** Status. */
  readonly order_status?: "new" | "pex" | "fex" | "can" | "rej";
  /** Text with its zeros: "00700". (at most 32 characters) */
  readonly symbol?: string;
  /** Side. */
  readonly order_side?: "buy" | "sell";
  /** open: may still trade. closed: filled, cancelled or rejected. all unless given. */
  readonly state?: "open" | "closed" | "all" | "";
}

/** One side of one fill. */
export interface Execution {
  /** Number of the fill, the same on both sides. */
  readonly exec_id: string;
  /** The order that traded. */
  readonly order_no: string;
  /** The order's reference_id; may be empty. */
  readonly reference_id: string;
  /** The market name the order was placed with. */
  readonly market: "hkex" | "usex" | "nasdaq" | "crypto" | (string & {});
  /** What traded. */
  readonly symbol: string;
  /** Buy or sell. */
  readonly order_side: "buy" | "sell" | (string & {});
  /** Quantity of the fill. */
  readonly last_qty: Decimal;
  /** Price of the fill. */
  readonly last_price: Decimal;
  /** Price times quantity. */
  readonly last_amount: Decimal;
  /** Charges of this fill. */
  readonly charge: Decimal;
  /** Currency of the price, the amount and the charges. */
  readonly base_currency: string;
  /** The client's own grouping; may be empty. */
  readonly portfolio_id: string;
  /** Time of the trade, Unix seconds (at least 0) */
  readonly trade_time: number;
}

/** Filters and page of an execution list. */
export interface ExecutionsQuery {
  /** Market. */
  readonly market?: "hkex" | "usex" | "nasdaq" | "crypto";
  /** Text with its zeros: "00700". (at most 32 characters) */
  readonly symbol?: string;
  /** Side. */
  readonly order_side?: "buy" | "sell";
  /** The gateway's number, digits only. (at most 32 characters) */
  readonly order_no?: string;
  /** The client's own name. (at most 64 characters) */
  readonly reference_id?: string;
  /** The client's own grouping. (at most 50 characters) */
  readonly portfolio_id?: string;
  /** From this time on, Unix seconds (at least 0) */
  readonly start_time?: number;
  /** Up to this time, which needs a start_time, Unix seconds (at least 0) */
  readonly end_time?: number;
  /** Page, from 1. (at least 1, at most 1000000, 1 unless given) */
  readonly page_index?: number;
  /** Rows of a page. (at least 1, at most 100, 20 unless given) */
  readonly page_size?: number;
}

/** A page, newest first where rows have a time. */
export interface ExecutionsPage {
  /** Rows of all pages together. (at least 0) */
  readonly total_records: number;
  /** This page, from 1. (at least 1) */
  readonly page: number;
  /** Rows of a page. (at least 1) */
  readonly page_size: number;
  /** The rows. */
  readonly executions: readonly Execution[];
}

/** Cash of one currency. */
export interface Balance {
  /** The currency. */
  readonly base_currency: string;
  /** Holdings priced in this currency, at the last trades. */
  readonly market_value: Decimal;
  /** Settled cash: what is in the account today. */
  readonly cash: Decimal;
  /** Held back for open buy orders. */
  readonly cash_on_hold: Decimal;
  /** Settled and free. */
  readonly cash_withdraw: Decimal;
  /** Sales less purchases that are not settled yet. */
  readonly unsett_net_amt: Decimal;
  /** To be paid for purchases, charges included. */
  readonly unsett_buy_amt: Decimal;
  /** To be received for sales, less charges. */
  readonly unsett_sell_amt: Decimal;
  /** 0: no interest is paid or charged. */
  readonly interest_net: Decimal;
  /** 0: no interest is paid or charged. */
  readonly interest_debit: Decimal;
  /** 0: no interest is paid or charged. */
  readonly interest_credit: Decimal;
}

/** A holding of one product. */
export interface Position {
  /** Market that trades it. */
  readonly market: "hkex" | "usex" | "nasdaq" | "crypto" | (string & {});
  /** The product: a share's symbol, a coin's name. */
  readonly product_code: string;
  /** For display. */
  readonly product_name: string;
  /** All that is held, what is not settled yet included. */
  readonly qty: Decimal;
  /** Held back for open sell orders. */
  readonly os_sell_qty: Decimal;
  /** Settled and free. */
  readonly avail_qty: Decimal;
  /** What can be sold now; purchases that are not settled yet count. */
  readonly avail_sell_qty: Decimal;
  /** Bought and not settled yet. */
  readonly uncleared_qty: Decimal;
  /** Currency of the prices. */
  readonly base_currency: string;
  /** Average cost with charges, currency per unit. */
  readonly avg_cost: Decimal;
  /** Average price without charges, currency per unit. */
  readonly avg_price: Decimal;
  /** Price at the last close, else 0. */
  readonly prev_price: Decimal;
  /** Value of the holding at that price. */
  readonly prev_market_value: Decimal;
  /** 0: deposits are booked at once. */
  readonly pending_deposit_qty: Decimal;
  /** 0: withdrawals are booked at once. */
  readonly pending_withdrawal_qty: Decimal;
  /** 0: deposits are booked at once. */
  readonly approved_deposit_qty: Decimal;
}

/** Filters and page of a position list. */
export interface PositionsQuery {
  /** Market. */
  readonly market?: "hkex" | "usex" | "nasdaq" | "crypto";
  /** Kind of product. */
  readonly security_type?: "share" | "coin";
  /** Positions belong to the account: none has one. (at most 50 characters) */
  readonly portfolio_id?: string;
  /** Page, from 1. (at least 1, at most 1000000, 1 unless given) */
  readonly page?: number;
  /** Rows of a page. (at least 1, at most 100, 20 unless given) */
  readonly page_size?: number;
}

/** A page, newest first where rows have a time. */
export interface PositionsPage {
  /** Rows of all pages together. (at least 0) */
  readonly total_records: number;
  /** This page, from 1. (at least 1) */
  readonly page: number;
  /** Rows of a page. (at least 1) */
  readonly page_size: number;
  /** The rows. */
  readonly positions: readonly Position[];
}

/** A line of an account's statement. Amounts and quantities are signed: above zero it got them. */
export interface Transaction {
  /** Unique within the account. */
  readonly id: string;
  /** The account. */
  readonly account_id: string;
  /** What the balance is of. */
  readonly tran_type: "cash" | "holding" | (string & {});
  /** Date of the transaction, YYYY-MM-DD. */
  readonly date: string;
  /** Date on which it settles, YYYY-MM-DD. */
  readonly sett_date: string;
  /** Its currency; empty for a holding that nothing trades any more. */
  readonly base_currency: string;
  /** Its market; empty where none is concerned. */
  readonly market: string;
  /** The product; empty for cash that no trade moved. */
  readonly product_code: string;
  /** For display. */
  readonly product_name: string;
  /** Price of a trade, else 0. */
  readonly price: Decimal;
  /** Quantity that moved. */
  readonly qty: Decimal;
  /** Amount that moved. */
  readonly amt: Decimal;
  /** After this line, what is not settled yet included. */
  readonly balance: Decimal;
  /** In or out. */
  readonly io_type: "in" | "out" | (string & {});
  /** Empty: no line is in two currencies. */
  readonly fx_currency: string;
  /** 0: no line is in two currencies. */
  readonly fx_amt: Decimal;
  /** 0: no line is in two currencies. */
  readonly fx_rate: Decimal;
  /** Why an operator booked it, else empty. */
  readonly remarks: string;
  /** Why the line is there. */
  readonly business_type: "opening" | "adjustment" | "trade" | (string & {});
  /** buy, sell or charge for a trade, else empty. */
  readonly business_sub_type: "" | "buy" | "sell" | "charge" | (string & {});
  /** The order of a trade or a charge, else empty. */
  readonly order_no: string;
}

/** Filters and page of a statement. */
export interface TransactionsQuery {
  /** Page, from 1. (at least 1, at most 1000000, 1 unless given) */
  readonly page?: number;
  /** Rows of a page. (at least 1, at most 100, 20 unless given) */
  readonly page_size?: number;
  /** Why the line is there. */
  readonly business_type?: "opening" | "adjustment" | "trade";
  /** In or out. */
  readonly io_type?: "in" | "out";
  /** First date, YYYY-MM-DD. */
  readonly from_date?: string;
  /** Last date, YYYY-MM-DD. */
  readonly to_date?: string;
}

/** A page, newest first where rows have a time. */
export interface TransactionsPage {
  /** Rows of all pages together. (at least 0) */
  readonly total_records: number;
  /** This page, from 1. (at least 1) */
  readonly page: number;
  /** Rows of a page. (at least 1) */
  readonly page_size: number;
  /** The rows. */
  readonly transactions: readonly Transaction[];
}

/** Price, total quantity and number of orders at it. */
export type MarketLevel = readonly [price: Decimal, qty: Decimal, orderCount: number];

/** An instrument, with last and best prices. */
export interface MarketSymbol {
  /** Leading zeros are part of it. */
  readonly symbol: string;
  /** For display. */
  readonly name: string;
  /** Market names it is listed under. */
  readonly markets: readonly ("hkex" | "usex" | "nasdaq" | "crypto" | (string & {}))[];
  /** Currency of prices. */
  readonly base_currency: string;
  /** Smallest step between two prices. */
  readonly price_tick: Decimal;
  /** Highest price of an order. */
  readonly price_max: Decimal;
  /** Board lot: quantities are multiples of it. */
  readonly lot_qty: Decimal;
  /** Largest quantity of an order. */
  readonly qty_max: Decimal;
  /** Of the latest trade; 0 when there was none. */
  readonly last_price: Decimal;
  /** Of the latest trade; 0 when there was none. */
  readonly last_qty: Decimal;
  /** Time of the latest trade, 0 when there was none, Unix milliseconds (at least 0) */
  readonly last_time_ms: number;
  /** Last price of the day before; 0 when there was none. */
  readonly prev_close: Decimal;
  /** First price of the day; 0 when there was none. */
  readonly day_open: Decimal;
  /** Highest price of the day; 0 when there was none. */
  readonly day_high: Decimal;
  /** Lowest price of the day; 0 when there was none. */
  readonly day_low: Decimal;
  /** Quantity traded in the day. */
  readonly day_qty: Decimal;
  /** Amount traded in the day. */
  readonly day_amount: Decimal;
  /** Trades of the day. */
  readonly day_trades: number;
  /** Highest bid; 0 when there is none. */
  readonly bid_price: Decimal;
  /** Quantity at it. */
  readonly bid_qty: Decimal;
  /** Lowest ask; 0 when there is none. */
  readonly ask_price: Decimal;
  /** Quantity at it. */
  readonly ask_qty: Decimal;
}

/** What is traded. */
export interface MarketSymbols {
  /** Instruments. */
  readonly symbols: readonly MarketSymbol[];
}

/** The best prices of a book. */
export interface MarketDepth {
  /** The symbol. */
  readonly symbol: string;
  /** Changes with every start of the gateway; seq counts within one. */
  readonly epoch: number;
  /** Counts the changes of the symbol. */
  readonly seq: number;
  /** Exchange time of the last change, Unix milliseconds (at least 0) */
  readonly time_ms: number;
  /** Best first. */
  readonly bids: readonly MarketLevel[];
  /** Best first. */
  readonly asks: readonly MarketLevel[];
}

/** A trade. */
export interface MarketTrade {
  /** Number of the fill, the same on both sides. */
  readonly exec_id: string;
  /** Price. */
  readonly price: Decimal;
  /** Quantity. */
  readonly qty: Decimal;
  /** Side of the incoming order; empty for a trade of an auction. */
  readonly aggressor_side: "buy" | "sell" | "" | (string & {});
  /** Time, Unix milliseconds (at least 0) */
  readonly time_ms: number;
}

/** The last trades of a symbol. */
export interface MarketTrades {
  /** The symbol. */
  readonly symbol: string;
  /** Newest first. */
  readonly trades: readonly MarketTrade[];
}

/** Trades of one interval, gathered. */
export interface Candle {
  /** Begin of the interval, Unix seconds (at least 0) */
  readonly start_time: number;
  /** First price. */
  readonly open: Decimal;
  /** Highest price. */
  readonly high: Decimal;
  /** Lowest price. */
  readonly low: Decimal;
  /** Last price. */
  readonly close: Decimal;
  /** Quantity traded. */
  readonly qty: Decimal;
  /** Amount traded. */
  readonly amount: Decimal;
  /** Number of trades. */
  readonly trades: number;
}

/** Candles of a symbol. */
export interface MarketCandles {
  /** The symbol. */
  readonly symbol: string;
  /** Length of a candle. */
  readonly interval: "1m" | "5m" | "1h" | "1d" | (string & {});
  /** Oldest first; intervals without trades are left out. */
  readonly candles: readonly Candle[];
}

/**
 * Where the exchange's clock is to go, and how fast it runs from there: at most one of the first
 * three, and at least one of all.
 */
export interface ClockRequest {
  /**
   * To this time, Unix milliseconds, not before the exchange's own. (at least 0, at most
   * 4102444800000)
   */
  readonly set?: number | string;
  /** Forward by so many milliseconds. (at least 1, at most 4102444800000) */
  readonly advance_ms?: number | string;
  /** To the next boundary of this market's sessions; true is any market's. */
  readonly step?: true | "hkex" | "usex" | "nasdaq" | "crypto";
  /** So many times as fast as real time; 0 stands still. (at least 0, at most 86400) */
  readonly speed?: number | string;
}

/** Where a market is in its day. */
export interface ClockMarket {
  /** The market; nasdaq has usex's hours. */
  readonly market: string;
  /** Its local time. */
  readonly local_time: string;
  /** The session's name. */
  readonly session: string;
  /** What its books do. */
  readonly phase: "continuous" | "auction" | "closed" | (string & {});
  /** Whether cancels are taken now. */
  readonly takes_cancels: boolean;
  /** When its session changes or its day ends, 0 if never, Unix milliseconds (at least 0) */
  readonly next_change: number;
}

/** The exchange's clock. */
export interface Clock {
  /** The exchange's time, Unix milliseconds (at least 0) */
  readonly timestamp: number;
  /** So many times as fast as real time; 0 stands still. (at least 0) */
  readonly speed: number;
  /** Nobody has set it. */
  readonly follows_real_time: boolean;
  /** The rules of the markets. */
  readonly rules: "reference" | "strict" | (string & {});
  /** One element per market. */
  readonly markets: readonly ClockMarket[];
}

/** A fault of this key. */
export interface FaultRequest {
  /** What goes wrong. */
  readonly fault:
    | "delayed_order"
    | "stuck_order"
    | "rejected_order"
    | "partial_fill_then_cancel"
    | "delayed_cancel"
    | "stuck_cancel"
    | "rejected_cancel"
    | "fill_before_cancel"
    | "dropped_frame"
    | "repeated_frame"
    | "lost_answer";
  /** Milliseconds; the fault's own where none are sent. (at least 0, at most 60000) */
  readonly delay_ms?: number | string;
  /** How many times it happens. (at least 1, at most 1000, 1 unless given) */
  readonly count?: number | string;
  /** Chance at each occasion: above 0, at most 1, which is the default. */
  readonly probability?: Decimal;
  /** Decides at which occasions it happens. (at least 0, at most 4294967295, 1 unless given) */
  readonly seed?: number | string;
}

/** An armed fault. */
export interface Fault {
  /** From 1, per key. */
  readonly id: number;
  /** What goes wrong. */
  readonly fault:
    | "delayed_order"
    | "stuck_order"
    | "rejected_order"
    | "partial_fill_then_cancel"
    | "delayed_cancel"
    | "stuck_cancel"
    | "rejected_cancel"
    | "fill_before_cancel"
    | "dropped_frame"
    | "repeated_frame"
    | "lost_answer"
    | (string & {});
  /** Milliseconds; absent for a fault without delay. */
  readonly delay_ms?: number;
  /** How many times it happens. */
  readonly count: number;
  /** Chance at each occasion. */
  readonly probability: Decimal;
  /** Decides at which occasions it happens. */
  readonly seed: number;
  /** Times it has happened. */
  readonly fired: number;
}

/** The key's faults. */
export interface Faults {
  /** In the order in which they were armed. */
  readonly faults: readonly Fault[];
}

/** What was disarmed. */
export interface FaultsCleared {
  /** How many there were. */
  readonly cleared: number;
}

/** What a market takes. */
export interface MarketRestriction {
  /** The market, under the first of its names. */
  readonly market: string;
  /** cancel_only and halted refuse new orders and amends. */
  readonly mode: "open" | "cancel_only" | "halted" | (string & {});
}

/** A block: new orders and amends that it reaches are refused; cancels are not. */
export interface BlockRestriction {
  /** Its number, to be named to an operator. (at least 1) */
  readonly block_id: number;
  /** When it began, Unix seconds (at least 0) */
  readonly blocked_at: number;
  /** What market it is about; empty: all. */
  readonly market: string;
  /** What portfolio it is about; empty: all. */
  readonly portfolio_id: string;
}

/** What operators hold back now. */
export interface Restrictions {
  /** Each market. */
  readonly markets: readonly MarketRestriction[];
  /** Those that reach this key's account, or a portfolio of the key. */
  readonly blocks: readonly BlockRestriction[];
  /** Instruments that take no new orders. */
  readonly halted_symbols: readonly string[];
}

/** A one-time code for the web console. */
export interface SignInCode {
  /** Open /console#code= followed by this; it works once. */
  readonly sign_in_code: string;
  /** Seconds for which it works. (at least 0) */
  readonly expires_in: number;
}

/** A browser that is signed in. */
export interface ConsoleSession {
  /** Operators have a console of their own. */
  readonly role: "trader" | (string & {});
  /** The account it acts for. */
  readonly account_code: string;
  /** The key it has the permissions of, and ends with. */
  readonly api_key: string;
  /** To be sent in X-CSRF-Token with every request but GET. */
  readonly csrf_token: string;
  /** Seconds until it ends at the latest. (at least 0) */
  readonly expires_in: number;
}

/** What a handshake asks for; signed with it. */
export interface StreamQuery {
  /**
   * First replay everything later than this: N, or N@HISTORY, which is refused where this gateway's
   * history is another; ACCOUNT:N,ACCOUNT:N@HISTORY for a drop copy. (at least 0)
   */
  readonly after_seq?: number | string;
  /** 1: the open orders first. Not together with after_seq. (at least 0, at most 1) */
  readonly snapshot?: number;
  /** 1: a message tells first which history the positions are of. (at least 0, at most 1) */
  readonly history?: number;
  /** 1: a message tells when all that was missed has been sent. (at least 0, at most 1) */
  readonly live?: number;
  /** Seconds between heartbeats. (at least 1, at most 30, 30 unless given) */
  readonly heartbeat?: number;
  /** 1: commands are taken on this socket; such a handshake works once. (at least 0, at most 1) */
  readonly commands?: number;
  /**
   * 1: when the last such connection of the key and group is lost, the key's orders are cancelled;
   * such a handshake works once. (at least 0, at most 1)
   */
  readonly cancel_on_disconnect?: number;
  /**
   * Seconds to come back in; only with cancel_on_disconnect=1. (at least 0, at most 300, 10 unless
   * given)
   */
  readonly grace?: number;
  /**
   * Connections that stand in for each other; only with cancel_on_disconnect=1. (at most 32
   * characters)
   */
  readonly group?: string;
}

/** One event of one order. */
export interface OrderMessage {
  readonly type: "order";
  /** Position in the account's stream: from 1, no gaps, kept over restarts. (at least 0) */
  readonly seq: number;
  readonly data: OrderUpdate;
}

/** The stream is alive, and this is its latest position: it tells silence from loss. */
export interface HeartbeatMessage {
  readonly type: "heartbeat";
  /** Whose message it is; only where a socket carries several accounts. */
  readonly account_code?: string;
  /** Where it stands. */
  readonly data: {
    /** Server time, Unix milliseconds (at least 0) */
    readonly timestamp: number;
    /** Position in the account's stream: from 1, no gaps, kept over restarts. (at least 0) */
    readonly seq: number;
    /** What is left of the key's budgets, where it has any. */
    readonly budget?: {
      /** New orders and amends. (at least 0) */
      readonly place: number;
      /** Cancels; never fewer than there are open orders. (at least 0) */
      readonly cancel: number;
    };
  };
}

/** The open orders as they stood at seq. */
export interface SnapshotMessage {
  readonly type: "snapshot";
  /** Whose message it is; only where a socket carries several accounts. */
  readonly account_code?: string;
  /** Position in the account's stream: from 1, no gaps, kept over restarts. (at least 0) */
  readonly seq: number;
  /** The orders. */
  readonly data: {
    /** Open orders. */
    readonly orders: readonly OrderUpdate[];
  };
}

/** Stands for an event that the key may not see, so that seq has no gaps. */
export interface SkipMessage {
  readonly type: "skip";
  /** Whose message it is; only where a socket carries several accounts. */
  readonly account_code?: string;
  /** Position in the account's stream: from 1, no gaps, kept over restarts. (at least 0) */
  readonly seq: number;
}

/** Which history the positions of this connection are of; only where history=1 asks for it. */
export interface HistoryMessage {
  readonly type: "history";
  /** Whose message it is; only where a socket carries several accounts. */
  readonly account_code?: string;
  /** Its name, for the next after_seq. */
  readonly history: string;
}

/**
 * All up to seq has been sent, what follows is sent as it happens; only where live=1 asks for it.
 */
export interface LiveMessage {
  readonly type: "live";
  /** Whose message it is; only where a socket carries several accounts. */
  readonly account_code?: string;
  /** Position in the account's stream: from 1, no gaps, kept over restarts. (at least 0) */
  readonly seq: number;
}

/** An announcement that is not the client's fault. */
export interface NoticeMessage {
  readonly type: "notice";
  /** Eight digits that name the cause. (at least 10000000) */
  readonly code: number;
  /** Constant text of the code. */
  readonly message: string;
  /** For people: what was wrong and what is allowed, or what to do. */
  readonly details: string;
  /** Machine word of the cause. */
  readonly reason: string;
  /** The same request, unchanged, is worth repeating later. */
  readonly retryable: boolean;
  /** Seconds until the budget covers it; with rate_limited. (at least 1) */
  readonly retry_after?: number;
  /** The order that a refused cancel or amend was about; the outcome of a cancel-all. */
  readonly data?: Order | CancelAllResult;
  /** Whose message it is; only where a socket carries several accounts. */
  readonly account_code?: string;
  /** Of a notice about a dead-man's switch. */
  readonly switch?: DeadManSwitch;
  /** Of a notice about what a market takes: the first of its names. */
  readonly market?: string;
  /** Of such a notice: what it takes now. */
  readonly mode?: "open" | "cancel_only" | "halted" | (string & {});
}

/** About this connection; where the close codes say so, it is closed next. */
export interface ErrorMessage {
  readonly type: "error";
  /** Eight digits that name the cause. (at least 10000000) */
  readonly code: number;
  /** Constant text of the code. */
  readonly message: string;
  /** For people: what was wrong and what is allowed, or what to do. */
  readonly details: string;
  /** Machine word of the cause. */
  readonly reason: string;
  /** The same request, unchanged, is worth repeating later. */
  readonly retryable: boolean;
  /** Seconds until the budget covers it; with rate_limited. (at least 1) */
  readonly retry_after?: number;
  /** The order that a refused cancel or amend was about; the outcome of a cancel-all. */
  readonly data?: Order | CancelAllResult;
  /** Whose message it is; only where a socket carries several accounts. */
  readonly account_code?: string;
  /** Earliest position that can be replayed from. (at least 0) */
  readonly earliest_seq?: number;
  /** Position in the account's stream: from 1, no gaps, kept over restarts. (at least 0) */
  readonly latest_seq?: number;
}

/** The answer to a command: its id, then the members of the REST answer. */
export interface ReplyMessage {
  readonly type: "reply";
  /** The command's id. */
  readonly id: string;
  /** 0 for success. */
  readonly code: number;
  /** As the REST answer has it. */
  readonly data?: unknown;
  /** Constant text of the code. */
  readonly message?: string;
  /** For the person. */
  readonly details?: string;
  /** Machine word of the cause. */
  readonly reason?: string;
  /** The same command is worth repeating later. */
  readonly retryable?: boolean;
  /** Seconds until the budget covers it; with rate_limited. (at least 1) */
  readonly retry_after?: number;
  /** The markets that the symbol is on; with unknown_symbol, where it is on another one. */
  readonly markets?: readonly ("hkex" | "usex" | "nasdaq" | "crypto" | (string & {}))[];
  /**
   * Signed statement of the cancel (JWS, EdDSA), where one was asked for; empty when it cannot be
   * made just now: send the same request again.
   */
  readonly receipt?: string;
}

/** A command on a socket that was opened with commands=1. */
export interface CommandMessage {
  /** What to do. */
  readonly op: "cancel" | "cancel_batch" | "cancel_all" | "place" | "place_batch" | "amend";
  /** Names the command: the same id again acts once. (at most 64 characters) */
  readonly id: string;
  /** By op. */
  readonly data:
    | CancelRequest
    | CancelAllRequest
    | PlaceRequest
    | AmendRequest
    | readonly (CancelRequest | PlaceRequest)[];
  /** Of a cancel: a signed receipt is wanted. */
  readonly receipt?: "ed25519";
  /** Whole orders are wanted in the reply. */
  readonly prefer?: "return=representation";
}

/** What a handshake asks for. */
export interface MarketStreamQuery {
  /** Seconds between heartbeats. (at least 1, at most 30, 30 unless given) */
  readonly heartbeat?: number;
}

/** The answer of a subscribe, as it was understood; a snapshot of each follows. */
export interface MarketSubscribedMessage {
  readonly type: "subscribed";
  /** Every one of them for every symbol. */
  readonly channels: readonly (
    | "depth"
    | "trades"
    | "candles:1m"
    | "candles:5m"
    | "candles:1h"
    | "candles:1d"
    | (string & {})
  )[];
  /** What they are about. */
  readonly symbols: readonly string[];
  /** Prices per side of depth. */
  readonly levels: 1 | 5 | 10 | 20 | 50 | (string & {});
  /** Subscriptions that are open now. (at least 0) */
  readonly subscriptions: number;
}

/** The answer of an unsubscribe, as it was understood. */
export interface MarketUnsubscribedMessage {
  readonly type: "unsubscribed";
  /** Every one of them for every symbol. */
  readonly channels: readonly (
    | "depth"
    | "trades"
    | "candles:1m"
    | "candles:5m"
    | "candles:1h"
    | "candles:1d"
    | (string & {})
  )[];
  /** What they are about. */
  readonly symbols: readonly string[];
  /** Subscriptions that are open now. (at least 0) */
  readonly subscriptions: number;
}

/** What a subscription begins with, and begins anew with. */
export interface MarketSnapshotMessage {
  readonly type: "snapshot";
  /** What is told. */
  readonly channel:
    | "depth"
    | "trades"
    | "candles:1m"
    | "candles:5m"
    | "candles:1h"
    | "candles:1d"
    | (string & {});
  /** The symbol. */
  readonly symbol: string;
  /** Changes with every start of the gateway; seq counts within one. */
  readonly epoch: number;
  /** Counts the changes of the symbol. */
  readonly seq: number;
  /** Exchange time of the last change, Unix milliseconds (at least 0) */
  readonly time_ms: number;
  /** By channel: the best prices, the last trades or the last candles. */
  readonly data:
    | {
        /** Prices per side of depth. */
        readonly levels: 1 | 5 | 10 | 20 | 50 | (string & {});
        /** Best first. */
        readonly bids: readonly MarketLevel[];
        /** Best first. */
        readonly asks: readonly MarketLevel[];
      }
    | {
        /** Oldest first. */
        readonly trades: readonly MarketTrade[];
      }
    | {
        /** Oldest first. */
        readonly candles: readonly Candle[];
      };
}

/** Prices of a book that changed: quantity and orders of one that is gone are 0. */
export interface MarketDeltaMessage {
  readonly type: "delta";
  /** What is told. */
  readonly channel:
    | "depth"
    | "trades"
    | "candles:1m"
    | "candles:5m"
    | "candles:1h"
    | "candles:1d"
    | (string & {});
  /** The symbol. */
  readonly symbol: string;
  /** Changes with every start of the gateway; seq counts within one. */
  readonly epoch: number;
  /** Counts the changes of the symbol. */
  readonly seq: number;
  /** Exchange time of the last change, Unix milliseconds (at least 0) */
  readonly time_ms: number;
  /** seq of the message of this subscription before this one. */
  readonly prev_seq: number;
  /** With their new totals. */
  readonly data: {
    /** Best first. */
    readonly bids: readonly MarketLevel[];
    /** Best first. */
    readonly asks: readonly MarketLevel[];
  };
}

/** Trades since the message before. */
export interface MarketTradeMessage {
  readonly type: "trade";
  /** What is told. */
  readonly channel:
    | "depth"
    | "trades"
    | "candles:1m"
    | "candles:5m"
    | "candles:1h"
    | "candles:1d"
    | (string & {});
  /** The symbol. */
  readonly symbol: string;
  /** Changes with every start of the gateway; seq counts within one. */
  readonly epoch: number;
  /** Counts the changes of the symbol. */
  readonly seq: number;
  /** Exchange time of the last change, Unix milliseconds (at least 0) */
  readonly time_ms: number;
  /** seq of the message of this subscription before this one. */
  readonly prev_seq: number;
  /** In their order. */
  readonly data: {
    /** Oldest first. */
    readonly trades: readonly MarketTrade[];
  };
}

/** A candle that changed, as it stands now. */
export interface MarketCandleMessage {
  readonly type: "candle";
  /** What is told. */
  readonly channel:
    | "depth"
    | "trades"
    | "candles:1m"
    | "candles:5m"
    | "candles:1h"
    | "candles:1d"
    | (string & {});
  /** The symbol. */
  readonly symbol: string;
  /** Changes with every start of the gateway; seq counts within one. */
  readonly epoch: number;
  /** Counts the changes of the symbol. */
  readonly seq: number;
  /** Exchange time of the last change, Unix milliseconds (at least 0) */
  readonly time_ms: number;
  /** seq of the message of this subscription before this one. */
  readonly prev_seq: number;
  readonly data: Candle;
}

/** The stream lives, and these are the latest positions: silence and loss can be told apart. */
export interface MarketHeartbeatMessage {
  readonly type: "heartbeat";
  /** Where it stands. */
  readonly data: {
    /** Server time, Unix milliseconds (at least 0) */
    readonly timestamp: number;
    /** Changes with every start of the gateway; seq counts within one. */
    readonly epoch: number;
    /** Those whose snapshot was sent. */
    readonly subscriptions: readonly {
      /** What is told. */
      readonly channel:
        | "depth"
        | "trades"
        | "candles:1m"
        | "candles:5m"
        | "candles:1h"
        | "candles:1d"
        | (string & {});
      /** The symbol. */
      readonly symbol: string;
      /** Counts the changes of the symbol. */
      readonly seq: number;
    }[];
  };
}

/** Which channels of which symbols to begin or to end; levels only with subscribe. */
export interface MarketCommandMessage {
  /** What to do. */
  readonly op: "subscribe" | "unsubscribe";
  /** Every one of them for every symbol. */
  readonly channels: readonly (
    | "depth"
    | "trades"
    | "candles:1m"
    | "candles:5m"
    | "candles:1h"
    | "candles:1d"
  )[];
  /** What they are about. */
  readonly symbols: readonly string[];
  /** Prices per side of depth. (10 unless given) */
  readonly levels?: 1 | 5 | 10 | 20 | 50;
}

/** Members that are whole numbers; every other number of an answer is a decimal. */
export const INTEGER_FIELDS: ReadonlySet<string> = new Set([
  "already",
  "block_id",
  "blocked_at",
  "cancel",
  "cancel_on_disconnect",
  "cleared",
  "code",
  "commands",
  "count",
  "create_time",
  "day_trades",
  "delay_ms",
  "done",
  "earliest_seq",
  "end_time",
  "epoch",
  "expires_in",
  "failed",
  "fired",
  "fired_at",
  "fires_at",
  "fires_in_ms",
  "grace",
  "heartbeat",
  "history",
  "id",
  "last_time_ms",
  "latest_seq",
  "levels",
  "listed",
  "live",
  "matched",
  "next_change",
  "page",
  "page_index",
  "page_size",
  "pending",
  "place",
  "prev_seq",
  "retry_after",
  "seed",
  "seq",
  "snapshot",
  "speed",
  "start_time",
  "subscriptions",
  "time_ms",
  "timeout",
  "timestamp",
  "too_late",
  "total_records",
  "trade_time",
  "trades",
  "update_time",
  "version",
]);

/** HTTP status of a failure on a socket by its reason, where it is not 400. */
export const HTTP_STATUSES: ReadonlyMap<string, number> = new Map([
  ["authentication_missing", 401],
  ["timestamp_malformed", 401],
  ["timestamp_out_of_window", 401],
  ["signature_invalid", 401],
  ["handshake_used", 401],
  ["outcome_unknown", 500],
  ["unavailable", 503],
  ["starting", 503],
  ["draining", 503],
  ["overloaded", 503],
  ["disk_full", 503],
  ["rate_limited", 429],
  ["body_too_large", 413],
  ["headers_too_large", 431],
  ["unsupported_media_type", 415],
  ["unknown_path", 404],
  ["method_not_allowed", 405],
  ["request_timeout", 408],
  ["permission_missing", 403],
  ["address_not_allowed", 403],
  ["portfolio_not_allowed", 403],
  ["account_wide", 403],
  ["drop_copy_only", 403],
  ["unverified_too_often", 429],
  ["key_no_longer_good", 401],
  ["market_closed", 409],
  ["order_type_not_in_session", 409],
  ["time_in_force_not_in_session", 409],
  ["would_trade", 409],
  ["order_rate_limit", 429],
  ["unknown_order", 404],
  ["ambiguous_reference", 409],
  ["too_late_filled", 409],
  ["too_late_cancelled", 409],
  ["rejected_order", 409],
  ["order_pending", 409],
  ["window_closed", 409],
  ["not_unfilled", 409],
  ["version_changed", 409],
  ["nothing_cancelled", 409],
  ["not_all_cancelled", 409],
  ["too_many_cancel_alls", 429],
  ["qty_not_above_filled", 409],
  ["upgrade_required", 426],
  ["seq_out_of_range", 409],
  ["commands_not_enabled", 403],
  ["command_id_reused", 409],
  ["message_too_big", 413],
  ["too_many_parts", 413],
  ["text_only", 415],
  ["slow_reader", 503],
  ["shutting_down", 503],
  ["too_many_subscriptions", 409],
  ["dead_man_blocked", 409],
  ["too_many_dead_man_switches", 409],
  ["dead_man_warning", 409],
  ["dead_man_fired", 409],
  ["blocked", 409],
  ["market_cancel_only", 409],
  ["market_halted", 409],
  ["instrument_halted", 409],
  ["account_closed", 409],
  ["mode_changed", 409],
  ["instrument_retired", 409],
]);
