/**
 * A command we did not carry out. A value, never an exception. The contract's catalogue gives
 * each name its number, HTTP status, reason word and advice.
 */
export interface Refusal {
  readonly refused: RefusalName;
  /** For the person: what was wrong and what to do, in one sentence; may be "". */
  readonly details: string;
  /** Fills the place for a value that the catalogue's message of this name has. */
  readonly value?: string;
  /** Of a symbol that is not on the market that was named: the markets that it is on. */
  readonly markets?: readonly string[];
}

/**
 * Refusals that the desk itself decides, and the limits after it. The order of the names is the
 * order in which checks run: placing skips those about an existing order, cancelling ends after the
 * conditions, amending takes all from UNKNOWN_ORDER on.
 */
export const REFUSAL_NAMES = [
  // What is to be placed.
  "UNKNOWN_SYMBOL",
  "ORD_TYPE_UNAVAILABLE",
  "TIME_IN_FORCE_NOT_TAKEN",
  // Which order is meant, and whether it still can be cancelled or amended.
  "UNKNOWN_ORDER",
  "AMBIGUOUS_REFERENCE",
  "TOO_LATE_FILLED",
  "TOO_LATE_CANCELED",
  "REJECTED_ORDER",
  "ORDER_PENDING",
  // Whether the client still wants it.
  "NOT_UNFILLED",
  "VERSION_CHANGED",
  "NOTHING_TO_AMEND",
  // The figures.
  "PRICE_NOT_TAKEN",
  "PRICE_NOT_POSITIVE",
  "PRICE_OUT_OF_RANGE",
  "PRICE_OFF_TICK",
  "TRIGGER_PRICE_NOT_TAKEN",
  "TRIGGER_PRICE_NOT_POSITIVE",
  "TRIGGER_PRICE_OUT_OF_RANGE",
  "TRIGGER_PRICE_OFF_TICK",
  "QTY_ZERO",
  "QTY_NEGATIVE",
  "QTY_BELOW_ONE",
  "ODD_LOT_TOO_FINE",
  "ODD_LOT_OUT_OF_RANGE",
  "ODD_LOT_ORD_TYPE",
  "ODD_LOT_TIME_IN_FORCE",
  "QTY_OFF_LOT",
  "QTY_OUT_OF_RANGE",
  "ODD_LOT_KEPT_APART",
  "QTY_NOT_ABOVE_FILLED",
  // What it would cost.
  "INSUFFICIENT_CASH",
  "INSUFFICIENT_HOLDINGS",
  // What a switch of the client's own keeps out.
  "DEAD_MAN_BLOCKED",
  // What the account's and the key's limits allow.
  "ORDER_QTY_LIMIT",
  "ORDER_VALUE_LIMIT",
  "PRICE_DISTANCE_LIMIT",
  "DUPLICATE_ORDER",
  "OPEN_ORDERS_LIMIT",
  "GROSS_EXPOSURE_LIMIT",
  "ORDER_RATE_LIMIT",
] as const;

/**
 * Refusals that a market's rules give after the desk's own checks, in the order in which they run.
 * Some of {@link REFUSAL_NAMES} are theirs as well, for what only the rules know.
 */
export const RULE_REFUSAL_NAMES = [
  "MARKET_CLOSED",
  "WINDOW_CLOSED_AMEND",
  "WINDOW_CLOSED_CANCEL",
  "ORD_TYPE_NOT_IN_SESSION",
  "TIME_IN_FORCE_NOT_IN_SESSION",
  "PRICE_OFF_SPREAD",
  "TRIGGER_PRICE_OFF_SPREAD",
  "PRICE_BEYOND_SPREADS",
  "PRICE_BEYOND_AUCTION_LIMIT",
  "TOO_MANY_LOTS",
] as const;

/** Refusals by what rests in the book, given behind the rules' own: see the exchange. */
export const BOOK_REFUSAL_NAMES = ["WOULD_TRADE"] as const;

/**
 * Refusals by what operators decided: of orders and amends, asked before everything else, and of
 * operators' own requests.
 */
export const CONTROL_REFUSAL_NAMES = [
  "BLOCKED",
  "MARKET_CANCEL_ONLY",
  "MARKET_HALTED",
  "INSTRUMENT_HALTED",
  "TOO_MANY_BLOCKS",
  "UNKNOWN_BLOCK",
  "UNKNOWN_ACCOUNT",
  "ACCOUNT_EXISTS",
  "ACCOUNT_CLOSED",
  "ACCOUNT_NOT_EMPTY",
  "UNKNOWN_ASSET",
  "UNKNOWN_INSTRUMENT",
  "INSTRUMENT_RETIRED",
  "INSTRUMENT_EXISTS",
  "TOO_MANY_INSTRUMENTS",
  "INVALID_INSTRUMENT",
  "BOOK_NOT_EMPTY",
  "ORDERS_DO_NOT_FIT",
  "UNKNOWN_KEY",
  "KEY_ENDED",
  "TOO_MANY_KEYS",
  "TOO_MANY_LIMITS",
  "PORTFOLIO_NOT_ALLOWED",
] as const;
export type RefusalName =
  | (typeof REFUSAL_NAMES)[number]
  | (typeof RULE_REFUSAL_NAMES)[number]
  | (typeof BOOK_REFUSAL_NAMES)[number]
  | (typeof CONTROL_REFUSAL_NAMES)[number];

export function refuse(refused: RefusalName, details: string, value?: string): Refusal {
  return value === undefined ? { refused, details } : { refused, details, value };
}
