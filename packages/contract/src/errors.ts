/**
 * The error catalogue: every way a request can fail, on REST and on the socket alike.
 * docs/reference/errors.md lists the same rows with an explanation each; a test compares the two.
 *
 * Codes are eight digits: product (10 access, 11 trade API), business, operation, case. The
 * operations are 01 place, 02 cancel, 03 estimate, 05 by number, 06 query; ours are 00 any
 * request, 07 stream, 08 market data, 09 amend, 11 the sandbox's clock, 12 operators, 13 the
 * dead-man's switch, 15 the sandbox's faults and 18 the console. The reference's cases keep their
 * numbers, ours begin at 50. Several causes may share a code, never a code and a reason.
 */
import type { Refusal, RefusalName } from "@countermand/core/model";
import { ACCESS_ERRORS } from "./errors/access-errors.ts";
import { AMEND_ERRORS } from "./errors/amend-errors.ts";
import { CLOCK_ERRORS } from "./errors/clock-errors.ts";
import { CONSOLE_ERRORS } from "./errors/console-errors.ts";
import { DEAD_MAN_ERRORS } from "./errors/dead-man-errors.ts";
import type { ErrorSpec } from "./errors/error-spec.ts";
import { GENERAL_ERRORS } from "./errors/general-errors.ts";
import { MARKET_ERRORS } from "./errors/market-errors.ts";
import { OPERATOR_ERRORS } from "./errors/operator-errors.ts";
import { CANCEL_ERRORS, PLACE_ERRORS, QUERY_ERRORS } from "./errors/order-errors.ts";
import { RECEIPT_ERRORS } from "./errors/receipt-errors.ts";
import { SANDBOX_ERRORS } from "./errors/sandbox-errors.ts";
import { STREAM_ERRORS } from "./errors/stream-errors.ts";
import type { JsonFault } from "./json-exact.ts";

export type { ErrorSpec } from "./errors/error-spec.ts";
export { IDENTIFIER_INVALID } from "./errors/order-errors.ts";

export const ERRORS = {
  ...GENERAL_ERRORS,
  ...ACCESS_ERRORS,
  ...PLACE_ERRORS,
  ...CANCEL_ERRORS,
  ...RECEIPT_ERRORS,
  ...AMEND_ERRORS,
  ...QUERY_ERRORS,
  ...STREAM_ERRORS,
  ...MARKET_ERRORS,
  ...CLOCK_ERRORS,
  ...DEAD_MAN_ERRORS,
  ...SANDBOX_ERRORS,
  ...OPERATOR_ERRORS,
  ...CONSOLE_ERRORS,
} as const;
// Whatever the core refuses has a row under the same name.
ERRORS satisfies Readonly<Record<RefusalName, ErrorSpec>>;

export type ErrorName = keyof typeof ERRORS;

/** A request we cannot take, before or after the core saw it. A value, never an exception. */
export interface Fault {
  readonly error: ErrorName;
  /** For the person: what was wrong and what is allowed; "" is sent as the row's action. */
  readonly details: string;
  /** Of a symbol that is not on the market that was named: the markets that it is on. */
  readonly markets?: readonly string[];
}

export function fault(error: ErrorName, details: string): Fault {
  return { error, details };
}

/** Tells a fault from a decoded value; no decoded value has a member `error`. */
export function isFault(value: unknown): value is Fault {
  return typeof value === "object" && value !== null && "error" in value;
}

/** The fault of a body or message that is not JSON. */
export function malformedJson(jsonFault: JsonFault): Fault {
  return fault("MALFORMED_JSON", jsonFault.what);
}

/** The row of a name. */
export function errorSpec(name: ErrorName): ErrorSpec {
  return ERRORS[name];
}

export interface ErrorExtra {
  /** Fills `{value}` in the message. */
  readonly value?: string;
  /** Further members as name and JSON text, after `retryable`. */
  readonly members?: readonly (readonly [name: string, json: string])[];
}

/**
 * The error envelope: `code`, `message`, `details`, `reason`, `retryable`, then the extra members.
 * Who has nothing to say about a case leaves `details` empty, and what to do stands in its place.
 */
export function encodeError(name: ErrorName, details: string, extra: ErrorExtra = {}): string {
  const spec = errorSpec(name);
  const message = spec.message.replace("{value}", () => extra.value ?? "");
  let text =
    `{"code":${spec.code},"message":${JSON.stringify(message)},` +
    `"details":${JSON.stringify(spec.fixedDetails ?? (details || spec.action))},` +
    `"reason":"${spec.reason}","retryable":${spec.retryable}`;
  for (const [member, json] of extra.members ?? []) text += `,${JSON.stringify(member)}:${json}`;
  return `${text}}`;
}

/** {@link encodeError} of a fault. */
export function encodeFault(value: Fault): string {
  return encodeError(value.error, value.details, { members: marketsMember(value) });
}

/** A refusal of the desk or of a market's rules. */
export type CoreRefusal = Omit<Refusal, "refused"> & { readonly refused: ErrorName };

/** {@link encodeError} of what the core refused. */
export function encodeRefusal(refusal: CoreRefusal): string {
  const { refused, details, value } = refusal;
  const members = marketsMember(refusal);
  return encodeError(refused, details, value === undefined ? { members } : { members, value });
}

function marketsMember({ markets }: Pick<Fault, "markets">): NonNullable<ErrorExtra["members"]> {
  return markets === undefined ? [] : [["markets", JSON.stringify(markets)]];
}
