/** What a script learns from the exit code; docs/reference/cli.md has the same table. */
import {
  ApiError,
  ConnectionError,
  OutcomeUnknownError,
  unsent,
  WaitTimeoutError,
} from "@countermand/client";

export const ExitCode = {
  /** Done. */
  Done: 0,
  /** The gateway refused it, and nothing was changed; or a check found a fault. */
  Refused: 1,
  /** The command line is wrong: nothing was sent. */
  Usage: 2,
  /** Nobody knows whether it was done. */
  Unknown: 3,
  /** The gateway cannot be reached; nothing was changed. */
  Unreachable: 4,
  /** Some of it was done: a batch, or a cancel that came too late for a part. */
  Partly: 5,
  /** A wait ended before what was waited for happened. */
  TimedOut: 6,
  /** The person stopped it, and nothing was changed. */
  Stopped: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The command line is wrong, or cannot be carried out as it stands. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof ApiError) return ExitCode.Refused;
  if (error instanceof OutcomeUnknownError) return ExitCode.Unknown;
  if (error instanceof ConnectionError) return ExitCode.Unreachable;
  if (error instanceof WaitTimeoutError) return ExitCode.TimedOut;
  return error instanceof UsageError ? ExitCode.Usage : ExitCode.Refused;
}

/** What to do about a refusal, by its reason. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  [
    "account_not_empty",
    "With --cancel-orders and --withdraw what is there is cancelled and debited first.",
  ],
  [
    "operator_token_invalid",
    "The token is another gateway's, or an old one: --token-file names where it is kept.",
  ],
  [
    "unknown_order",
    "There is no such order. What there is: countermand orders; for operators: countermand accounts orders",
  ],
  ["timestamp_out_of_window", "How far the clocks differ: countermand doctor"],
  ["unknown_path", "Clients and operators have addresses of their own: --url and --operator-url."],
]);

const KEY_ADVICE =
  "The key has ended, is another gateway's, or its secret is another: countermand profiles\n" +
  "What a program of your own signs is checked by: countermand explain --help";

/** What to do next, in one sentence; "" where the message says it. */
export function adviceOf(error: unknown): string {
  if (error instanceof OutcomeUnknownError) {
    return error.request.includes(" /operator/")
      ? "Look at what it was about before you repeat it: blocks, modes, accounts, keys."
      : "Find out with: countermand orders. A cancel by number may be sent again at any time.";
  }
  if (error instanceof ConnectionError) {
    // What another server answered is told with what to do, and so is a remedy.
    if (error.cause instanceof ConnectionError) return "";
    if ((unsent(error.cause)?.remedy ?? null) !== null) return "";
    return "Is the gateway running, and its address right, https where it has TLS? Try: countermand doctor";
  }
  if (!(error instanceof ApiError)) return "";
  if (error.reason === "unknown_symbol") return marketAdviceOf(error);
  return ADVICE.get(error.reason) ?? (error.httpStatus === 401 ? KEY_ADVICE : "");
}

/** Any of the markets that the symbol is on will do. */
function marketAdviceOf({ failure }: ApiError): string {
  const market = failure.markets?.[0];
  if (market === undefined) return "What is traded: countermand symbols";
  return `Name the market that it is on: --market ${market}`;
}
