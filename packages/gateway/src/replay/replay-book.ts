/**
 * The exchange as a replay drives it: one instrument in LOBSTER's units, and beside the book the
 * names that the file gives to the orders in it. Owned by its replay.
 *
 * An order without a name stands for all that was at its price before the file could say who: it
 * is entered before any named order of that price, so it is the first there.
 */
import { assert } from "@countermand/core/assert";
import { Exchange, type ExchangeEvent } from "@countermand/core/exchange";
import {
  type Account,
  type Instrument,
  LOTS_MAX,
  MarketName,
  ONE,
  type OrderId,
  OrdType,
  type Price,
  type Qty,
  Side,
  TimeInForce,
  ZERO_PRICE,
} from "@countermand/core/model";
import { LOBSTER_PRICE_MAX, type LobsterLevel } from "./lobster-format.ts";

export interface ReplayOrder {
  readonly orderId: OrderId;
  /** The file's own name; null for what was there before. */
  readonly lobsterId: string | null;
  readonly side: Side;
  readonly price: number;
  /** Its quantity, executed part included. */
  orderLots: number;
  /** What is left of it. */
  leavesLots: number;
}

/** A trade with an order that rested. */
export interface ReplayFill {
  readonly order: ReplayOrder;
  readonly size: number;
}

type Levels = Map<number, Set<ReplayOrder>>;

/** 10^-4 dollars. */
const PRICE_TICK = (ONE / 10_000n) as Price;

/** Three accounts, so that nothing is a trade of an account with itself. */
const BUYER = "REPLAY-BUYER" as Account;
const SELLER = "REPLAY-SELLER" as Account;
const TAKER = "REPLAY-TAKER" as Account;

const FIRST_ORDER_ID = 10_000_000_001;

export class ReplayBook {
  readonly #symbol: string;
  readonly #exchange: Exchange;
  readonly #byOrderId = new Map<OrderId, ReplayOrder>();
  readonly #byLobsterId = new Map<string, ReplayOrder>();
  readonly #bids: Levels = new Map();
  readonly #asks: Levels = new Map();
  #nextOrderId = FIRST_ORDER_ID;

  constructor(symbol: string) {
    this.#symbol = symbol;
    this.#exchange = new Exchange([instrumentOf(symbol)]);
  }

  find(lobsterId: string): ReplayOrder | undefined {
    return this.#byLobsterId.get(lobsterId);
  }

  /** The order without a name at a price. */
  findUnnamed(side: Side, price: number): ReplayOrder | undefined {
    const [first] = this.#levels(side).get(price) ?? [];
    return first?.lobsterId === null ? first : undefined;
  }

  /** Prices with orders. */
  levelCount(side: Side): number {
    return this.#levels(side).size;
  }

  /**
   * Enters a limit order. It trades only where the book and the file differ already.
   * Preconditions: no order of that name is in the book; an order without a name is the first at
   * its price.
   */
  enter(lobsterId: string | null, side: Side, price: number, size: number): ReplayFill[] {
    assert(lobsterId === null || !this.#byLobsterId.has(lobsterId), "a name is in the book once");
    assert(lobsterId !== null || !this.#levels(side).has(price), "what was there before is first");
    const account = side === Side.Buy ? BUYER : SELLER;
    const orderId = this.#newOrderId();
    const events = this.#place(orderId, account, side, TimeInForce.Day, price, size);
    const fills = this.#fold(events);
    for (const event of events) {
      if (event.type !== "Entered" || event.restingLots === 0) continue;
      this.#add({
        orderId,
        lobsterId,
        side,
        price,
        orderLots: size,
        leavesLots: event.restingLots,
      });
    }
    return fills;
  }

  /** Enters an immediate-or-cancel order that trades at a price or better. */
  take(side: Side, price: number, size: number): ReplayFill[] {
    const orderId = this.#newOrderId();
    const time = TimeInForce.ImmediateOrCancel;
    return this.#fold(this.#place(orderId, TAKER, side, time, price, size));
  }

  /** Takes shares from an order, which keeps its place; all of them: it leaves the book. */
  reduce(order: ReplayOrder, size: number): void {
    assert(size > 0 && size <= order.leavesLots, "an order has what is taken from it");
    if (size === order.leavesLots) this.#cancel(order);
    else this.#shrink(order, order.orderLots - size);
  }

