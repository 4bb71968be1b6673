import type { ErrorSpec } from "./error-spec.ts";

const REFUSED = { httpStatus: 403, retryable: false } as const;

/** 100100xx: what a key may do, told to those whose signature was good. */
export const ACCESS_ERRORS = {
  PERMISSION_MISSING: {
    ...REFUSED,
    code: 10010050,
    message: "Permission Missing",
    reason: "permission_missing",
    action: "Use a key that has one of the permissions that details names.",
  },
  ADDRESS_NOT_ALLOWED: {
    ...REFUSED,
    code: 10010051,
    message: "Address Not Allowed",
    reason: "address_not_allowed",
    action: "Send from an address of the key's list, or have another key made.",
  },
  PORTFOLIO_NOT_ALLOWED: {
    ...REFUSED,
    code: 10010052,
    message: "Portfolio Not Allowed",
    reason: "portfolio_not_allowed",
    action: "Send portfolio_id as one of the portfolios that the key has.",
  },
  ACCOUNT_WIDE: {
    ...REFUSED,
    code: 10010053,
    message: "Account Wide",
    reason: "account_wide",
    action: "Use a key without portfolios: money, holdings and switches are the whole account's.",
  },
  DROP_COPY_ONLY: {
    ...REFUSED,
    code: 10010054,
    message: "Drop Copy Only",
    reason: "drop_copy_only",
    action: "Use a key of one account: one of several has the order stream alone.",
  },
  UNVERIFIED_TOO_OFTEN: {
    code: 10010055,
    httpStatus: 429,
    message: "Unverified Too Often",
    reason: "unverified_too_often",
    retryable: true,
    action: "Mend the signature, then wait for the time that Retry-After gives.",
  },
  KEY_NO_LONGER_GOOD: {
    httpStatus: 401,
    retryable: false,
    code: 10010056,
    message: "Key No Longer Good",
    reason: "key_no_longer_good",
    action: "Ask who operates the gateway for another key.",
  },
} as const;
ACCESS_ERRORS satisfies Readonly<Record<string, ErrorSpec>>;
