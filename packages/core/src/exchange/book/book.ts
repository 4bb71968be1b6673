/**
 * The book of one instrument in price-time priority. Owned by its listing. Finding, reducing and
 * removing an order cost the same whatever the book holds; adding one costs a search among the
 * prices of its side.
 */
import { assert } from "../../assert.ts";
import { type Account, type OrderId, Side } from "../../model/index.ts";
import { orderIdOf } from "../../model/order-number.ts";
import { AccountTable } from "./account-table.ts";
import { BookSide } from "./book-side.ts";
import { LevelTable } from "./level-table.ts";
import { type DepthLevel, type OrderNature, opposite, type RestingOrder } from "./order.ts";
import { OrderIndex } from "./order-index.ts";
import { NO_ORDER, type OrderHandle, OrderSlab, SLAB_RECORDS_MIN } from "./order-slab.ts";
import type { PriceLevel } from "./price-level.ts";

/** A book that has so many times more room than orders gives it back. */
const SPARE_ROOM_MAX = 8;

export class Book {
  /** Levels as the records of their orders name them. */
  readonly #levels = new LevelTable();
  readonly bids = new BookSide("highest", (ticks) => this.#levels.add(Side.Buy, ticks));
  readonly asks = new BookSide("lowest", (ticks) => this.#levels.add(Side.Sell, ticks));
  /** At-auction orders: without a price, before every price. */
  readonly #auctionBids = this.#levels.add(Side.Buy, 0);
  readonly #auctionAsks = this.#levels.add(Side.Sell, 0);
  readonly #accounts = new AccountTable();
  #orders = new OrderSlab();
  #index = new OrderIndex(this.#orders, SLAB_RECORDS_MIN);

  get orderCount(): number {
    return this.#index.size;
  }

  /** Whether nothing is left to trade: in an auction, or within a command, something may be. */
  get isTraded(): boolean {
    return !this.#isCrossed() && this.#atAuctionCount() === 0;
  }

  assertTraded(): void {
    assert(!this.#isCrossed(), "outside an auction a book is not crossed");
    assert(this.#atAuctionCount() === 0, "outside an auction no at-auction orders rest");
  }

  /** Not a getter, which V8 calls its runtime for where it is private; nor is the next one. */
  #isCrossed(): boolean {
    const bid = this.bids.best;
    const ask = this.asks.best;
    return bid !== undefined && ask !== undefined && bid.ticks >= ask.ticks;
  }

  #atAuctionCount(): number {
    return this.#auctionBids.orderCount + this.#auctionAsks.orderCount;
  }

  /** The order with that id, or none. Handles hold until the book changes. */
  find(orderId: OrderId): OrderHandle {
    return this.#index.find(orderId);
  }

  /** The order as it is now. */
  at(order: OrderHandle): RestingOrder {
    const { side, ticks } = this.levelOf(order);
    return {
      orderId: this.orderIdOf(order),
      account: this.accountOf(order),
      side,
      ticks,
      lots: this.lotsOf(order),
      orderLots: this.#orders.orderLots(order),
      timeInForce: this.#orders.timeInForce(order),
    };
  }

  orderIdOf(order: OrderHandle): OrderId {
    return orderIdOf(this.#orders.high(order), this.#orders.low(order));
  }

  accountOf(order: OrderHandle): Account {
    return this.#accounts.at(this.#orders.account(order));
  }

  levelOf(order: OrderHandle): PriceLevel {
    return this.#levels.at(this.#orders.level(order));
  }

  /** What is left of it. */
  lotsOf(order: OrderHandle): number {
    return this.#orders.lots(order);
  }

  /** The next to trade at its price, or none. */
  next(order: OrderHandle): OrderHandle {
    return this.#orders.next(order);
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
    yield* this.#queue(this.#auctionLevel(side));
    for (const level of this.sideOf(side)) yield* this.#queue(level);
  }

  *#queue(level: PriceLevel): Iterable<RestingOrder> {
    for (let order = level.first; order !== NO_ORDER; order = this.next(order)) {
      yield this.at(order);
    }
  }

  /** For so many orders. Precondition: the book has none yet. */
  makeRoom(orderCount: number): void {
    assert(this.orderCount === 0, "the book is empty");
    this.#orders = new OrderSlab(orderCount);
    this.#index = new OrderIndex(this.#orders, orderCount);
  }

  /** Queues an order last at a price; 0: without one. Precondition: its id is not in the book. */
  add(nature: OrderNature, ticks: number, lots: number, orderLots: number): void {
    const { orderId, side, timeInForce } = nature;
    const level = ticks === 0 ? this.#auctionLevel(side) : this.sideOf(side).levelAt(ticks);
    const account = this.#accounts.numberOf(nature.account);
    const order = this.#orders.add(level.number, account, timeInForce, lots, orderLots);
    this.#index.add(orderId, order);
    level.append(this.#orders, order);
  }

  /** Takes traded lots from an order, which leaves with its last lot; returns what it keeps. */
  trade(orderId: OrderId, lots: number): number {
    const order = this.#queued(orderId);
    const before = this.#orders.lots(order);
    if (lots === before) this.#remove(order);
    else this.levelOf(order).reduce(this.#orders, order, lots);
    return before - lots;
  }

  /** Gives an order a smaller quantity, executed part included; it keeps its place. */
  shrink(orderId: OrderId, orderLots: number): void {
    const order = this.#queued(orderId);
    const level = this.levelOf(order);
    level.reduce(this.#orders, order, this.#orders.orderLots(order) - orderLots);
    this.#orders.setOrderLots(order, orderLots);
  }

  /** Takes an order out; returns the lots it had left. */
  remove(orderId: OrderId): number {
    const order = this.#queued(orderId);
    const lots = this.#orders.lots(order);
    this.#remove(order);
    return lots;
  }

  #remove(order: OrderHandle): void {
    const level = this.levelOf(order);
    level.unlink(this.#orders, order);
    this.#index.remove(order);
    this.#orders.free(order);
    if (level.orderCount === 0 && level.ticks > 0) {
      this.sideOf(level.side).remove(level);
      this.#levels.remove(level);
    }
    const { capacity, count } = this.#orders;
    if (capacity > SLAB_RECORDS_MIN && capacity > SPARE_ROOM_MAX * count) this.#compact();
  }

  /** What is closed leaves memory: moves all orders into buffers of their own size. */
  #compact(): void {
    const before = this.#orders;
    this.#orders = new OrderSlab();
    this.#index = new OrderIndex(this.#orders, before.count);
    for (const level of this.#levels.all()) {
      let order = level.first;
      level.clear();
      for (; order !== NO_ORDER; order = before.next(order)) {
        const moved = this.#orders.adopt(before, order);
        level.append(this.#orders, moved);
        this.#index.adopt(moved);
      }
    }
  }

  #queued(orderId: OrderId): OrderHandle {
    const order = this.find(orderId);
    assert(order !== NO_ORDER, "the order is in the book");
    return order;
  }

  #auctionLevel(side: Side): PriceLevel {
    return side === Side.Buy ? this.#auctionBids : this.#auctionAsks;
  }
}
