import type { ErrorSpec } from "./error-spec.ts";

const REFUSED = { httpStatus: 400, retryable: false } as const;

/** 11030290 on: signed receipts of cancels. Nothing was done: a receipt is never left out. */
export const RECEIPT_ERRORS = {
  RECEIPT_NOT_TAKEN: {
    ...REFUSED,
    code: 11030290,
    message: "Receipt Not Taken",
    reason: "receipt_not_taken",
    action: "Ask a cancel for a receipt, of the kind ed25519, and nothing else; nothing was done.",
  },
  RECEIPTS_OFF: {
    ...REFUSED,
    code: 11030291,
    message: "Receipts Off",
    reason: "receipts_off",
    action: "Cancel without asking for a receipt: this gateway has no key to sign one.",
  },
} as const;
RECEIPT_ERRORS satisfies Readonly<Record<string, ErrorSpec>>;
