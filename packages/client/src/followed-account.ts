/** One account as its stream tells it, over one connection after the other. Pure. */
import { OpenOrders } from "./open-orders.ts";
import type { OrderUpdate } from "./wire.ts";

export class FollowedAccount {
  readonly orders = new OpenOrders();
  /** Whether this connection has told all that was missed before it. */
  #isCaughtUp = false;
  #seqAtHeartbeat = 0;

  /** A connection begins. */
  connected(): void {
    this.#isCaughtUp = false;
    this.#seqAtHeartbeat = this.orders.seq;
  }

  /** The open orders at a position, in place of all that was told before. */
  load(seq: number, orders: readonly OrderUpdate[]): void {
    this.orders.load(seq, orders);
    this.#isCaughtUp = true;
  }

  /**
   * Whether messages are missing, by the latest position that a heartbeat tells. One ahead of the
   * messages is loss, but not while a replay goes on: that is slower than what happens meanwhile,
   * and as long as it moves nothing is lost.
   */
  lacksMessages(latestSeq: number): boolean {
    const { seq } = this.orders;
    if (latestSeq <= seq) this.#isCaughtUp = true;
    else if (this.#isCaughtUp || seq === this.#seqAtHeartbeat) return true;
    this.#seqAtHeartbeat = seq;
    return false;
  }
}
