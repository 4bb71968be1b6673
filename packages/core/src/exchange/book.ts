/**
 * The book of one instrument. Owned by the exchange, which is the only one to change it. Finding,
 * reducing and removing an order cost the same whatever the book holds; adding one costs a search
 * among the prices of its side.
 */
import { assert } from "../assert.ts";
import { CancelReason, type OrderId, OrdType, Side } from "../model/index.ts";
import { BookSide } from "./book-side.ts";
import {
  type DepthLevel,
  ENHANCED_LIMIT_QUEUES_MAX,
  type Fill,
  type IncomingOrder,
  type Match,
  type OrderBook,
  opposite,
  type RestingOrder,
} from "./order-book.ts";
import type { PriceLevel, QueuedOrder } from "./price-level.ts";

const NO_FILLS: readonly Fill[] = [];

export class Book implements OrderBook {
  readonly #bids = new BookSide(Side.Buy);
  readonly #asks = new BookSide(Side.Sell);
  readonly #orders = new Map<OrderId, QueuedOrder>();

  get orderCount(): number {
    return this.#orders.size;
  }

  match(incoming: IncomingOrder): Match {
    const levels = this.#sideOf(opposite(incoming.side));
    const best = levels.best;
    if (best === undefined || !crosses(incoming, best)) {
      return settledMatch(NO_FILLS, incoming.lots, incoming.ticks);
    }
    return matchLevels(incoming, levels);
  }

  find(orderId: OrderId): RestingOrder | undefined {
    return this.#orders.get(orderId);
  }

  best(side: Side): number | null {
    return this.#sideOf(side).best?.ticks ?? null;
  }

  depth(side: Side, levelCountMax: number): DepthLevel[] {
    const result: DepthLevel[] = [];
    for (const { ticks, lots, orderCount } of this.#sideOf(side)) {
      if (result.length >= levelCountMax) break;
      result.push({ ticks, lots, orderCount });
    }
    return result;
  }

  *orders(side: Side): Iterable<RestingOrder> {
    for (const level of this.#sideOf(side)) {
      for (let order = level.first; order !== null; order = order.next) yield order;
    }
  }

  add({ orderId, account, side, ticks, lots }: RestingOrder): void {
    const countBefore = this.#orders.size;
    this.#orders.set(orderId, this.#sideOf(side).levelAt(ticks).append(orderId, account, lots));
    assert(this.#orders.size === countBefore + 1, "an order is in the book once");
  }

  reduce(orderId: OrderId, lots: number): void {
    const order = this.#queued(orderId);
    if (lots === order.lots) this.#take(order);
    else order.level.reduce(order, lots);
  }

  remove(orderId: OrderId): number {
    const order = this.#queued(orderId);
    this.#take(order);
    return order.lots;
  }

  #take(order: QueuedOrder): void {
    const level = order.level;
    level.unlink(order);
    if (level.orderCount === 0) this.#sideOf(level.side).remove(level);
    this.#orders.delete(order.orderId);
  }

  #queued(orderId: OrderId): QueuedOrder {
    const order = this.#orders.get(orderId);
    assert(order !== undefined, "the order is in the book");
    return order;
  }

  #sideOf(side: Side): BookSide {
    return side === Side.Buy ? this.#bids : this.#asks;
  }
}

/** Walks the opposite side from its best price, changing nothing. */
function matchLevels(incoming: IncomingOrder, levels: Iterable<PriceLevel>): Match {
  const isEnhanced = incoming.ordType === OrdType.EnhancedLimit;
  const queueCountMax = isEnhanced ? ENHANCED_LIMIT_QUEUES_MAX : Number.POSITIVE_INFINITY;
  const fills: Fill[] = [];
  let leavesLots = incoming.lots;
  let queueCount = 0;
  let lastTicks = 0;
  for (const level of levels) {
    if (leavesLots === 0 || !crosses(incoming, level)) break;
    // Queueing at its own price would cross the queues it may not reach: it stays where it last
    // traded.
    if (queueCount === queueCountMax) return settledMatch(fills, leavesLots, lastTicks);
    for (let resting = level.first; resting !== null && leavesLots > 0; resting = resting.next) {
      if (resting.account === incoming.account) {
        return { fills, leavesLots, rest: CancelReason.SelfTrade, restingTicks: 0 };
      }
      const lots = Math.min(leavesLots, resting.lots);
      fills.push({ resting, lots });
      leavesLots -= lots;
    }
    queueCount += 1;
    lastTicks = level.ticks;
  }
  return settledMatch(fills, leavesLots, incoming.ticks);
}

function crosses(incoming: IncomingOrder, level: PriceLevel): boolean {
  if (incoming.ordType === OrdType.Market) return true;
  if (incoming.side === Side.Buy) return level.ticks <= incoming.ticks;
  return level.ticks >= incoming.ticks;
}

/**
 * The match of an order whose fills are done and whose rest may queue at a price (0: it may not).
 */
function settledMatch(fills: readonly Fill[], leavesLots: number, restingTicks: number): Match {
  if (leavesLots === 0) return { fills, leavesLots, rest: "None", restingTicks: 0 };
  if (restingTicks > 0) return { fills, leavesLots, rest: "Queues", restingTicks };
  return { fills, leavesLots, rest: CancelReason.NoLiquidity, restingTicks: 0 };
}
