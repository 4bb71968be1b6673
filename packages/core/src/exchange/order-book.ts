/**
 * What the exchange asks of a book of one instrument in price-time priority. `Book` is the one
 * that runs; `NaiveBook` is the obvious one that tests compare it with. Prices are ticks,
 * quantities lots.
 */
import type { Account, OrderId, OrdType } from "../model/index.ts";
import { Side } from "../model/index.ts";
import type { RemovalReason } from "./exchange-event.ts";

/** Price queues an enhanced limit order trades through at most (HKEX: ten queues at a time). */
export const ENHANCED_LIMIT_QUEUES_MAX = 10;

export interface RestingOrder {
  readonly orderId: OrderId;
  readonly account: Account;
  readonly side: Side;
  readonly ticks: number;
  /** What is left of it; positive. */
  readonly lots: number;
}

export interface IncomingOrder {
  readonly orderId: OrderId;
  readonly account: Account;
  readonly side: Side;
  readonly ordType: OrdType;
  /** 0 for a market order. */
  readonly ticks: number;
  readonly lots: number;
}

/** `lots` that an incoming order trades with a resting one. */
export interface Fill {
  readonly resting: RestingOrder;
  readonly lots: number;
}

/** What an incoming order does to the book. */
export interface Match {
  /** In the order in which they happen. */
  readonly fills: readonly Fill[];
  /** What the fills leave of the incoming order. */
  readonly leavesLots: number;
  /** What becomes of it: it queues, or is removed for a reason; "None" when nothing is left. */
  readonly rest: "None" | "Queues" | RemovalReason;
  /** Where it queues; 0 unless it does. */
  readonly restingTicks: number;
}

/** One price of a book's depth. */
export interface DepthLevel {
  readonly ticks: number;
  readonly lots: number;
  readonly orderCount: number;
}

export interface OrderBook {
  readonly orderCount: number;

  /**
   * Pure: what would happen if the order came in now. The fills are valid until the book changes.
   */
  match(incoming: IncomingOrder): Match;
  find(orderId: OrderId): RestingOrder | undefined;
  best(side: Side): number | null;
  /** At most `levelCountMax` prices of one side, best first. */
  depth(side: Side, levelCountMax: number): DepthLevel[];
  /** All orders of one side in priority order. The book must not change meanwhile. */
  orders(side: Side): Iterable<RestingOrder>;

  /** Queues an order last at its price. Precondition: its id is not in the book. */
  add(order: RestingOrder): void;
  /** Takes lots from a resting order; it leaves the book with its last lot. */
  reduce(orderId: OrderId, lots: number): void;
  /** Takes an order out; returns the lots it had left. */
  remove(orderId: OrderId): number;
}

export function opposite(side: Side): Side {
  return side === Side.Buy ? Side.Sell : Side.Buy;
}
