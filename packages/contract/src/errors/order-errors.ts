import type { ErrorSpec } from "./error-spec.ts";

/** The reference page's sentence for every identifier we cannot use. */
export const IDENTIFIER_INVALID = "order_no or reference_id is invalid";

const REFUSED = { httpStatus: 400, retryable: false } as const;
const SIDE = { ...REFUSED, code: 11030101, message: "Invalid Parameter BSFlag" } as const;
const ORDER_TYPE = { ...REFUSED, code: 11030102, message: "Invalid Parameter Type" } as const;
const SYMBOL = { ...REFUSED, code: 11030103, message: "Invalid Parameter ProductCode" } as const;
const PRICE = { ...REFUSED, code: 11030104, message: "Invalid Parameter Price" } as const;
const QTY = { ...REFUSED, code: 11030105, message: "Invalid Parameter Qty" } as const;
const TRIGGER = { ...REFUSED, code: 11030111, message: "Invalid Parameter TriggerPrice" } as const;
/** The market's state forbids it now: the same request is taken at another time. */
const NOT_NOW = { httpStatus: 409, retryable: true } as const;
/** The order's state forbids it for good. */
const TOO_LATE = { httpStatus: 409, retryable: false } as const;
const IDENTIFIER = { ...REFUSED, code: 11030202, message: "Invalid Parameter" } as const;
const ORDER_LIMIT = { code: 11030204, message: "Order Limit" } as const;

