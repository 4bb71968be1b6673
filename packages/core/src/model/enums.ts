/**
 * FIX enumerations we use. The value is the FIX character; the wire's words live in the contract
 * only.
 */

/** Side(54). */
export const Side = { Buy: "1", Sell: "2" } as const;
export type Side = (typeof Side)[keyof typeof Side];

/**
 * OrdType(40). `EnhancedLimit` is a Hong Kong modifier and has no FIX character of its own; "E"
 * is ours.
 */
export const OrdType = {
  Market: "1",
  Limit: "2",
  StopMarket: "3",
  StopLimit: "4",
  EnhancedLimit: "E",
  /** Hong Kong at-auction order: matched in an auction at any price, else cancelled. "A" is ours. */
  Auction: "A",
  /** Hong Kong at-auction limit order: what an auction leaves of it stays as a limit order. "B" is ours. */
  AuctionLimit: "B",
} as const;
export type OrdType = (typeof OrdType)[keyof typeof OrdType];

/** TimeInForce(59). */
export const TimeInForce = {
  Day: "0",
  GoodTillCancel: "1",
  ImmediateOrCancel: "3",
  FillOrKill: "4",
} as const;
export type TimeInForce = (typeof TimeInForce)[keyof typeof TimeInForce];

/** OrdStatus(39). Never stored: a function of the order's facts, see order.ts. */
export const OrdStatus = {
  New: "0",
  PartiallyFilled: "1",
  Filled: "2",
  Canceled: "4",
  PendingCancel: "6",
  Rejected: "8",
  PendingNew: "A",
} as const;
export type OrdStatus = (typeof OrdStatus)[keyof typeof OrdStatus];

/** ExecType(150): why a report was sent. */
export const ExecType = {
  New: "0",
  Canceled: "4",
  Replaced: "5",
  /** A cancel was sent to a venue that has not answered it yet. */
  PendingCancel: "6",
  Rejected: "8",
  /** An order was sent to a venue that has not answered it yet. */
  PendingNew: "A",
  /** OrderCancelReject(9), which is a message of its own in FIX; "R" is ours. */
  CancelRejected: "R",
  Trade: "F",
  /** A stop order's trigger was reached: from now on it works in the market. */
  Triggered: "L",
} as const;
export type ExecType = (typeof ExecType)[keyof typeof ExecType];

/** Market names a client may use. `nasdaq` is another name for the books and holdings of `usex`. */
export const MarketName = {
  Hkex: "hkex",
  Usex: "usex",
  Nasdaq: "nasdaq",
  Crypto: "crypto",
} as const;
export type MarketName = (typeof MarketName)[keyof typeof MarketName];

/**
 * Why an order was cancelled, or while a cancel is pending why it was sent; a machine word that
 * travels as `cancel_reason` of a cancelled order.
 */
export const CancelReason = {
  None: "",
  /** The client asked for it. */
  Requested: "requested",
  /** A dead-man's switch of the account was not refreshed in time. */
  DeadMan: "dead_man",
  /** The last connection of its key was lost, and it was to be cancelled then. */
  Disconnected: "disconnected",
  /** The rest of a market order that found no more liquidity. */
  NoLiquidity: "no_liquidity",
  /** The rest of an incoming order that would have traded with an order of its own account. */
  SelfTrade: "self_trade",
  /** The rest of an immediate-or-cancel order. */
  ImmediateOrCancel: "immediate_or_cancel",
  /** A fill-or-kill order that could not trade whole. */
  FillOrKill: "fill_or_kill",
  /** A day order at the end of its day. */
  Expired: "expired",
  /** An operator's kill switch. */
  KillSwitch: "kill_switch",
  /** An operator closed its account. */
  AccountClosed: "account_closed",
  /** An operator gave its instrument another tick or lot, which it does not fit, or retired it. */
  InstrumentChanged: "instrument_changed",
  /** An at-auction order that the auction did not match. */
  AuctionUnmatched: "auction_unmatched",
  /** The venue withdrew it unasked. */
  Venue: "venue",
} as const;
export type CancelReason = (typeof CancelReason)[keyof typeof CancelReason];

/** Why the gateway asks a venue to cancel an order; the venue itself knows only that it does. */
export const ASKED_REASONS = [
  CancelReason.Requested,
  CancelReason.DeadMan,
  CancelReason.Disconnected,
  CancelReason.KillSwitch,
  CancelReason.AccountClosed,
  CancelReason.InstrumentChanged,
] as const;
export type AskedReason = (typeof ASKED_REASONS)[number];
