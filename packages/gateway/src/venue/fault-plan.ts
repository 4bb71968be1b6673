/** What a faulty venue does to one order or one cancel, and when. Pure. */
import type { FaultKind } from "@countermand/contract";
import type { Order } from "@countermand/core/model";
import { VENUE_ANSWER_MS_MAX } from "./limits.ts";

/**
 * What the venue does next: it takes the order or the cancel (`Take`), refuses it (`Refuse`), fills
 * half of what is left or all of it, or withdraws the order unasked.
 */
export type VenueAct = "Take" | "Refuse" | "FillHalf" | "FillAll" | "Withdraw";

export interface VenueStep {
  /** Milliseconds after the step before; 0: in the same turn. */
  readonly afterMs: number;
  readonly act: VenueAct;
}

export interface VenuePlan {
  readonly steps: readonly VenueStep[];
  /** Without an answer for so long, the gateway asks. */
  readonly deadlineMs: number;
}

/** What the venue does worse than it could, asked about each order and each cancel of a caller. */
export interface VenueFaults {
  /** Null where nothing is to happen to it. */
  ofOrder(placing: Order): VenuePlan | null;
  ofCancel(order: Order): VenuePlan | null;
  /** The order was placed, with or without a plan. */
  placed(order: Order): void;
}

/** A fault that fires, with its delay. */
export interface FiredFault {
  readonly kind: FaultKind;
  readonly delayMs: number;
}

/** A venue that takes what it is sent at once. */
export const STRAIGHT: VenuePlan = {
  steps: [{ afterMs: 0, act: "Take" }],
  deadlineMs: VENUE_ANSWER_MS_MAX,
};

/** Null for a fault that is not the venue's. */
export function planOf({ kind, delayMs }: FiredFault): VenuePlan | null {
  const late = (act: VenueAct): VenueStep => ({ afterMs: delayMs, act });
  const atOnce = (act: VenueAct): VenueStep => ({ afterMs: 0, act });
  const plan = (...steps: readonly VenueStep[]): VenuePlan => {
    return { steps, deadlineMs: VENUE_ANSWER_MS_MAX };
  };
  switch (kind) {
    case "DelayedOrder":
    case "DelayedCancel":
      return plan(late("Take"));
    case "RejectedOrder":
    case "RejectedCancel":
      return plan(late("Refuse"));
    case "PartialFillThenCancel":
      return plan(atOnce("Take"), late("FillHalf"), atOnce("Withdraw"));
    case "FillBeforeCancel":
      return plan(late("FillAll"), atOnce("Take"));
    case "StuckOrder":
    case "StuckCancel":
      // The venue never answers; that the gateway asks is what ends it.
      return { steps: [], deadlineMs: delayMs };
    case "DroppedFrame":
    case "RepeatedFrame":
    case "LostAnswer":
      return null;
  }
}
