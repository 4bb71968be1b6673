/**
 * The obvious book, for tests only: one list of orders by arrival, sorted by price whenever
 * priority matters. Nothing is kept that could go stale.
 */
import { assert } from "../assert.ts";
import { CancelReason, type OrderId, OrdType, Side } from "../model/index.ts";
import {
  type DepthLevel,
  type Fill,
  type IncomingOrder,
  type Match,
  type OrderBook,
  opposite,
  type RestingOrder,
} from "./order-book.ts";

export class NaiveBook implements OrderBook {
  #orders: readonly RestingOrder[] = [];

  get orderCount(): number {
    return this.#orders.length;
  }

  match(incoming: IncomingOrder): Match {
    const fills: Fill[] = [];
    let leavesLots = incoming.lots;
    for (const resting of this.orders(opposite(incoming.side))) {
      if (leavesLots === 0 || !isTradable(incoming, resting.ticks)) break;
      if (isQueueTooMany(incoming, fills, resting.ticks)) {
        const restingTicks = fills.at(-1)?.resting.ticks ?? 0;
        return { fills, leavesLots, rest: "Queues", restingTicks };
      }
      if (resting.account === incoming.account) {
        return { fills, leavesLots, rest: CancelReason.SelfTrade, restingTicks: 0 };
      }
      const lots = Math.min(leavesLots, resting.lots);
      fills.push({ resting, lots });
      leavesLots -= lots;
    }
    if (leavesLots === 0) return { fills, leavesLots, rest: "None", restingTicks: 0 };
    if (incoming.ordType === OrdType.Market) {
      return { fills, leavesLots, rest: CancelReason.NoLiquidity, restingTicks: 0 };
    }
    return { fills, leavesLots, rest: "Queues", restingTicks: incoming.ticks };
  }

  find(orderId: OrderId): RestingOrder | undefined {
    return this.#orders.find((order) => order.orderId === orderId);
  }

  best(side: Side): number | null {
    return this.orders(side)[0]?.ticks ?? null;
  }

  depth(side: Side, levelCountMax: number): DepthLevel[] {
    const orders = this.orders(side);
    const prices = [...new Set(orders.map((order) => order.ticks))];
    return prices.slice(0, levelCountMax).map((ticks) => {
      const queue = orders.filter((order) => order.ticks === ticks);
      const lots = queue.reduce((total, order) => total + order.lots, 0);
      return { ticks, lots, orderCount: queue.length };
    });
  }

  orders(side: Side): RestingOrder[] {
    const better = side === Side.Buy ? -1 : 1;
    // The sort is stable: at one price the order of arrival stays.
    return this.#orders
      .filter((order) => order.side === side)
      .sort((a, b) => (a.ticks - b.ticks) * better);
  }

  add(order: RestingOrder): void {
    assert(this.find(order.orderId) === undefined, "an order is in the book once");
    this.#orders = [...this.#orders, order];
  }

  reduce(orderId: OrderId, lots: number): void {
    assert(this.find(orderId) !== undefined, "the order is in the book");
    this.#orders = this.#orders
      .map((order) => (order.orderId === orderId ? { ...order, lots: order.lots - lots } : order))
      .filter((order) => order.lots > 0);
  }

  remove(orderId: OrderId): number {
    const found = this.find(orderId);
    assert(found !== undefined, "the order is in the book");
    this.#orders = this.#orders.filter((order) => order.orderId !== orderId);
    return found.lots;
  }
}

function isTradable(incoming: IncomingOrder, ticks: number): boolean {
  if (incoming.ordType === OrdType.Market) return true;
  return incoming.side === Side.Buy ? ticks <= incoming.ticks : ticks >= incoming.ticks;
}

/** Whether a trade at this price would be an enhanced limit order's eleventh queue. */
function isQueueTooMany(incoming: IncomingOrder, fills: readonly Fill[], ticks: number): boolean {
  if (incoming.ordType !== OrdType.EnhancedLimit) return false;
  return new Set([...fills.map((fill) => fill.resting.ticks), ticks]).size > 10;
}
