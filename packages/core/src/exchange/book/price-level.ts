/** The queue of one price: orders by arrival, with their total kept as it changes. */
import { assert } from "../../assert.ts";
import type { Account, OrderId, Side, TimeInForce } from "../../model/index.ts";
import type { OrderNature, RestingOrder } from "./order.ts";
import type { Indexed } from "./order-index.ts";

/** A resting order: a link in its level's queue. Lean, because a book may hold a million. */
export class QueuedOrder implements RestingOrder, Indexed {
  readonly orderId: OrderId;
  readonly account: Account;
  readonly timeInForce: TimeInForce;
  readonly level: PriceLevel;
  lots: number;
  orderLots: number;
  previous: QueuedOrder | null = null;
  next: QueuedOrder | null = null;
  hash = 0;
  nextInSlot: this | null = null;

  constructor(order: OrderNature, level: PriceLevel, lots: number, orderLots: number) {
    this.orderId = order.orderId;
    this.account = order.account;
    this.timeInForce = order.timeInForce;
    this.level = level;
    this.lots = lots;
    this.orderLots = orderLots;
  }

  get side(): Side {
    return this.level.side;
  }

  get ticks(): number {
    return this.level.ticks;
  }
}

export class PriceLevel {
  readonly side: Side;
  readonly ticks: number;
  /** Total of the queue. */
  lots = 0;
  orderCount = 0;
  /** First to trade. */
  first: QueuedOrder | null = null;
  last: QueuedOrder | null = null;

  constructor(side: Side, ticks: number) {
    this.side = side;
    this.ticks = ticks;
  }

  append(nature: OrderNature, lots: number, orderLots: number): QueuedOrder {
    assert(lots > 0 && lots <= orderLots, "a resting order has lots");
    const order = new QueuedOrder(nature, this, lots, orderLots);
    order.previous = this.last;
    if (this.last === null) this.first = order;
    else this.last.next = order;
    this.last = order;
    this.lots += lots;
    this.orderCount += 1;
    assert(this.lots <= Number.MAX_SAFE_INTEGER, "a level's total is a safe integer");
    return order;
  }

  /** Takes lots from an order that keeps some. */
  reduce(order: QueuedOrder, lots: number): void {
    assert(lots >= 0 && lots < order.lots, "a reduced order keeps lots");
    order.lots -= lots;
    this.lots -= lots;
  }

  /** Takes an order out of the queue, wherever it stands in it. */
  unlink(order: QueuedOrder): void {
    assert(order.level === this, "the order queues here");
    if (order.previous === null) this.first = order.next;
    else order.previous.next = order.next;
    if (order.next === null) this.last = order.previous;
    else order.next.previous = order.previous;
    this.lots -= order.lots;
    this.orderCount -= 1;
    assert((this.orderCount === 0) === (this.lots === 0), "an empty level has no lots");
  }
}
