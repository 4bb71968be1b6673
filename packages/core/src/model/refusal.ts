/**
 * A command we did not carry out. A value, never an exception. The contract's catalogue gives
 * each name its number, HTTP status, reason word and advice.
 */
export interface Refusal {
  readonly refused: RefusalName;
  /** For the person: what was wrong and what to do, in one sentence; may be "". */
  readonly details: string;
}

/**
 * Refusals that the desk itself decides. The order of the names is the order in which checks run.
 */
export const REFUSAL_NAMES = [
  "UNKNOWN_SYMBOL",
  "ORD_TYPE_UNAVAILABLE",
  "PRICE_NOT_TAKEN",
  "PRICE_NOT_POSITIVE",
  "PRICE_OUT_OF_RANGE",
  "PRICE_OFF_TICK",
  "QTY_ZERO",
  "QTY_NEGATIVE",
  "QTY_BELOW_ONE",
  "QTY_OFF_LOT",
  "QTY_OUT_OF_RANGE",
  "UNKNOWN_ORDER",
  "AMBIGUOUS_REFERENCE",
  "TOO_LATE_FILLED",
  "REJECTED_ORDER",
] as const;
export type RefusalName = (typeof REFUSAL_NAMES)[number];

export function refuse(refused: RefusalName, details: string): Refusal {
  return { refused, details };
}