/** 110301xx: place. */
export const PLACE_ERRORS = {
  INVALID_SIDE: {
    ...SIDE,
    reason: "invalid_side",
    action: "Send order_side as buy or sell.",
  },
  INVALID_ORDER_TYPE: {
    ...ORDER_TYPE,
    reason: "invalid_order_type",
    action: "Send one of the order types that details lists.",
  },
  ORD_TYPE_UNAVAILABLE: {
    ...ORDER_TYPE,
    reason: "order_type_unavailable",
    action: "Use an order type that this market offers.",
  },
  MALFORMED_SYMBOL: {
    ...SYMBOL,
    reason: "malformed_symbol",
    action: 'Send symbol as text in quotes with its zeros: "00700".',
  },
  UNKNOWN_SYMBOL: {
    ...SYMBOL,
    reason: "unknown_symbol",
    action: "Check symbol and market: markets names those that trade it, if any do.",
  },
  PRICE_MISSING: {
    ...PRICE,
    reason: "price_missing",
    action: "Send price: this order type needs one.",
  },
  MALFORMED_PRICE: {
    ...PRICE,
    reason: "malformed_price",
    action: "Send a decimal without exponent and with at most 8 decimals.",
  },
  PRICE_NOT_TAKEN: {
    ...PRICE,
    reason: "price_not_taken",
    action: "Leave price out, or use an order type that takes one.",
  },
  PRICE_NOT_POSITIVE: {
    ...PRICE,
    reason: "price_not_positive",
    action: "Send a price above zero.",
  },
  PRICE_OUT_OF_RANGE: {
    ...PRICE,
    reason: "price_out_of_range",
    action: "Send a price within the limits of the instrument.",
  },
  PRICE_OFF_TICK: {
    ...PRICE,
    reason: "price_off_tick",
    action: "Round the price to the tick that details names.",
  },
  PRICE_OFF_SPREAD: {
    ...PRICE,
    reason: "price_off_spread",
    action: "Round the price to the spread that details names; it depends on the price.",
  },
  PRICE_BEYOND_SPREADS: {
    ...PRICE,
    reason: "price_beyond_spreads",
    action: "Send a price within the bounds that details names; they move with the best prices.",
  },
  PRICE_BEYOND_AUCTION_LIMIT: {
    ...PRICE,
    reason: "price_beyond_auction_limit",
    action: "Send a price within the auction's bounds that details names.",
  },
  QTY_MISSING: {
    ...QTY,
    reason: "qty_missing",
    action: "Send qty.",
  },
  MALFORMED_QTY: {
    ...QTY,
    reason: "malformed_qty",
    action: "Send a decimal without exponent and with at most 8 decimals.",
  },
  QTY_NEGATIVE: {
    ...QTY,
    reason: "qty_negative",
    action: "Send a quantity above zero; order_side gives the direction.",
  },
  QTY_OFF_LOT: {
    ...QTY,
    reason: "qty_off_lot",
    action: "Send a multiple of the lot that details names.",
  },
  QTY_OUT_OF_RANGE: {
    ...QTY,
    reason: "qty_out_of_range",
    action: "Split the order: the instrument has a largest quantity.",
  },
  TOO_MANY_LOTS: {
    ...QTY,
    reason: "too_many_lots",
    action: "Split the order: the market has a largest number of board lots.",
  },
  QTY_ZERO: {
    ...REFUSED,
    code: 11030106,
    message: "Qty and Amount cannot be zero",
    reason: "qty_zero",
    action: "Send a quantity above zero.",
  },
  QTY_BELOW_ONE: {
    ...REFUSED,
    code: 11030107,
    message: "Qty must be greater than or equal to 1",
    reason: "qty_below_one",
    action: "Send whole units: this market has no fractions.",
  },
  ODD_LOT_OUT_OF_RANGE: {
    ...REFUSED,
    code: 11030108,
    message: "Oddlot Order Qty Range Between 0 and {value}",
    reason: "odd_lot_out_of_range",
    action: "Send a multiple of the board lot, or less than one.",
  },
  ODD_LOT_TOO_FINE: {
    ...REFUSED,
    code: 11030109,
    message: "Oddlot Order Qty Accuracy {value}",
    reason: "odd_lot_too_fine",
    action: "Round the quantity to the step in the message.",
  },
  TRIGGER_PRICE_MISSING: {
    ...TRIGGER,
    reason: "trigger_price_missing",
    action: "Send trigger_price: a stop order needs one.",
  },
  MALFORMED_TRIGGER_PRICE: {
    ...TRIGGER,
    reason: "malformed_trigger_price",
    action: "Send a decimal without exponent and with at most 8 decimals.",
  },
  TRIGGER_PRICE_NOT_TAKEN: {
    ...TRIGGER,
    reason: "trigger_price_not_taken",
    action: "Leave trigger_price out: only a stop order that waits has one.",
  },
  TRIGGER_PRICE_NOT_POSITIVE: {
    ...TRIGGER,
    reason: "trigger_price_not_positive",
    action: "Send a trigger price above zero.",
  },
  TRIGGER_PRICE_OUT_OF_RANGE: {
    ...TRIGGER,
    reason: "trigger_price_out_of_range",
    action: "Send a trigger price within the limits of the instrument.",
  },
  TRIGGER_PRICE_OFF_TICK: {
    ...TRIGGER,
    reason: "trigger_price_off_tick",
    action: "Round the trigger price to the tick that details names.",
  },
  TRIGGER_PRICE_OFF_SPREAD: {
    ...TRIGGER,
    reason: "trigger_price_off_spread",
    action: "Round the trigger price to the spread that details names; it depends on the price.",
  },
  INVALID_REFERENCE_ID: {
    ...REFUSED,
    code: 11030150,
    message: "Invalid Parameter ReferenceId",
    reason: "invalid_reference_id",
    action: "Send text of at most 64 characters in quotes, or leave it out.",
  },
  INVALID_PORTFOLIO_ID: {
    ...REFUSED,
    code: 11030151,
    message: "Invalid Parameter PortfolioId",
    reason: "invalid_portfolio_id",
    action: "Send text of at most 50 characters in quotes, or leave it out.",
  },
  PLACE_UNKNOWN_FIELD: {
    ...REFUSED,
    code: 11030152,
    message: "Unknown Field",
    reason: "unknown_field",
    action: "Remove or rename the field that details names.",
  },
  INVALID_TIME_IN_FORCE: {
    ...REFUSED,
    code: 11030153,
    message: "Invalid Parameter TimeInForce",
    reason: "invalid_time_in_force",
    action: "Send time_in_force as day, gtc, ioc or fok, or leave it out for day.",
  },
  TIME_IN_FORCE_NOT_TAKEN: {
    ...REFUSED,
    code: 11030154,
    message: "Time In Force Not Taken",
    reason: "time_in_force_not_taken",
    action: "Use a time in force that this order type takes.",
  },
  INSUFFICIENT_CASH: {
    ...REFUSED,
    code: 11030155,
    message: "Insufficient Cash",
    reason: "insufficient_cash",
    action: "Order less, or cancel open buys: details names what is needed and what is free.",
  },
  INSUFFICIENT_HOLDINGS: {
    ...REFUSED,
    code: 11030156,
    message: "Insufficient Holdings",
    reason: "insufficient_holdings",
    action: "Sell less, or cancel open sells: details names what is needed and what can be sold.",
  },
  MARKET_CLOSED: {
    ...NOT_NOW,
    code: 11030157,
    message: "Market Closed",
    reason: "market_closed",
    action: "No order was created. Repeat when the market takes orders again: details says when.",
  },
  ORD_TYPE_NOT_IN_SESSION: {
    ...NOT_NOW,
    code: 11030158,
    message: "Order Type Not In Session",
    reason: "order_type_not_in_session",
    action: "Use an order type of this session, or repeat in one that takes it.",
  },
  TIME_IN_FORCE_NOT_IN_SESSION: {
    ...NOT_NOW,
    code: 11030159,
    message: "Time In Force Not In Session",
    reason: "time_in_force_not_in_session",
    action: "Use a time in force of this session, or repeat in one that takes it.",
  },
  ODD_LOT_ORD_TYPE: {
    ...REFUSED,
    code: 11030160,
    message: "Odd Lot Type Not Taken",
    reason: "odd_lot_order_type",
    action: "Send an odd lot as limit_order, or order whole board lots.",
  },
  ODD_LOT_TIME_IN_FORCE: {
    ...REFUSED,
    code: 11030161,
    message: "Odd Lot Time In Force Not Taken",
    reason: "odd_lot_time_in_force",
    action: "Send an odd lot with time_in_force day or gtc, or order whole board lots.",
  },
  PLACE_INVALID_ONLY_IF: {
    ...REFUSED,
    code: 11030162,
    message: "Invalid Parameter OnlyIf",
    reason: "invalid_only_if",
    action: "Send only_if as resting, with a limit order for day or gtc, or leave it out.",
  },
  WOULD_TRADE: {
    ...TOO_LATE,
    code: 11030163,
    message: "Would Trade At Once",
    reason: "would_trade",
    action: "Nothing was done. Send a price that rests, or leave only_if out to trade.",
  },
  ORDER_QTY_LIMIT: {
    ...REFUSED,
    code: 11030170,
    message: "Order Qty Limit",
    reason: "order_qty_limit",
    action: "Order less, or split the order: details names the limit and whose it is.",
  },
  ORDER_VALUE_LIMIT: {
    ...REFUSED,
    code: 11030171,
    message: "Order Value Limit",
    reason: "order_value_limit",
    action: "Order less, or split the order: details names the limit and whose it is.",
  },
  PRICE_DISTANCE_LIMIT: {
    ...REFUSED,
    code: 11030172,
    message: "Price Distance Limit",
    reason: "price_distance_limit",
    action: "Send a price nearer to the market's: details names both and the limit.",
  },
  DUPLICATE_ORDER: {
    ...REFUSED,
    code: 11030173,
    message: "Duplicate Order",
    reason: "duplicate_order",
    action:
      "Look at your open orders. If a second one is meant, send it after the time in details.",
  },
  OPEN_ORDERS_LIMIT: {
    ...REFUSED,
    code: 11030174,
    message: "Open Orders Limit",
    reason: "open_orders_limit",
    action: "Cancel open orders first: details names the limit and whose it is.",
  },
  GROSS_EXPOSURE_LIMIT: {
    ...REFUSED,
    code: 11030175,
    message: "Gross Exposure Limit",
    reason: "gross_exposure_limit",
    action: "Cancel open orders or reduce what is held: details names the limit and the exposure.",
  },
  ORDER_RATE_LIMIT: {
    code: 11030176,
    httpStatus: 429,
    message: "Order Rate Limit",
    reason: "order_rate_limit",
    retryable: true,
    action: "Send fewer orders a second. Wait for the time in Retry-After and repeat.",
  },
} as const;
PLACE_ERRORS satisfies Readonly<Record<string, ErrorSpec>>;

