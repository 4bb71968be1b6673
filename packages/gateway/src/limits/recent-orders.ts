/**
 * Orders of one owner that were accepted lately, to recognise the same one again. In memory only: a
 * restart forgets them.
 */
import type { Order } from "@countermand/core/model";
import { RECENT_ORDERS_MAX } from "./limits.ts";

export class RecentOrders {
  readonly #windowMs: number;
  /** When each was accepted last, the longest ago first. */
  readonly #acceptedMs = new Map<string, number>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(order: Order, nowMs: number): void {
    const key = contentOf(order);
    this.#acceptedMs.delete(key);
    this.#acceptedMs.set(key, nowMs);
    this.#forget(nowMs);
  }

  /** Whether none is remembered any more. */
  isEmpty(nowMs: number): boolean {
    this.#forget(nowMs);
    return this.#acceptedMs.size === 0;
  }

  /** Whole milliseconds since the same order was accepted, or null. */
  sinceMs(order: Order, nowMs: number): number | null {
    const acceptedMs = this.#acceptedMs.get(contentOf(order));
    return acceptedMs === undefined ? null : Math.floor(nowMs - acceptedMs);
  }

  #forget(nowMs: number): void {
    for (const [oldest, acceptedMs] of this.#acceptedMs) {
      const isOver = nowMs - acceptedMs >= this.#windowMs;
      if (!isOver && this.#acceptedMs.size <= RECENT_ORDERS_MAX) break;
      this.#acceptedMs.delete(oldest);
    }
  }
}

/** What makes two orders the same: not their names, nor how long they last. */
function contentOf({ symbol, side, orderQty, price, stopPx }: Order): string {
  return `${symbol} ${side} ${orderQty} ${price} ${stopPx}`;
}
