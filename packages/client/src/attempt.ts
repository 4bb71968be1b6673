/**
 * One attempt of a call: what came of it, and how long to wait before the next one. The command
 * line comes here by a door of its own: on the operators' listener an answer means the same.
 */
import { ApiError, ConnectionError } from "./errors.ts";
import { foreignText, isLasting, isTurnedAway } from "./foreign.ts";
import { unsent } from "./unsent.ts";
import { type Failure, HTTP_STATUSES, type ReplyMessage } from "./wire.ts";
import { parseWire } from "./wire-json.ts";

/** An answer with code 0. */
export interface Success {
  readonly data: unknown;
  /** The signed receipt of a cancel that asked for one; "" while it cannot be made. */
  readonly receipt?: string;
  /** The gateway had answered the same request before: this is that answer. */
  readonly replayed: boolean;
}

export interface Refused {
  readonly type: "refused";
  readonly error: ApiError;
  readonly retryAfterMs: number | null;
}

/** No connection came about: nothing was sent, nor will be before the remedy, if there is one. */
interface NotSent {
  readonly type: "unsent";
  readonly cause: unknown;
  readonly remedy: string | null;
}

/** Something before the gateway, or another server, did not pass it on: nothing was done. */
interface TurnedAway {
  readonly type: "turned away";
  readonly cause: ConnectionError;
  readonly retryAfterMs: number | null;
  /** The same request fares no better before somebody mends something. */
  readonly isLasting: boolean;
}

/** Carried out or not: nobody here knows. */
export interface UnknownOutcome {
  readonly type: "unknown";
  readonly cause: unknown;
  /** As whatever failed says, be it the gateway or a proxy before it; absent where it says none. */
  readonly retryAfterMs?: number | null;
}

export type FailedAttempt = Refused | NotSent | TurnedAway | UnknownOutcome;
export type Attempt = { readonly type: "success"; readonly success: Success } | FailedAttempt;

const BACK_OFF_MS_MIN = 100;
const BACK_OFF_MS_MAX = 3_000;
/** A gateway that failed, or a proxy before it: neither says what was done. */
const SEES_NO_OUTCOME: ReadonlySet<number> = new Set([500, 502, 504]);
/** Refusals that are about now: nothing was done, and the same bytes may be taken later. */
export const NOT_NOW: ReadonlySet<number> = new Set([429, 503]);
/** Whoever asks is not let in, or not any more: that says nothing of what came before. */
export const NOT_LET_IN: ReadonlySet<number> = new Set([401, 403]);

/** The gateway waited for the rest of a request. */
const REQUEST_TIMEOUT = 408;
/** Codes of this API have eight digits. */
const CODE_MIN = 10_000_000;

