import type { ErrorSpec } from "./error-spec.ts";

/** 110315xx: faults that the sandbox does on request. */
export const SANDBOX_ERRORS = {
  UNKNOWN_FAULT: {
    code: 11031550,
    httpStatus: 400,
    message: "Unknown Fault",
    reason: "unknown_fault",
    retryable: false,
    action: "Send one of the faults that details names.",
  },
  INVALID_FAULT_PARAMETER: {
    code: 11031551,
    httpStatus: 400,
    message: "Invalid Fault Parameter",
    reason: "invalid_fault_parameter",
    retryable: false,
    action: "Correct the parameter that details names.",
  },
  FAULT_UNKNOWN_FIELD: {
    code: 11031552,
    httpStatus: 400,
    message: "Unknown Field",
    reason: "unknown_field",
    retryable: false,
    action: "Remove or rename the field that details names.",
  },
  FAULTS_FULL: {
    code: 11031553,
    httpStatus: 409,
    message: "Too Many Faults",
    reason: "faults_full",
    retryable: false,
    action: "Disarm the key's faults with DELETE /sandbox/v1/faults first.",
  },
} as const;
SANDBOX_ERRORS satisfies Readonly<Record<string, ErrorSpec>>;
