/** Answers of requests that came to nothing. */
import { type ErrorName, encodeError, errorSpec } from "@countermand/contract";
import type { Answer } from "../sequencer/sequencer.ts";

export const TOO_MANY_WAIT = "too many requests are waiting for the disk";

export function failed(error: ErrorName, details: string): Answer & { readonly replayed: false } {
  const { httpStatus } = errorSpec(error);
  return { httpStatus, body: encodeError(error, details), replayed: false };
}
