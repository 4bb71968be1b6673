/** The answer that a record of the journal remembers. */
import { assert } from "@countermand/core/assert";
import { type DeskEvent, decodeDeskEvent } from "@countermand/core/model";
import type { Answer } from "./sequencer.ts";

/** Precondition: memory says that an answer stands in this record. */
export function answerIn(payload: string): Answer {
  const answered = answeredBy(decodeDeskEvent(payload));
  assert(answered !== null, "an answered request stands where memory says");
  return { httpStatus: answered.httpStatus, body: answered.body };
}

function answeredBy(event: DeskEvent) {
  if (event.type === "ExecutionReported") return event.answered ?? null;
  return event.type === "RequestAnswered" ? event : null;
}
