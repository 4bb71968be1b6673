/**
 * The waiting stop orders of one instrument. Owned by its listing. Finding and removing one cost
 * the same however many wait; a trade that reaches none costs two comparisons.
 *
 * Which come in first: a price that moves reaches the nearest trigger first, so of buys the
 * lowest trigger, of sells the highest; at one trigger the order that came first. What one trade
 * reaches stands behind what an earlier trade has reached.
 */
import { assert } from "../../assert.ts";
import { type OrderId, Side } from "../../model/index.ts";
import { BookSide } from "./book-side.ts";
import type { StopOrder } from "./order.ts";

/** The stop orders of one trigger, in order of arrival. */
interface StopLevel {
  readonly ticks: number;
  readonly orders: Map<OrderId, StopOrder>;
}

type StopTerms = Pick<StopOrder, "ticks" | "stopTicks" | "protectionTicks" | "lots">;

const newLevel = (ticks: number): StopLevel => ({ ticks, orders: new Map() });

export class StopBook {
  readonly #buys = new BookSide("lowest", newLevel);
  readonly #sells = new BookSide("highest", newLevel);
  readonly #orders = new Map<OrderId, StopOrder>();
  /** Reached, and not in the market yet: empty between commands. */
  #reached: StopOrder[] = [];
  #enteredCount = 0;

  get orderCount(): number {
    return this.#orders.size;
  }

  get hasReached(): boolean {
    return this.#enteredCount < this.#reached.length;
  }

  /** The next to come into the market; undefined when no trigger was reached. */
  get firstReached(): StopOrder | undefined {
    return this.#reached[this.#enteredCount];
  }

  find(orderId: OrderId): StopOrder | undefined {
    return this.#orders.size === 0 ? undefined : this.#orders.get(orderId);
  }

  /** One side, in the order in which they would come in. */
  *orders(side: Side): Iterable<StopOrder> {
    for (const level of this.#sideOf(side)) yield* level.orders.values();
  }

  add(order: StopOrder): void {
    assert(order.stopTicks > 0 && order.lots > 0, "a stop order has a trigger and lots");
    assert(!this.#orders.has(order.orderId), "a stop order waits once");
    this.#orders.set(order.orderId, order);
    this.#sideOf(order.side).levelAt(order.stopTicks).orders.set(order.orderId, order);
  }

  /** Gives a waiting order new terms; it keeps its place only if it just gets smaller. */
  replace(orderId: OrderId, { ticks, stopTicks, protectionTicks, lots }: StopTerms): void {
    const before = this.#waiting(orderId);
    const order = { ...before, ticks, stopTicks, protectionTicks, lots };
    if (lots <= before.lots && ticks === before.ticks && stopTicks === before.stopTicks) {
      this.#orders.set(orderId, order);
      this.#sideOf(order.side).levelAt(stopTicks).orders.set(orderId, order);
    } else {
      this.remove(orderId);
      this.add(order);
    }
  }

  /** Takes an order out; returns its lots. */
  remove(orderId: OrderId): number {
    const order = this.#waiting(orderId);
    const side = this.#sideOf(order.side);
    const level = side.levelAt(order.stopTicks);
    assert(level.orders.delete(orderId), "a waiting order stands at its trigger");
    if (level.orders.size === 0) side.remove(level);
    this.#orders.delete(orderId);
    return order.lots;
  }

  /** Takes note of a price at which a trade printed. */
  reach(ticks: number): void {
    if (this.#orders.size === 0) return;
    for (let level = this.#buys.best; level !== undefined && level.ticks <= ticks; ) {
      this.#reachLevel(this.#buys, level);
      level = this.#buys.best;
    }
    for (let level = this.#sells.best; level !== undefined && level.ticks >= ticks; ) {
      this.#reachLevel(this.#sells, level);
      level = this.#sells.best;
    }
  }

  /** Takes out the first order that was reached. */
  enter(orderId: OrderId): void {
    assert(this.firstReached?.orderId === orderId, "stop orders come in as they were reached");
    this.#enteredCount += 1;
    this.#orders.delete(orderId);
    if (this.#enteredCount < this.#reached.length) return;
    this.#reached = [];
    this.#enteredCount = 0;
  }

  #reachLevel(side: BookSide<StopLevel>, level: StopLevel): void {
    for (const order of level.orders.values()) this.#reached.push(order);
    side.remove(level);
  }

  #waiting(orderId: OrderId): StopOrder {
    const order = this.#orders.get(orderId);
    assert(order !== undefined, "the stop order waits");
    return order;
  }

  #sideOf(side: Side): BookSide<StopLevel> {
    return side === Side.Buy ? this.#buys : this.#sells;
  }
}
