/**
 * One row of the error catalogue. Numbers and reason words are never reused for another meaning.
 */
export interface ErrorSpec {
  /** Eight digits: product, business, operation, case, two each. */
  readonly code: number;
  /** Also given to errors that only travel on a socket, so that one table serves both. */
  readonly httpStatus: number;
  /** Constant text. `{value}` is filled per case. */
  readonly message: string;
  /** The machine word of this cause: snake_case, stable. */
  readonly reason: string;
  /** The cause passes by itself: the same request, unchanged, is worth repeating. */
  readonly retryable: boolean;
  /** What the client should do, in one sentence. */
  readonly action: string;
  /** Sent whatever the caller has to say, where differing details would tell too much. */
  readonly fixedDetails?: string;
}