/** 110302xx: cancel, and whatever names an open order. */
export const CANCEL_ERRORS = {
  CANCEL_IDS_EMPTY: {
    ...REFUSED,
    code: 11030201,
    message: "OrderNo, Reference cannot be empty at the same time",
    reason: "identifier_missing",
    action: "Send order_no or reference_id.",
  },
  MALFORMED_IDENTIFIER: {
    ...IDENTIFIER,
    reason: "malformed_identifier",
    action: "Correct the field that details names; identifiers are text in quotes.",
  },
  CANCEL_UNKNOWN_FIELD: {
    ...IDENTIFIER,
    reason: "unknown_field",
    action: "Send order_no, reference_id, only_if and version only.",
  },
  UNKNOWN_ORDER: {
    ...IDENTIFIER,
    httpStatus: 404,
    reason: "unknown_order",
    action: "This account never had such an order; check the identifier.",
    // One text for an unknown and for a foreign order, so that order numbers cannot be probed.
    fixedDetails: IDENTIFIER_INVALID,
  },
  AMBIGUOUS_REFERENCE: {
    code: 11030203,
    httpStatus: 409,
    message: "OrderNo, Reference is an invalid order number",
    reason: "ambiguous_reference",
    retryable: false,
    action: "Use order_no: details lists the live orders that carry this reference_id.",
  },
  TOO_LATE_FILLED: {
    ...ORDER_LIMIT,
    ...TOO_LATE,
    reason: "too_late_filled",
    action: "The order is filled; count its fills and do not place it again.",
  },
  TOO_LATE_CANCELED: {
    ...ORDER_LIMIT,
    ...TOO_LATE,
    reason: "too_late_cancelled",
    action: "The order is cancelled and cannot be amended; place a new one.",
  },
  REJECTED_ORDER: {
    ...ORDER_LIMIT,
    ...TOO_LATE,
    reason: "rejected_order",
    action: "The order never worked; nothing to cancel or to amend.",
  },
  ORDER_PENDING: {
    ...ORDER_LIMIT,
    ...NOT_NOW,
    reason: "order_pending",
    action: "Wait for the venue's answer on the order stream and repeat.",
  },
  WINDOW_CLOSED_CANCEL: {
    ...ORDER_LIMIT,
    ...NOT_NOW,
    reason: "window_closed",
    action: "The order still works. Repeat when the market takes cancels again: details says when.",
  },
  NOT_UNFILLED: {
    ...TOO_LATE,
    code: 11030250,
    message: "Order Not Unfilled",
    reason: "not_unfilled",
    action: "Nothing was done: part of the order has traded. Leave only_if out to act on the rest.",
  },
  VERSION_CHANGED: {
    ...TOO_LATE,
    code: 11030251,
    message: "Order Version Changed",
    reason: "version_changed",
    action: "Nothing was done. Look at the order as it stands, and send its version.",
  },
  INVALID_ONLY_IF: {
    ...REFUSED,
    code: 11030252,
    message: "Invalid Parameter OnlyIf",
    reason: "invalid_only_if",
    action:
      "Send only_if as unfilled, with an amend also as resting, or leave it out; nothing was done.",
  },
  INVALID_VERSION: {
    ...REFUSED,
    code: 11030253,
    message: "Invalid Parameter Version",
    reason: "invalid_version",
    action: "Send the order's version as a whole number, or leave it out; nothing was done.",
  },
  INVALID_CANCEL_FILTER: {
    code: 11030254,
    httpStatus: 400,
    message: "Invalid Filter",
    reason: "invalid_cancel_filter",
    retryable: false,
    action: "Correct the filter that details names; nothing was cancelled.",
  },
  NOTHING_CANCELED: {
    code: 11030255,
    httpStatus: 409,
    message: "Nothing Cancelled",
    reason: "nothing_cancelled",
    retryable: true,
    action: "Every order that matched works on: data says why of each, and when to repeat.",
  },
  NOT_ALL_CANCELED: {
    code: 11030256,
    httpStatus: 409,
    message: "Not All Cancelled",
    reason: "not_all_cancelled",
    retryable: false,
    action: "Some orders work on: data lists them first. Sign a new request for those.",
  },
  TOO_MANY_CANCEL_ALLS: {
    code: 11030257,
    httpStatus: 429,
    message: "Too Many Cancel-alls",
    reason: "too_many_cancel_alls",
    retryable: true,
    action: "Nothing was done. Wait for the answers of those under way.",
  },
} as const;
CANCEL_ERRORS satisfies Readonly<Record<string, ErrorSpec>>;

