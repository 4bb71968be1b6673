import type { ErrorSpec } from "./error-spec.ts";

/** 110309xx: amend. What names the order and what its figures may be has the codes of 01 and 02. */
export const AMEND_ERRORS = {
  NOTHING_TO_AMEND: {
    code: 11030950,
    httpStatus: 400,
    message: "Nothing To Amend",
    reason: "nothing_to_amend",
    retryable: false,
    action: "Send a price, qty or trigger_price that differs from the order's.",
  },
  QTY_NOT_ABOVE_FILLED: {
    code: 11030951,
    httpStatus: 409,
    message: "Qty Not Above Filled",
    reason: "qty_not_above_filled",
    retryable: false,
    action: "Send the whole order's quantity, above what has traded, or cancel the rest.",
  },
  WINDOW_CLOSED_AMEND: {
    code: 11030952,
    httpStatus: 409,
    message: "Amend Window Closed",
    reason: "window_closed",
    retryable: true,
    action: "The order works as it was. Repeat when the market takes amends: details says when.",
  },
  AMEND_UNKNOWN_FIELD: {
    code: 11030953,
    httpStatus: 400,
    message: "Unknown Field",
    reason: "unknown_field",
    retryable: false,
    action: "Remove or rename the field that details names.",
  },
  ODD_LOT_KEPT_APART: {
    code: 11030954,
    httpStatus: 400,
    message: "Odd Lot Kept Apart",
    reason: "odd_lot_kept_apart",
    retryable: false,
    action: "Cancel the order and place a new one: odd lots trade apart from board lots.",
  },
} as const;
AMEND_ERRORS satisfies Readonly<Record<string, ErrorSpec>>;
