/** What simulated clients ask for, and how often each of it. */
import { ALL_INSTRUMENTS, NOBODYS_SYMBOL } from "../oracle/money.ts";

/** How often each kind of request is made, of about a hundred. */
export const KINDS = {
  place: 50,
  cancel: 30,
  amend: 10,
  orders: 7,
  executions: 2,
  transactions: 2,
  balance: 3,
  cancelAll: 1,
  deadMan: 0.7,
  clock: 0.1,
  time: 0,
  fault: 0,
} as const;

/** What is asked about before it is done, or without. */
export const PREVIEWED = { place: 5, cancel: 3, amend: 2 } as const;

export const STRICT_KINDS = { amend: 6, clock: 6, time: 2 } as const;

export const NETLESS_KINDS = { cancelAll: 0, deadMan: 0 } as const;

/** What a list of them is filtered by. */
export const STATEMENT_FIELDS = {
  executions: ["market", "symbol", "order_side", "order_no", "reference_id", "portfolio_id"],
  transactions: ["business_type", "io_type"],
} as const;

export const ORDER_TYPES = {
  limit_order: 80,
  market_order: 10,
  stop_limit_order: 6,
  stop_market_order: 4,
} as const;

export const HONG_KONG_TYPES = { ...ORDER_TYPES, enhanced_limit_order: 30 } as const;

/** All but the first are refused. */
export const ODD_LOT_TYPES = {
  limit_order: 95,
  market_order: 2,
  stop_limit_order: 1,
  stop_market_order: 0,
  enhanced_limit_order: 1,
} as const;

export const TIMES_IN_FORCE = {
  limit_order: { day: 6, gtc: 2, ioc: 1, fok: 1 },
  market_order: { day: 1, gtc: 0, ioc: 0, fok: 0 },
  stop_limit_order: { day: 2, gtc: 1, ioc: 0, fok: 0 },
  stop_market_order: { day: 2, gtc: 1, ioc: 0, fok: 0 },
  enhanced_limit_order: { day: 2, gtc: 1, ioc: 0, fok: 0 },
  at_auction_order: { day: 1, gtc: 0, ioc: 0, fok: 0 },
  at_auction_limit_order: { day: 1, gtc: 0, ioc: 0, fok: 0 },
} as const;

export const FAULTS = [
  "delayed_order",
  "stuck_order",
  "rejected_order",
  "partial_fill_then_cancel",
  "delayed_cancel",
  "stuck_cancel",
  "rejected_cancel",
  "fill_before_cancel",
  "dropped_frame",
  "repeated_frame",
  "lost_answer",
] as const;

const AAPL = {
  market: "usex",
  symbol: "AAPL",
  order_type: "limit_order",
  order_side: "buy",
};

/** Nobody trades the last one, ever; the one before it only where an operator lists it. */
export const CANCEL_ALL_SYMBOLS = [...ALL_INSTRUMENTS.map(({ symbol }) => symbol), NOBODYS_SYMBOL];

/** What no market takes, and the code that says so. */
export const REFUSED: readonly { readonly body: object; readonly refused: number }[] = [
  { body: { ...AAPL, qty: "0", price: "90" }, refused: 11030106 },
  { body: { ...AAPL, qty: "1", price: "100.001" }, refused: 11030104 },
  { body: { ...AAPL, qty: "1", price: "90", symbol: "NONE" }, refused: 11030103 },
  { body: { ...AAPL, qty: "1", price: "90", order_side: "both" }, refused: 11030101 },
];
