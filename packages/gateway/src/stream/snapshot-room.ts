/**
 * The memory that snapshots of all sessions may take up together, counted in orders: from the
 * moment one is asked for until its reader has it. Without a bound, a few hundred readers of an
 * account with many open orders that reconnect at once would use up the memory of the process.
 */
import { assert } from "@countermand/core/assert";
import { SNAPSHOT_ORDERS_MAX, SNAPSHOTS_ORDERS_MAX } from "./limits.ts";

export class SnapshotRoom {
  #orderCount = 0;

  /** Whether there was room; it is taken then. */
  take(orderCount: number): boolean {
    const isTooLarge = orderCount > SNAPSHOT_ORDERS_MAX;
    if (isTooLarge || this.#orderCount + orderCount > SNAPSHOTS_ORDERS_MAX) return false;
    this.#orderCount += orderCount;
    return true;
  }

  giveBack(orderCount: number): void {
    this.#orderCount -= orderCount;
    assert(this.#orderCount >= 0, "no more room is given back than was taken");
  }
}
