/** How a call can fail. Whatever is thrown here says whether something may have happened. */
import { attemptsText, problemText } from "./problem.ts";
import type { Failure } from "./wire.ts";

/**
 * The gateway refused the request: it changed nothing.
 * @example
 * await assert.rejects(client.place({ ...buy, price: "0" }), (error) => {
 *   return error instanceof ApiError && error.httpStatus === 400 && !error.retryable;
 * });
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** Eight digits that name the cause. */
  readonly code: number;
  readonly httpStatus: number;
  /** Machine word of the cause, such as `unknown_order`. */
  readonly reason: string;
  /** The same request, unchanged, is worth repeating later. */
  readonly retryable: boolean;
  /** What was wrong and what is allowed; may be empty. */
  readonly details: string;
  /** The whole answer. */
  readonly failure: Failure;

  constructor(httpStatus: number, failure: Failure) {
    const { code, details, message, reason, retryable } = failure;
    super(details === "" ? `${message} (${code})` : `${message}: ${details} (${code})`);
    this.code = code;
    this.httpStatus = httpStatus;
    this.reason = reason;
    this.retryable = retryable;
    this.details = details;
    this.failure = failure;
  }
}

/**
 * Nobody knows whether the request was carried out: no answer came, or one that says so, and
 * repeating the same bytes brought none in time. To find out, look the order up by its number or
 * its `reference_id`; a cancel by `order_no` may be sent again at any time.
 * @example
 * const cut = new CountermandClient({
 *   baseUrl: url,
 *   credentials: { apiKey: "demo-key", secret: "demo-secret" },
 *   callTimeoutMs: 200,
 *   fetch: () => Promise.reject(new Error("the connection broke")),
 * });
 * await assert.rejects(cut.place(buy), OutcomeUnknownError);
 */
export class OutcomeUnknownError extends Error {
  override readonly name = "OutcomeUnknownError";
  /** `DELETE /trade/v1/orders`, say. */
  readonly request: string;
  readonly attempts: number;

  constructor(request: string, attempts: number, cause: unknown) {
    const problem = problemText(cause);
    const known = `outcome unknown after ${attemptsText(attempts)} of ${request}: ${problem}`;
    super(`${known}; ${nextStepAfter(request)}`, { cause });
    this.request = request;
    this.attempts = attempts;
  }
}

/**
 * The gateway cannot be reached, or what answers is none: a read failed, or a write was never sent,
 * or was turned away by something before the gateway. Nothing was changed.
 * @example
 * const gone = new CountermandClient({ baseUrl: "http://127.0.0.1:1", callTimeoutMs: 200 });
 * await assert.rejects(gone.symbols(), ConnectionError);
 */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";

  constructor(problem: string, cause?: unknown) {
    super(cause === undefined ? problem : `${problem}: ${problemText(cause)}`, { cause });
  }
}

/**
 * A wait for something ended before it happened; what was asked for may still happen.
 * @example
 * assert.equal(new WaitTimeoutError("not closed yet").name, "WaitTimeoutError");
 */
export class WaitTimeoutError extends Error {
  override readonly name = "WaitTimeoutError";
}

/** What to do where nobody knows whether a request was carried out. */
function nextStepAfter(request: string): string {
  const { 0: method, 1: path = "" } = request.split(" ");
  if (path.startsWith("/trade/v1/orders/cancel")) {
    return "look the order up, or send the cancel again by order_no";
  }
  if (method === "POST" && path.startsWith("/trade/v1/orders")) {
    return "look for the order by its reference_id before it is placed again";
  }
  return "find out what stands before it is sent again";
}
