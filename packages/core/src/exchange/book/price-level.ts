/** The queue of one price: orders by arrival, with their total kept as it changes. */
import { assert } from "../../assert.ts";
import type { Side } from "../../model/index.ts";
import { NO_ORDER, type OrderHandle, type OrderSlab } from "./order-slab.ts";

export class PriceLevel {
  /** What the records of its orders call it. */
  readonly number: number;
  readonly side: Side;
  readonly ticks: number;
  /** Total of the queue. */
  lots = 0;
  orderCount = 0;
  /** First to trade. */
  first: OrderHandle = NO_ORDER;
  last: OrderHandle = NO_ORDER;

  constructor(number: number, side: Side, ticks: number) {
    this.number = number;
    this.side = side;
    this.ticks = ticks;
  }

  /** Queues an order of this level last. */
  append(orders: OrderSlab, order: OrderHandle): void {
    orders.setPrevious(order, this.last);
    if (this.last === NO_ORDER) this.first = order;
    else orders.setNext(this.last, order);
    this.last = order;
    this.lots += orders.lots(order);
    this.orderCount += 1;
    assert(this.lots <= Number.MAX_SAFE_INTEGER, "a level's total is a safe integer");
  }

  /** Forgets its queue. */
  clear(): void {
    this.lots = 0;
    this.orderCount = 0;
    this.first = NO_ORDER;
    this.last = NO_ORDER;
  }

  /** Takes lots from an order that keeps some. */
  reduce(orders: OrderSlab, order: OrderHandle, lots: number): void {
    const before = orders.lots(order);
    assert(lots >= 0 && lots < before, "a reduced order keeps lots");
    orders.setLots(order, before - lots);
    this.lots -= lots;
  }

  /** Takes an order out of the queue, wherever it stands in it. */
  unlink(orders: OrderSlab, order: OrderHandle): void {
    assert(orders.level(order) === this.number, "the order queues here");
    const previous = orders.previous(order);
    const next = orders.next(order);
    if (previous === NO_ORDER) this.first = next;
    else orders.setNext(previous, next);
    if (next === NO_ORDER) this.last = previous;
    else orders.setPrevious(next, previous);
    this.lots -= orders.lots(order);
    this.orderCount -= 1;
    assert((this.orderCount === 0) === (this.lots === 0), "an empty level has no lots");
  }
}
