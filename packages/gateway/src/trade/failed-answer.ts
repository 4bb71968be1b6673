/** Answers of requests that came to nothing. */
import { type ErrorName, encodeError, errorSpec } from "@countermand/contract";
import { faultAnswer } from "../answers.ts";
import type { Answer } from "../sequencer/sequencer.ts";

export const TOO_MANY_AT_ONCE = "too many requests came at once; cancels go first";
export const DISK_FULL = "the disk is full; cancels go on, new orders wait until there is room";
export const DISK_SILENT = "the gateway's disk does not answer; cancels are taken, new orders wait";
export const TOO_MANY_WALKS = "too many queries look through open orders";

export const TOO_MANY_WAIT = "too many requests are waiting for the disk, or it does not answer";

/** The budget does not cover it: nothing was done, and nothing is remembered. */
export function overBudget(retryAfterSeconds: number): Answer & { readonly replayed: false } {
  const { httpStatus } = errorSpec("RATE_LIMITED");
  const details = `the key's budget allows it in ${retryAfterSeconds} s`;
  const members = [["retry_after", String(retryAfterSeconds)]] as const;
  const body = encodeError("RATE_LIMITED", details, { members });
  return { httpStatus, body, retryAfterSeconds, replayed: false };
}

export function failed(error: ErrorName, details: string): Answer & { readonly replayed: false } {
  return { ...faultAnswer(error, details), replayed: false };
}

/** A refused cancel or amend, with the order it was about; null: that is not to be told. */
export function refusedAbout(
  { error, details }: { readonly error: ErrorName; readonly details: string },
  orderJson: string | null,
): Answer {
  if (orderJson === null) return faultAnswer(error, details);
  const { httpStatus } = errorSpec(error);
  return { httpStatus, body: encodeError(error, details, { members: [["data", orderJson]] }) };
}
