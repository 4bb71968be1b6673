import type { ErrorSpec } from "./error-spec.ts";

/** 110318xx: the web console's sign-in and its sessions. */
export const CONSOLE_ERRORS = {
  SIGN_IN_CODE_INVALID: {
    code: 11031850,
    httpStatus: 401,
    message: "Invalid Sign-In Code",
    reason: "sign_in_code_invalid",
    retryable: false,
    action: "Make a new one with countermand console: each works once and for a short time.",
  },
  SIGN_IN_REPEATED: {
    code: 11031851,
    httpStatus: 409,
    message: "Sign-In Repeated",
    reason: "sign_in_repeated",
    retryable: false,
    action: "Sign a new request: one makes one code.",
  },
  SIGNED_OUT: {
    code: 11031852,
    httpStatus: 401,
    message: "Signed Out",
    reason: "signed_out",
    retryable: false,
    action: "Sign in again: there is no session, it has ended, or its key is gone.",
  },
  CROSS_SITE_REFUSED: {
    code: 11031853,
    httpStatus: 403,
    message: "Cross-Site Request Refused",
    reason: "cross_site_refused",
    retryable: false,
    action: "The console's requests come from the console's own page only.",
  },
  CSRF_TOKEN_INVALID: {
    code: 11031854,
    httpStatus: 403,
    message: "Invalid CSRF Token",
    reason: "csrf_token_invalid",
    retryable: false,
    action: "Send the session's token in X-CSRF-Token; reload the page to get it.",
  },
} as const;
CONSOLE_ERRORS satisfies Readonly<Record<string, ErrorSpec>>;
