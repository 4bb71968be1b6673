/** The answer to a write, from what the sequencer made of it. */
import type { Answer, Unvouched, WriteResult } from "../sequencer/sequencer.ts";
import { DISK_FULL, DISK_SILENT, failed, TOO_MANY_WAIT } from "./failed-answer.ts";

/** Replayed: the request was answered before, and nothing was done now. */
export type WrittenAnswer = Answer & {
  readonly replayed: boolean;
  /** Done, and not to be told: the client is to find out by itself. */
  readonly isLost?: boolean;
};

const ANSWER_UNREADABLE =
  "this request was answered before, and that answer cannot be read just now";

export function writtenAnswer(writing: Promise<WriteResult>): Promise<WrittenAnswer> {
  return writing.then(answerOf, answerOfProblem);
}

/** The first answer of a repeated request stands in the archive's reach; nothing was done now. */
function answerOfProblem(error: unknown): WrittenAnswer {
  if (isArchiveUnavailable(error)) return failed("UNAVAILABLE", ANSWER_UNREADABLE);
  throw error;
}

export function isArchiveUnavailable(error: unknown): boolean {
  return (error as { code?: unknown }).code === "ARCHIVE_UNAVAILABLE";
}

function answerOf(written: WriteResult): WrittenAnswer {
  switch (written.result) {
    case "answered":
      return given(written.answer, false);
    case "repeated":
      return given(written.answer, true);
    case "identityReused":
      return failed("COMMAND_ID_REUSED", "");
    case "late":
    case "doubtful":
      return failed("TIMESTAMP_OUT_OF_WINDOW", unvouchedDetails(written));
    case "overloaded":
      return failed("OVERLOADED", TOO_MANY_WAIT);
    case "diskFull":
      return failed("DISK_FULL", DISK_FULL);
    case "diskSilent":
      return failed("UNAVAILABLE", DISK_SILENT);
  }
}

/** Why nothing was done: signing again at once may be of no use, and may do again what was done. */
export function unvouchedDetails(unvouched: Unvouched): string {
  if (unvouched.result === "late") return "its time ran out before it was done; sign again";
  const seconds = Math.ceil(unvouched.waitMs / 1000);
  const remedy = unvouched.isReusable
    ? `sign it and send it over HTTP, or send it here in ${seconds} s`
    : `sign again, with a timestamp at least ${seconds} s later than this one`;
  return (
    "nothing was done now: the gateway's clock was set back, and it may have forgotten that it did " +
    `this before; look whether it did, then ${remedy}; cancels by order_no are always taken`
  );
}

function given({ httpStatus, body, retryAfterSeconds }: Answer, replayed: boolean): WrittenAnswer {
  if (retryAfterSeconds === undefined) return { httpStatus, body, replayed };
  return { httpStatus, body, retryAfterSeconds, replayed };
}
