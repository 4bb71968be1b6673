/**
 * The book of one instrument in price-time priority. Owned by its listing. Finding, reducing and
 * removing an order cost the same whatever the book holds; adding one costs a search among the
 * prices of its side.
 */
import { assert } from "../../assert.ts";
import { type OrderId, Side } from "../../model/index.ts";
import { BookSide } from "./book-side.ts";
import { type DepthLevel, type OrderNature, opposite, type RestingOrder } from "./order.ts";
import { OrderIndex } from "./order-index.ts";
import { PriceLevel, type QueuedOrder } from "./price-level.ts";

export class Book {
  readonly bids = new BookSide("highest", (ticks) => new PriceLevel(Side.Buy, ticks));
  readonly asks = new BookSide("lowest", (ticks) => new PriceLevel(Side.Sell, ticks));
  /** At-auction orders: without a price, before every price. */
  readonly #auctionBids = new PriceLevel(Side.Buy, 0);
  readonly #auctionAsks = new PriceLevel(Side.Sell, 0);
  readonly #orders = new OrderIndex<QueuedOrder>();

  get orderCount(): number {
    return this.#orders.size;
  }

  /** Whether a bid is as high as an ask: only in an auction. */
  get isCrossed(): boolean {
    const bid = this.bids.best;
    const ask = this.asks.best;
    return bid !== undefined && ask !== undefined && bid.ticks >= ask.ticks;
  }

  get hasAuctionOrders(): boolean {
    return this.#auctionBids.orderCount + this.#auctionAsks.orderCount > 0;
  }

  find(orderId: OrderId): RestingOrder | undefined {
    return this.#orders.get(orderId);
  }

  sideOf(side: Side): BookSide<PriceLevel> {
    return side === Side.Buy ? this.bids : this.asks;
  }

  /** Prices that an incoming order of this side may trade at, best for it first. */
  against(side: Side): BookSide<PriceLevel> {
    return this.sideOf(opposite(side));
  }

  /** At most `levelCountMax` prices of one side, best first. */
  depth(side: Side, levelCountMax: number): DepthLevel[] {
    const result: DepthLevel[] = [];
    for (const { ticks, lots, orderCount } of this.sideOf(side)) {
      if (result.length >= levelCountMax) break;
      result.push({ ticks, lots, orderCount });
    }
    return result;
  }

  /** All orders of one side in an auction's priority. The book must not change meanwhile. */
  *orders(side: Side): Iterable<RestingOrder> {
    for (let order = this.#auctionLevel(side).first; order !== null; order = order.next) {
      yield order;
    }
    for (const level of this.sideOf(side)) {
      for (let order = level.first; order !== null; order = order.next) yield order;
    }
  }

  /** Queues an order last at a price; 0: without one. Precondition: its id is not in the book. */
  add(order: OrderNature, ticks: number, lots: number, orderLots: number): void {
    const { side } = order;
    const level = ticks === 0 ? this.#auctionLevel(side) : this.sideOf(side).levelAt(ticks);
    this.#orders.add(level.append(order, lots, orderLots));
  }

  /** Takes traded lots from an order, which leaves with its last lot; returns what it keeps. */
  trade(orderId: OrderId, lots: number): number {
    const order = this.#queued(orderId);
    if (lots === order.lots) {
      this.remove(orderId);
      return 0;
    }
    order.level.reduce(order, lots);
    return order.lots;
  }

  /** Gives an order a smaller quantity, executed part included; it keeps its place. */
  shrink(orderId: OrderId, orderLots: number): void {
    const order = this.#queued(orderId);
    order.level.reduce(order, order.orderLots - orderLots);
    order.orderLots = orderLots;
  }

  /** Takes an order out; returns the lots it had left. */
  remove(orderId: OrderId): number {
    const order = this.#orders.remove(orderId);
    assert(order !== undefined, "the order is in the book");
    const { level, lots } = order;
    level.unlink(order);
    if (level.orderCount === 0 && level.ticks > 0) this.sideOf(level.side).remove(level);
    return lots;
  }

  #queued(orderId: OrderId): QueuedOrder {
    const order = this.#orders.get(orderId);
    assert(order !== undefined, "the order is in the book");
    return order;
  }

  #auctionLevel(side: Side): PriceLevel {
    return side === Side.Buy ? this.#auctionBids : this.#auctionAsks;
  }
}
