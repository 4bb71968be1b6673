/** The control partition: what operators decided, and its place in the journal. */
import { ControlState } from "@countermand/core/control";

export const CONTROL_PARTITION = "control";

export interface ControlPartition {
  readonly state: ControlState;
  readonly lease: { readonly epoch: number; seq: number };
}

/** One in which nothing was decided yet. */
export function newControlPartition(): ControlPartition {
  return { state: new ControlState(), lease: { epoch: 1, seq: 0 } };
}
