import type { ErrorSpec } from "./error-spec.ts";

/** 100100xx: who is asking. One code, so that a prober learns nothing from it. */
const SIGNATURE = {
  code: 10010008,
  httpStatus: 401,
  message: "Signature verification failed",
  retryable: false,
} as const;

/** Bodies nobody could read share the code of the reference page's "Invalid Parameter". */
const UNREADABLE = {
  code: 11030202,
  httpStatus: 400,
  message: "Invalid Parameter",
  retryable: false,
} as const;

/** Errors of any request: 10010008, 11030202 and 110300xx. */
export const GENERAL_ERRORS = {
  AUTH_HEADER_MISSING: {
    ...SIGNATURE,
    reason: "authentication_missing",
    action: "Send the headers X-API-Key, X-API-Timestamp and X-API-Signature, each once.",
  },
  TIMESTAMP_MALFORMED: {
    ...SIGNATURE,
    reason: "timestamp_malformed",
    action: "Send Unix milliseconds: 13 digits.",
  },
  TIMESTAMP_OUT_OF_WINDOW: {
    ...SIGNATURE,
    reason: "timestamp_out_of_window",
    action: "Set the clock, or take the time from GET /time, and sign again, as details says.",
  },
  SIGNATURE_INVALID: {
    ...SIGNATURE,
    reason: "signature_invalid",
    action: "Compare the string you signed with the one in details; check key and secret.",
  },
  HANDSHAKE_USED: {
    ...SIGNATURE,
    reason: "handshake_used",
    action: "Sign a new handshake: one with commands=1 or cancel_on_disconnect=1 works once.",
  },
  MALFORMED_JSON: {
    ...UNREADABLE,
    reason: "malformed_json",
    action: "Correct the JSON at the line and column that details names.",
  },
  MALFORMED_UTF8: {
    ...UNREADABLE,
    reason: "malformed_utf8",
    action: "Send the body as UTF-8.",
  },
  MALFORMED_BODY: {
    ...UNREADABLE,
    reason: "malformed_body",
    action: "Send one JSON object with the fields of this request.",
  },
  MALFORMED_BATCH: {
    ...UNREADABLE,
    reason: "malformed_batch",
    action: "Send a JSON array of 1 to 5 objects; nothing was done.",
  },
  BODY_MISSING: {
    ...UNREADABLE,
    reason: "body_missing",
    action:
      "Send the body. Where a proxy drops that of DELETE, use POST /trade/v1/orders/cancel/batch.",
  },
  OUTCOME_UNKNOWN: {
    code: 11030050,
    httpStatus: 500,
    message: "Outcome Unknown",
    reason: "outcome_unknown",
    retryable: true,
    action: "Repeat the same signed request, or query the order by reference_id.",
  },
  UNAVAILABLE: {
    code: 11030051,
    httpStatus: 503,
    message: "Service Unavailable",
    reason: "unavailable",
    retryable: true,
    action: "Nothing was done. Wait for the time in Retry-After and repeat.",
  },
  STARTING: {
    code: 11030052,
    httpStatus: 503,
    message: "Service Starting",
    reason: "starting",
    retryable: true,
    action: "Nothing was done. Repeat in a second.",
  },
  DRAINING: {
    code: 11030053,
    httpStatus: 503,
    message: "Service Draining",
    reason: "draining",
    retryable: true,
    action: "Nothing was done. Connect again and repeat.",
  },
  OVERLOADED: {
    code: 11030054,
    httpStatus: 503,
    message: "Service Overloaded",
    reason: "overloaded",
    retryable: true,
    action: "Nothing was done. Repeat after a pause that grows.",
  },
  DISK_FULL: {
    code: 11030075,
    httpStatus: 503,
    message: "Disk Full",
    reason: "disk_full",
    retryable: true,
    action: "Nothing was done. Cancels go on; repeat after a pause that grows.",
  },
  RATE_LIMITED: {
    code: 11030055,
    httpStatus: 429,
    message: "Too Many Requests",
    reason: "rate_limited",
    retryable: true,
    action: "Nothing was done. Wait for the time in Retry-After and repeat.",
  },
  BODY_TOO_LARGE: {
    code: 11030056,
    httpStatus: 413,
    message: "Body Too Large",
    reason: "body_too_large",
    retryable: false,
    action: "Send at most 16 KiB.",
  },
  HEADERS_TOO_LARGE: {
    code: 11030057,
    httpStatus: 431,
    message: "Headers Too Large",
    reason: "headers_too_large",
    retryable: false,
    action: "Send at most 16 KiB of request line and headers.",
  },
  UNSUPPORTED_MEDIA_TYPE: {
    code: 11030058,
    httpStatus: 415,
    message: "Unsupported Media Type",
    reason: "unsupported_media_type",
    retryable: false,
    action: "Send Content-Type: application/json.",
  },
  UNKNOWN_PATH: {
    code: 11030059,
    httpStatus: 404,
    message: "Unknown Path",
    reason: "unknown_path",
    retryable: false,
    action: "Check the path; it carries the version and no trailing slash.",
  },
  METHOD_NOT_ALLOWED: {
    code: 11030060,
    httpStatus: 405,
    message: "Method Not Allowed",
    reason: "method_not_allowed",
    retryable: false,
    action: "Use a method that the Allow header lists.",
  },
  BODY_AND_QUERY: {
    code: 11030061,
    httpStatus: 400,
    message: "Body And Query",
    reason: "body_and_query",
    retryable: false,
    action: "Send a body or a query string, not both: only one of them is signed.",
  },
  BODY_NOT_TAKEN: {
    code: 11030062,
    httpStatus: 400,
    message: "Body Not Taken",
    reason: "body_not_taken",
    retryable: false,
    action: "Send this request without a body: it would not be signed.",
  },
  REQUEST_TIMEOUT: {
    code: 11030063,
    httpStatus: 408,
    message: "Request Timeout",
    reason: "request_timeout",
    retryable: true,
    action: "Nothing was done: the request did not arrive whole in time. Repeat it.",
  },
  MALFORMED_REQUEST: {
    code: 11030064,
    httpStatus: 400,
    message: "Malformed Request",
    reason: "malformed_request",
    retryable: false,
    action: "Correct the request line, headers or body framing; the connection is closed.",
  },
} as const;
GENERAL_ERRORS satisfies Readonly<Record<string, ErrorSpec>>;
