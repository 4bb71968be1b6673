/**
 * The best prices of a book as a reader holds them who began with a snapshot and applied every
 * change since. The view itself is compared, not the book: a price that is pushed out of it is
 * gone, one that moves up into it comes with its total. So a reader needs nothing but the view's
 * changes.
 */
import { assert } from "../assert.ts";
import type { DepthLevel, DepthSide } from "./depth-side.ts";

/** Both sides best first. */
export interface DepthLevels {
  readonly bids: readonly DepthLevel[];
  readonly asks: readonly DepthLevel[];
}

export class DepthView {
  readonly levelCountMax: number;
  readonly #bids: DepthSide;
  readonly #asks: DepthSide;
  #seen: DepthLevels;

  constructor(bids: DepthSide, asks: DepthSide, levelCountMax: number) {
    assert(levelCountMax > 0, "a view shows at least one price");
    this.levelCountMax = levelCountMax;
    this.#bids = bids;
    this.#asks = asks;
    this.#seen = this.#look();
  }

  /** The view as of the last {@link advance}. */
  get levels(): DepthLevels {
    return this.#seen;
  }

  /** The steps were changed: what was seen is what there is. Precondition: it was told. */
  regridded(): void {
    this.#seen = this.#look();
  }

  /** Looks at the book again: the prices that changed, best first; null when none did. */
  advance(): DepthLevels | null {
    const before = this.#seen;
    this.#seen = this.#look();
    const bids = changed(this.#bids, before.bids, this.#seen.bids);
    const asks = changed(this.#asks, before.asks, this.#seen.asks);
    return bids.length === 0 && asks.length === 0 ? null : { bids, asks };
  }

  #look(): DepthLevels {
    const { levelCountMax } = this;
    return { bids: this.#bids.best(levelCountMax), asks: this.#asks.best(levelCountMax) };
  }
}

/** Walks both lists together, best first. */
function changed(
  side: DepthSide,
  before: readonly DepthLevel[],
  now: readonly DepthLevel[],
): DepthLevel[] {
  const result: DepthLevel[] = [];
  let index = 0;
  for (const level of now) {
    let old = before[index];
    while (old !== undefined && side.isBetter(old.ticks, level.ticks)) {
      result.push(gone(old));
      index += 1;
      old = before[index];
    }
    if (old?.ticks === level.ticks) {
      index += 1;
      if (old.lots !== level.lots || old.orderCount !== level.orderCount) result.push(level);
    } else {
      result.push(level);
    }
  }
  for (const old of before.slice(index)) result.push(gone(old));
  return result;
}

function gone({ ticks }: DepthLevel): DepthLevel {
  return { ticks, lots: 0, orderCount: 0 };
}
