/**
 * Faults that the sandbox does on request, one row each. docs/protocol/sandbox.md has the same
 * table; a test compares the two.
 */
import { WordTable } from "../names.ts";

export type FaultKind =
  | "DelayedOrder"
  | "StuckOrder"
  | "RejectedOrder"
  | "PartialFillThenCancel"
  | "DelayedCancel"
  | "StuckCancel"
  | "RejectedCancel"
  | "FillBeforeCancel"
  | "DroppedFrame"
  | "RepeatedFrame"
  | "LostAnswer";

/** What an armed fault waits for. */
export type FaultOccasion = "Order" | "Cancel" | "Frame" | "Answer";

export interface FaultSpec {
  readonly kind: FaultKind;
  readonly word: string;
  readonly occasion: FaultOccasion;
  /** Milliseconds where none are sent; null for a fault without delay. */
  readonly delayMs: number | null;
  /** An order of so many board lots of shares brings it about by itself. */
  readonly recipeLots: number;
  /** As {@link recipeLots}, where a lot is less than one unit. */
  readonly recipeFractionLots: number;
  /** For people. */
  readonly does: string;
}

/** Seeds are unsigned 32-bit integers. */
export const FAULT_SEED_MAX = 4_294_967_295;

/** Quantities that nobody orders by accident, and that the demo accounts can pay for. */
const RECIPES_FROM = 1301;
/** Lots of coins are small, and programs compute how many: there it takes a longer number. */
const FRACTION_LOTS = 1_000;

const ROWS: readonly Omit<FaultSpec, "recipeLots" | "recipeFractionLots">[] = [
  {
    kind: "DelayedOrder",
    word: "delayed_order",
    occasion: "Order",
    delayMs: 500,
    does: "the venue takes the order after the delay; until then it is `new` and not in the market",
  },
  {
    kind: "StuckOrder",
    word: "stuck_order",
    occasion: "Order",
    delayMs: 1_500,
    does: "the order never reaches the venue; after the delay the gateway asks, and it ends as `rej`",
  },
  {
    kind: "RejectedOrder",
    word: "rejected_order",
    occasion: "Order",
    delayMs: 0,
    does: "the venue refuses the order after the delay: it has a number and ends as `rej`",
  },
  {
    kind: "PartialFillThenCancel",
    word: "partial_fill_then_cancel",
    occasion: "Order",
    delayMs: 500,
    does:
      "after the delay half of what rests is filled and the rest withdrawn: " +
      "`pex`, then `can` with `cancel_reason` `venue`",
  },
  {
    kind: "DelayedCancel",
    word: "delayed_cancel",
    occasion: "Cancel",
    delayMs: 500,
    does: 'the order has `"pending":"cancel"` for the delay, goes on trading, then ends as `can`',
  },
  {
    kind: "StuckCancel",
    word: "stuck_cancel",
    occasion: "Cancel",
    delayMs: 1_500,
    does:
      "the venue never answers; after the delay the gateway asks, " +
      "sends the cancel anew, and the order ends as `can`",
  },
  {
    kind: "RejectedCancel",
    word: "rejected_cancel",
    occasion: "Cancel",
    delayMs: 0,
    does: "the venue refuses the cancel after the delay: the order is as before",
  },
  {
    kind: "FillBeforeCancel",
    word: "fill_before_cancel",
    occasion: "Cancel",
    delayMs: 0,
    does: "after the delay the order is filled, and the cancel comes too late: `fex`",
  },
  {
    kind: "DroppedFrame",
    word: "dropped_frame",
    occasion: "Frame",
    delayMs: null,
    does: "an order message is not sent: `seq` has a gap, which `after_seq` fills",
  },
  {
    kind: "RepeatedFrame",
    word: "repeated_frame",
    occasion: "Frame",
    delayMs: null,
    does: "an order message is sent twice, with the same `seq` and `version`",
  },
  {
    kind: "LostAnswer",
    word: "lost_answer",
    occasion: "Answer",
    delayMs: null,
    does:
      "what was asked for is done and durable, but the connection is closed without an answer; " +
      "on the socket the reply is missing",
  },
];

export const FAULT_SPECS: readonly FaultSpec[] = ROWS.map((row, index) => {
  const recipeLots = RECIPES_FROM + index;
  const recipeFractionLots = recipeLots * FRACTION_LOTS + (recipeLots % FRACTION_LOTS);
  return { ...row, recipeLots, recipeFractionLots };
});

export const FAULT_WORDS: WordTable<FaultKind> = new WordTable<FaultKind>(
  FAULT_SPECS.map(({ word, kind }) => [word, kind] as const),
);

const BY_KIND = new Map(FAULT_SPECS.map((spec) => [spec.kind, spec]));

export function faultSpec(kind: FaultKind): FaultSpec {
  const spec = BY_KIND.get(kind);
  if (spec === undefined) throw new Error(`no fault ${kind}`);
  return spec;
}
