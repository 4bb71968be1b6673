/** One account as its stream tells it, over one connection after the other. Pure. */
import { OpenOrders } from "./open-orders.ts";
import type { OrderUpdate } from "./wire.ts";

export class FollowedAccount {
  readonly orders = new OpenOrders();
  /** Which history its position is of; null before the gateway has told. */
  history: string | null = null;
  /** Whether it has a position: one that nobody named begins with what comes. */
  #hasPosition = false;
  #isLive = false;
  #seqAtHeartbeat = 0;

  /** `N@HISTORY`, or `N` before the history is known. */
  get position(): string {
    return this.history === null ? `${this.orders.seq}` : `${this.orders.seq}@${this.history}`;
  }

  get hasPosition(): boolean {
    return this.#hasPosition;
  }

  /** Whether this connection has told all that was missed before it. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Behind a position, of which no orders are known. */
  goOn(position: number | string): void {
    const [, history] = String(position).split("@");
    this.load(seqOf(position), []);
    this.history = history ?? null;
  }

  /** A connection begins. */
  connected(): void {
    this.#isLive = false;
    this.#seqAtHeartbeat = this.orders.seq;
  }

  /** The open orders at a position, in place of all that was told before. */
  load(seq: number, orders: readonly OrderUpdate[]): void {
    this.orders.load(seq, orders);
    this.#hasPosition = true;
  }

  /** All up to a position has been sent; false where not all of it has come. */
  live(seq: number): boolean {
    if (!this.#hasPosition) this.load(seq, []);
    this.#isLive = seq <= this.orders.seq;
    return this.#isLive;
  }

  /**
   * Whether messages are missing, by the latest position that a heartbeat tells. One ahead of the
   * messages is loss, but not while a replay goes on: that is slower than what happens meanwhile,
   * and as long as it moves nothing is lost.
   */
  lacksMessages(latestSeq: number): boolean {
    const { seq } = this.orders;
    if (latestSeq > seq && (this.#isLive || seq === this.#seqAtHeartbeat)) return true;
    this.#seqAtHeartbeat = seq;
    return false;
  }
}

/** The number of a position; NaN where there is none. */
export function seqOf(position: number | string): number {
  if (typeof position === "number") return position;
  const digits = /^([0-9]+)(@[0-9A-Za-z_-]{1,64})?$/.exec(position)?.[1];
  return digits === undefined ? Number.NaN : Number(digits);
}
