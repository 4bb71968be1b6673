import type { ErrorSpec } from "./error-spec.ts";

const REFUSED = { httpStatus: 400, retryable: false } as const;
const NOT_THERE = { httpStatus: 409, retryable: false } as const;

/** 110311xx: the sandbox's clock. Nothing of a refused request was done. */
export const CLOCK_ERRORS = {
  CLOCK_UNKNOWN_FIELD: {
    ...REFUSED,
    code: 11031150,
    message: "Unknown Field",
    reason: "unknown_field",
    action: "Remove or rename the field that details names.",
  },
  CLOCK_NOTHING: {
    ...REFUSED,
    code: 11031151,
    message: "Nothing To Set",
    reason: "nothing_to_set",
    action: "Send one of set, advance_ms and step, or a speed, or both.",
  },
  CLOCK_TWO_MOVES: {
    ...REFUSED,
    code: 11031152,
    message: "Two Moves",
    reason: "two_moves",
    action: "Send one of set, advance_ms and step.",
  },
  INVALID_CLOCK_TIME: {
    ...REFUSED,
    code: 11031153,
    message: "Invalid Parameter Time",
    reason: "invalid_clock_time",
    action: "Send whole milliseconds within the bounds that details names.",
  },
  INVALID_CLOCK_STEP: {
    ...REFUSED,
    code: 11031154,
    message: "Invalid Parameter Step",
    reason: "invalid_clock_step",
    action: "Send step as true, or as the market whose next boundary is meant.",
  },
  INVALID_CLOCK_SPEED: {
    ...REFUSED,
    code: 11031155,
    message: "Invalid Parameter Speed",
    reason: "invalid_clock_speed",
    action: "Send speed as a whole number within the bounds that details names; 0 stands still.",
  },
  CLOCK_BACKWARDS: {
    ...NOT_THERE,
    code: 11031156,
    message: "Clock Backwards",
    reason: "clock_backwards",
    action: "Send a time that is not before the exchange's own; for an earlier one begin anew.",
  },
  CLOCK_TOO_FAR: {
    ...NOT_THERE,
    code: 11031157,
    message: "Clock Too Far",
    reason: "clock_too_far",
    action: "Send a time up to the last one that details names.",
  },
  CLOCK_NO_BOUNDARY: {
    ...NOT_THERE,
    code: 11031158,
    message: "No Boundary",
    reason: "no_boundary",
    action: "Start with COUNTERMAND_MARKET_RULES=strict: these rules change nothing by time.",
  },
} as const;
CLOCK_ERRORS satisfies Readonly<Record<string, ErrorSpec>>;