/** How a failure of the gateway begins. */
const OWN_BEGINNING = /^\s*\{\s*"code":/;

/** That of a failure whose reason is not in the table. */
const MOST_STATUS = 400;

/** What a response says, whoever wrote it. */
export function answered(response: Response, text: string, parse: Parse = parseWire): Attempt {
  const { headers, status } = response;
  const envelope = parsed(text, parse);
  const retryAfterMs = retryAfterMsOf(headers);
  if (!isEnvelope(envelope) || !isPossible(envelope, response)) {
    const cause = new ConnectionError(foreignText(response, text, envelope));
    if (isSpoiled(envelope, text) || !isTurnedAway(response))
      return { type: "unknown", cause, retryAfterMs };
    return { type: "turned away", cause, retryAfterMs, isLasting: isLasting(response) };
  }
  if (envelope.code === 0) {
    const replayed = headers.get("X-Idempotent-Replay") === "true";
    const { data, receipt } = envelope;
    const more = receipt === undefined ? {} : { receipt };
    return { type: "success", success: { data, replayed, ...more } };
  }
  const error = new ApiError(status, failureIn(envelope, `HTTP status ${status}`));
  if (SEES_NO_OUTCOME.has(status)) return { type: "unknown", cause: error, retryAfterMs };
  return { type: "refused", error, retryAfterMs };
}

/** What the reply to a command says: the same without a status, which its reason has. */
export function replied({ type: _type, id: _id, ...envelope }: ReplyMessage): Attempt {
  const { data, receipt, retry_after } = envelope;
  if (!isEnvelope(envelope)) {
    return { type: "unknown", cause: new ConnectionError("a reply that is not of the gateway") };
  }
  if (envelope.code === 0) {
    const more = receipt === undefined ? {} : { receipt };
    return { type: "success", success: { data, replayed: false, ...more } };
  }
  const failure = failureIn(envelope, "");
  const status = HTTP_STATUSES.get(failure.reason) ?? MOST_STATUS;
  const error = new ApiError(status, failure);
  if (SEES_NO_OUTCOME.has(status)) return { type: "unknown", cause: error };
  const retryAfterMs = retry_after === undefined ? null : 1_000 * retry_after;
  return { type: "refused", error, retryAfterMs };
}

/** What a request came to that was not answered. */
export function notAnswered(cause: unknown): FailedAttempt {
  const known = unsent(cause);
  return known === null ? { type: "unknown", cause } : { type: "unsent", cause, ...known };
}

/** How long to wait after so many attempts: as the gateway says, else longer each time. */
export function pauseMsAfter(attempts: number, attempt: FailedAttempt): number {
  const backOffMs = Math.min(BACK_OFF_MS_MIN * 2 ** (attempts - 1), BACK_OFF_MS_MAX);
  const saidMs = attempt.type === "unsent" ? null : (attempt.retryAfterMs ?? null);
  if (saidMs !== null) return Math.max(saidMs, BACK_OFF_MS_MIN);
  return backOffMs * (0.5 + Math.random() / 2);
}

/**
 * Whether a refusal is of an attempt alone, of which the gateway did not see the whole: it says
 * nothing of an attempt before.
 */
export function isOfAttempt({ httpStatus }: ApiError): boolean {
  return httpStatus === REQUEST_TIMEOUT;
}

/** What went wrong, as it was thrown or answered. */
export function causeOf(attempt: FailedAttempt): unknown {
  return attempt.type === "refused" ? attempt.error : attempt.cause;
}

/** What somebody has to mend before another attempt can fare better; null where time may do. */
export function remedyOf(attempt: FailedAttempt): string | null {
  return attempt.type === "unsent" ? attempt.remedy : null;
}

/** @throws what is not JSON */
type Parse = (text: string) => unknown;

type Envelope = Partial<Failure> & {
  readonly code: number;
  readonly data?: unknown;
  readonly receipt?: string;
};

/** Undefined where it is no JSON. */
function parsed(text: string, parse: Parse): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** In milliseconds; null where there is none, or a date, which would need one clock for both. */
function retryAfterMsOf(headers: Headers): number | null {
  const seconds = headers.get("Retry-After") ?? "";
  return /^[0-9]+$/.test(seconds) ? 1_000 * Number(seconds) : null;
}

/** A code that is no whole number is no code of this API, success least of all. */
function isEnvelope(value: unknown): value is Envelope {
  return Number.isSafeInteger((value as Envelope | null | undefined)?.code);
}

/** Whether the gateway may have said so: other servers have codes, too. */
function isPossible({ code }: Envelope, { ok }: Response): boolean {
  return code >= CODE_MIN || (code === 0 && ok);
}

/** An answer of the gateway that something has changed or cut: the next one may come whole. */
function isSpoiled(body: unknown, text: string): boolean {
  return isEnvelope(body) ? body.code === 0 : body === undefined && OWN_BEGINNING.test(text);
}

/** Another server than the gateway may say less, or in another form. */
function failureIn(envelope: Envelope, otherwise: string): Failure {
  const { details, message, reason, retryable } = envelope;
  return {
    ...envelope,
    message: textOf(message) || otherwise,
    details: textOf(details),
    reason: textOf(reason),
    retryable: retryable === true,
  } as Failure;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