/** 110303xx: markets and the estimate. 110306xx: query. */
export const QUERY_ERRORS = {
  INVALID_MARKET: {
    ...REFUSED,
    code: 11030301,
    message: "Invalid Parameter Market",
    reason: "invalid_market",
    action: "Send one of the markets that details lists.",
  },
  INVALID_RATIO: {
    ...REFUSED,
    code: 11030304,
    message: "Invalid Parameter Ratio",
    reason: "invalid_ratio",
    action: "Send a ratio above 0 and at most 1.",
  },
  QUANTITY_UNKNOWN_FIELD: {
    ...REFUSED,
    code: 11030350,
    message: "Unknown Field",
    reason: "unknown_field",
    action: "Send market, symbol, order_side, price and ratio only.",
  },
  START_TIME_EMPTY: {
    ...REFUSED,
    code: 11030601,
    message: "StartTime cannot be empty",
    reason: "start_time_missing",
    action: "Send start_time with end_time.",
  },
  UNKNOWN_QUERY_PARAMETER: {
    ...REFUSED,
    code: 11030650,
    message: "Unknown Query Parameter",
    reason: "unknown_query_parameter",
    action: "Remove or rename the parameter that details names.",
  },
  REPEATED_QUERY_PARAMETER: {
    ...REFUSED,
    code: 11030651,
    message: "Repeated Query Parameter",
    reason: "repeated_query_parameter",
    action: "Send each parameter once.",
  },
  INVALID_QUERY_PARAMETER: {
    ...REFUSED,
    code: 11030652,
    message: "Invalid Query Parameter",
    reason: "invalid_query_parameter",
    action: "Correct the parameter that details names.",
  },
  MALFORMED_QUERY: {
    ...REFUSED,
    code: 11030653,
    message: "Malformed Query",
    reason: "malformed_query",
    action: "Percent-encode names and values as UTF-8.",
  },
} as const;
QUERY_ERRORS satisfies Readonly<Record<string, ErrorSpec>>;
