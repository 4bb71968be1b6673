/**
 * The open orders of an account as its stream tells them: a fold of snapshot and messages, equal to
 * the gateway's own view at the same `seq`. Pure: no socket, no clock.
 */
import type { Decimal } from "./decimal.ts";
import type { Order, OrderUpdate } from "./wire.ts";

/** Filled, cancelled, rejected. */
const CLOSED_STATUSES: ReadonlySet<string> = new Set(["fex", "can", "rej"]);

/** What a message did: `gap` means that messages before it are missing, and it was not taken. */
export type Taken = "applied" | "duplicate" | "gap";

/**
 * A view that begins empty: load a snapshot, then take what follows.
 * @example
 * const view = new OpenOrders();
 * view.load(7, []);
 * assert.equal(view.advance(9), "gap");
 * assert.equal(view.advance(8), "applied");
 */
export class OpenOrders {
  readonly #orders = new Map<string, OrderUpdate>();
  #seq = 0;

  /** Position of the last message taken; 0 before the first. */
  get seq(): number {
    return this.#seq;
  }

  get size(): number {
    return this.#orders.size;
  }

  get(orderNo: string): OrderUpdate | undefined {
    return this.#orders.get(orderNo);
  }

  /** The open orders that carry this name of the client's, oldest first; several may. */
  byReferenceId(referenceId: string): readonly OrderUpdate[] {
    return [...this.#orders.values()].filter((order) => order.reference_id === referenceId);
  }

  /** Oldest first. */
  all(): readonly OrderUpdate[] {
    return [...this.#orders.values()];
  }

  /** Forgets what was there. */
  load(seq: number, orders: readonly OrderUpdate[]): void {
    this.#orders.clear();
    const rising = [...orders].sort((a, b) => compareOrderNos(a.order_no, b.order_no));
    for (const order of rising) this.#orders.set(order.order_no, order);
    this.#seq = seq;
  }

  /** An order's new state at a position. */
  take(seq: number, order: OrderUpdate): Taken {
    const taken = this.advance(seq);
    if (taken !== "applied") return taken;
    if (isClosed(order)) this.#orders.delete(order.order_no);
    else this.#orders.set(order.order_no, order);
    return taken;
  }

  /** A position without an order that this key may see. */
  advance(seq: number): Taken {
    if (seq <= this.#seq) return "duplicate";
    if (seq > this.#seq + 1) return "gap";
    this.#seq = seq;
    return "applied";
  }
}

/**
 * Whether nothing can happen to an order any more. A status that this program does not know is not
 * final.
 * @example
 * assert.ok(isClosed({ order_status: "can" }) && !isClosed({ order_status: "pex" }));
 */
export function isClosed({ order_status }: Pick<Order, "order_status">): boolean {
  return CLOSED_STATUSES.has(order_status);
}

/**
 * Below zero, zero or above zero as the order `a` is older than, the same as or newer than `b`:
 * order numbers are decimal digits of any length, and rise.
 * @example
 * assert.ok(compareOrderNos("99999999999", "100000000000") < 0);
 */
export function compareOrderNos(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What traded in one fill of an order. */
export interface Fill {
  /** The same on both sides. */
  readonly exec_id: string;
  readonly last_qty: Decimal;
  readonly last_price: Decimal;
}

/**
 * The fill that a message of the stream tells of; null where it tells of anything else.
 * @example
 * assert.equal(fillOf({ exec_id: "1", last_qty: "2", last_price: "3" })?.last_qty, "2");
 * assert.equal(fillOf({}), null);
 */
export function fillOf({ exec_id, last_qty, last_price }: Partial<Fill>): Fill | null {
  if (exec_id === undefined || last_qty === undefined || last_price === undefined) return null;
  return { exec_id, last_qty, last_price };
}
