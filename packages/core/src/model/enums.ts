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
} as const;
export type OrdType = (typeof OrdType)[keyof typeof OrdType];

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
  Rejected: "8",
  Trade: "F",
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
 * Why an order was cancelled; a machine word that travels as `cancel_reason`. "" while it is not.
 */
export const CancelReason = {
  None: "",
  /** The client asked for it. */
  Requested: "requested",
  /** The rest of a market order that found no more liquidity. */
  NoLiquidity: "no_liquidity",
  /** The rest of an incoming order that would have traded with an order of its own account. */
  SelfTrade: "self_trade",
} as const;
export type CancelReason = (typeof CancelReason)[keyof typeof CancelReason];