  /** Removes all orders at a price. */
  dropLevel(side: Side, price: number): void {
    for (const order of [...(this.#levels(side).get(price) ?? [])]) this.#cancel(order);
  }

  /** Removes all orders at prices worse than one; returns how many prices that were. */
  dropBeyond(side: Side, price: number): number {
    const dropped = [...this.#levels(side).keys()].filter((other) => isWorse(side, other, price));
    for (const other of dropped) this.dropLevel(side, other);
    return dropped.length;
  }

  /** The exchange's own depth, best price first. */
  depth(levelCountMax: number): { bids: LobsterLevel[]; asks: LobsterLevel[] } {
    const { bids, asks } = this.#exchange.depth(this.#symbol, levelCountMax);
    return { bids: bids.map(levelOf), asks: asks.map(levelOf) };
  }

  #place(
    orderId: OrderId,
    account: Account,
    side: Side,
    timeInForce: TimeInForce,
    price: number,
    size: number,
  ): readonly ExchangeEvent[] {
    const { events } = this.#exchange.handle({
      type: "NewOrderSingle",
      orderId,
      account,
      symbol: this.#symbol,
      side,
      ordType: OrdType.Limit,
      timeInForce,
      price: priceOf(price),
      stopPx: ZERO_PRICE,
      protectionPx: ZERO_PRICE,
      orderQty: qtyOf(size),
    });
    return events;
  }

  #cancel({ orderId }: ReplayOrder): void {
    const command = { type: "OrderCancelRequest", orderId, symbol: this.#symbol } as const;
    this.#fold(this.#exchange.handle(command).events);
  }

  #shrink({ orderId, price }: ReplayOrder, orderLots: number): void {
    const { events } = this.#exchange.handle({
      type: "OrderCancelReplaceRequest",
      orderId,
      symbol: this.#symbol,
      price: priceOf(price),
      stopPx: ZERO_PRICE,
      protectionPx: ZERO_PRICE,
      orderQty: qtyOf(orderLots),
    });
    assert(events[0]?.type === "Reduced", "less quantity keeps an order's place");
    this.#fold(events);
  }

  /** Follows what happened to orders in the book; returns the trades. */
  #fold(events: readonly ExchangeEvent[]): ReplayFill[] {
    const fills: ReplayFill[] = [];
    for (const event of events) {
      if (event.type === "Traded") {
        const order = this.#resting(event.restingOrderId);
        order.leavesLots = event.restingLeavesLots;
        if (order.leavesLots === 0) this.#forget(order);
        fills.push({ order, size: event.lots });
      } else if (event.type === "Reduced") {
        const order = this.#resting(event.orderId);
        order.orderLots = event.orderLots;
        order.leavesLots -= event.lots;
      } else if (event.type === "Removed" && event.from === "book") {
        this.#forget(this.#resting(event.orderId));
      }
    }
    return fills;
  }

  #add(order: ReplayOrder): void {
    const levels = this.#levels(order.side);
    const level = levels.get(order.price) ?? new Set();
    levels.set(order.price, level.add(order));
    this.#byOrderId.set(order.orderId, order);
    if (order.lobsterId !== null) this.#byLobsterId.set(order.lobsterId, order);
  }

  #forget(order: ReplayOrder): void {
    const levels = this.#levels(order.side);
    const level = levels.get(order.price);
    assert(level?.delete(order) === true, "an order is at its price");
    if (level.size === 0) levels.delete(order.price);
    this.#byOrderId.delete(order.orderId);
    if (order.lobsterId !== null) this.#byLobsterId.delete(order.lobsterId);
  }

  #resting(orderId: OrderId): ReplayOrder {
    const order = this.#byOrderId.get(orderId);
    assert(order !== undefined, "an order of the book was entered here");
    return order;
  }

  #levels(side: Side): Levels {
    return side === Side.Buy ? this.#bids : this.#asks;
  }

  #newOrderId(): OrderId {
    const orderId = String(this.#nextOrderId) as OrderId;
    this.#nextOrderId += 1;
    return orderId;
  }
}

/** Whether a price stands behind another one of its side. */
export function isWorse(side: Side, price: number, than: number): boolean {
  return side === Side.Buy ? price < than : price > than;
}

function instrumentOf(symbol: string): Instrument {
  return {
    symbol,
    securityDesc: symbol,
    currency: "USD",
    product: symbol,
    marketGroup: MarketName.Usex,
    markets: [MarketName.Usex],
    priceTick: PRICE_TICK,
    priceMax: priceOf(LOBSTER_PRICE_MAX),
    lotQty: ONE as Qty,
    oddLotQty: null,
    orderQtyMax: qtyOf(LOTS_MAX),
  };
}

function priceOf(price: number): Price {
  return (BigInt(price) * PRICE_TICK) as Price;
}

function qtyOf(size: number): Qty {
  return (BigInt(size) * ONE) as Qty;
}

function levelOf([price, qty]: readonly [Price, Qty, number]): LobsterLevel {
  return { price: Number(price / PRICE_TICK), size: Number(qty / ONE) };
}
