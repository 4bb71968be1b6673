/**
 * What happened at the exchange: past tense, immutable, numbered by the journal. Prices are in
 * ticks and quantities in lots of the instrument, so every number is a safe integer.
 */
import type { Account, CancelReason, OrderId, OrdType, Side } from "../model/index.ts";

/**
 * An order came in. It is the first event of its command: the trades it makes and the removal of
 * what it loses follow. `lots` = its trades that follow + its removal that follows +
 * `restingLots`.
 */
export interface Entered {
  readonly type: "Entered";
  readonly symbol: string;
  readonly orderId: OrderId;
  readonly account: Account;
  readonly side: Side;
  readonly ordType: OrdType;
  /** Its price; 0 for a market order. */
  readonly ticks: number;
  readonly lots: number;
  /**
   * Where its rest queues; 0 when nothing rests. Differs from `ticks` for an enhanced limit order
   * only.
   */
  readonly restingTicks: number;
  /** What is in the book once all of the order's trades are done. */
  readonly restingLots: number;
}

/** An incoming order traded with a resting one, at the resting order's price. */
export interface Traded {
  readonly type: "Traded";
  readonly symbol: string;
  /** From 1, without gaps, over all books of the exchange. */
  readonly tradeNo: number;
  readonly incomingOrderId: OrderId;
  readonly incomingAccount: Account;
  readonly restingOrderId: OrderId;
  readonly restingAccount: Account;
  readonly ticks: number;
  readonly lots: number;
}

/**
 * What was left of an order was removed: a resting order on request, or the rest of an incoming
 * order, which then never entered the book.
 */
export interface Removed {
  readonly type: "Removed";
  readonly symbol: string;
  readonly orderId: OrderId;
  readonly account: Account;
  readonly lots: number;
  readonly reason: RemovalReason;
}

export type RemovalReason = Exclude<CancelReason, typeof CancelReason.None>;

export type ExchangeEvent = Entered | Traded | Removed;
