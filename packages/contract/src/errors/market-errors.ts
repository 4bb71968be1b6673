import type { ErrorSpec } from "./error-spec.ts";

const REFUSED = { httpStatus: 400, retryable: false } as const;

/** 110308xx: market data and the messages on its socket. */
export const MARKET_ERRORS = {
  MALFORMED_SUBSCRIPTION: {
    ...REFUSED,
    code: 11030850,
    message: "Malformed Subscription",
    reason: "malformed_subscription",
    action: 'Send {"op":"...","channels":[...],"symbols":[...]}; nothing was done.',
  },
  UNKNOWN_MARKET_OP: {
    ...REFUSED,
    code: 11030851,
    message: "Unknown Market Operation",
    reason: "unknown_op",
    action: "Send op as subscribe or unsubscribe.",
  },
  UNKNOWN_CHANNEL: {
    ...REFUSED,
    code: 11030852,
    message: "Unknown Channel",
    reason: "unknown_channel",
    action: "Send one of the channels that details lists.",
  },
  INVALID_LEVELS: {
    ...REFUSED,
    code: 11030853,
    message: "Invalid Parameter Levels",
    reason: "invalid_levels",
    action: "Send one of the numbers of levels that details lists.",
  },
  TOO_MANY_SUBSCRIPTIONS: {
    ...REFUSED,
    httpStatus: 409,
    code: 11030854,
    message: "Too Many Subscriptions",
    reason: "too_many_subscriptions",
    action: "Unsubscribe from what is not read, or open another connection; nothing was done.",
  },
  INVALID_INTERVAL: {
    ...REFUSED,
    code: 11030855,
    message: "Invalid Parameter Interval",
    reason: "invalid_interval",
    action: "Send one of the intervals that details lists.",
  },
} as const;
MARKET_ERRORS satisfies Readonly<Record<string, ErrorSpec>>;
