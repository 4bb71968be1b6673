/**
 * What becomes of the orders of a cancel-all, which may be any number: how many fare how, and those
 * that an answer may list.
 */
import {
  ACCEPTED,
  type CancelAllCounts,
  type CancelAllOutcome,
  type CancelAllWord,
  encodeCancelAllData,
  encodeRefusal,
  LIMITS,
  listedFirst,
} from "@countermand/contract";
import { closedRefusal } from "@countermand/core/desk";
import type { Order, Refusal } from "@countermand/core/model";
import type { RunOutcome } from "../sequencer/cancel-runs.ts";

/** One order of the answer. */
interface Fate {
  readonly order: Order;
  readonly outcome: CancelAllWord;
  readonly refusal: Refusal | null;
  /** Its cancel is with a venue that has not answered. */
  readonly isPending: boolean;
}

/** Orders of one word that an answer may list. */
const LISTED_MAX = LIMITS.cancelAllListedMax.value;

export class CancelAllFates {
  readonly #counts: Record<CancelAllWord, number> = { done: 0, already: 0, too_late: 0, failed: 0 };
  #pendingCount = 0;
  /** The first ones of each word; of what is told backwards the last ones. */
  readonly #kept: Record<CancelAllWord, Fate[]> = {
    done: [],
    already: [],
    too_late: [],
    failed: [],
  };
  readonly #isBackwards: boolean;

  /** Backwards: what is listed first is told last. */
  constructor({ isBackwards = false } = {}) {
    this.#isBackwards = isBackwards;
  }

  get counts(): CancelAllCounts {
    const { done, already, too_late: tooLate, failed } = this.#counts;
    return { done, already, tooLate, failed, pending: this.#pendingCount };
  }

  add(fate: Fate): void {
    this.#counts[fate.outcome] += 1;
    if (fate.isPending) this.#pendingCount += 1;
    const kept = this.#kept[fate.outcome];
    if (!this.#isBackwards && kept.length === LISTED_MAX) return;
    kept.push(fate);
    if (kept.length === 2 * LISTED_MAX) kept.splice(0, LISTED_MAX);
  }

  /** The answer's `data`. */
  encoded(outcome: CancelAllOutcome): string {
    const kept = Object.values(this.#kept).flatMap((fates) => {
      return this.#isBackwards ? fates.slice(-LISTED_MAX).reverse() : fates;
    });
    const listed = listedFirst(kept).map(({ order, outcome, refusal, isPending }) => ({
      orderNo: order.orderId,
      referenceId: order.clOrdId,
      outcome,
      isPending,
      resultJson: refusal === null ? ACCEPTED : encodeRefusal(refusal),
    }));
    return encodeCancelAllData(outcome, this.counts, listed);
  }
}

/** Of an order that a run had. */
export function fateOf(outcome: RunOutcome): Fate {
  const { order } = outcome;
  switch (outcome.outcome) {
    case "done":
    case "already":
      return { order, outcome: outcome.outcome, refusal: null, isPending: order.cancelPending };
    case "tooLate":
      return { order, outcome: "too_late", refusal: closedRefusal(order), isPending: false };
    case "failed":
      return { order, outcome: "failed", refusal: outcome.refusal, isPending: false };
  }
}
