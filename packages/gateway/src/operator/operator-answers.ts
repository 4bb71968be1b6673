/** What an operator's act is answered with. */
import {
  type CoreRefusal,
  encodeFault,
  encodeRefusal,
  encodeSuccess,
  errorSpec,
  type Fault,
} from "@countermand/contract";
import type { Answer } from "../sequencer/sequencer.ts";

export function done(dataJson: string): Answer {
  return { httpStatus: 200, body: encodeSuccess(dataJson) };
}

export function faulty(value: Fault): Answer {
  return { httpStatus: errorSpec(value.error).httpStatus, body: encodeFault(value) };
}

export function refused(refusal: CoreRefusal): Answer {
  return { httpStatus: errorSpec(refusal.refused).httpStatus, body: encodeRefusal(refusal) };
}
