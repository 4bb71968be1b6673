import type { ErrorSpec } from "./error-spec.ts";

const REFUSED = { httpStatus: 400, retryable: false } as const;
const STANDS_IN_THE_WAY = { httpStatus: 409, retryable: false } as const;

/** 110313xx: the dead-man's switch. */
export const DEAD_MAN_ERRORS = {
  DEAD_MAN_BLOCKED: {
    ...STANDS_IN_THE_WAY,
    code: 11031350,
    message: "Blocked By Dead-man's Switch",
    reason: "dead_man_blocked",
    action: "Arm the switch that details names again, or release it with a timeout of 0.",
  },
  INVALID_DEAD_MAN: {
    ...REFUSED,
    code: 11031351,
    message: "Invalid Dead-man's Switch",
    reason: "invalid_dead_man",
    action: "Correct the field that details names; no switch was changed.",
  },
  DEAD_MAN_UNKNOWN_FIELD: {
    ...REFUSED,
    code: 11031352,
    message: "Unknown Field",
    reason: "unknown_field",
    action: "Send timeout, scope and value only; no switch was changed.",
  },
  TOO_MANY_DEAD_MEN: {
    ...STANDS_IN_THE_WAY,
    code: 11031353,
    message: "Too Many Switches",
    reason: "too_many_dead_man_switches",
    action: "Release a switch of the account that is not needed any more.",
  },
  DEAD_MAN_WARNING: {
    ...STANDS_IN_THE_WAY,
    code: 11031354,
    message: "Dead-man's Switch Fires Soon",
    reason: "dead_man_warning",
    action: "Refresh the switch before fires_at if all is well.",
  },
  DEAD_MAN_FIRED: {
    ...STANDS_IN_THE_WAY,
    code: 11031355,
    message: "Dead-man's Switch Fired",
    reason: "dead_man_fired",
    action: "Its orders are cancelled and new ones refused: arm it again or release it.",
  },
} as const;
DEAD_MAN_ERRORS satisfies Readonly<Record<string, ErrorSpec>>;
