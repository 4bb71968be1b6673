/** What requests are answered with, in wire form: the one place that joins a status and a body. */
import {
  type CoreRefusal,
  type ErrorName,
  encodeError,
  encodeRefusal,
  encodeSuccess,
  errorSpec,
} from "@countermand/contract";
import type { Answer } from "./sequencer/sequencer.ts";

export function dataAnswer(dataJson: string): Answer {
  return { httpStatus: 200, body: encodeSuccess(dataJson) };
}

export function faultAnswer(error: ErrorName, details: string): Answer {
  return { httpStatus: errorSpec(error).httpStatus, body: encodeError(error, details) };
}

/** Of what the core refused. */
export function refusalAnswer(refusal: CoreRefusal): Answer {
  return { httpStatus: errorSpec(refusal.refused).httpStatus, body: encodeRefusal(refusal) };
}
