/**
 * What a real venue does and no member can ask for: fills out of turn, and withdrawals. The sandbox
 * asks for it on purpose.
 */
import type { NewOrderSingle, OrderId } from "../model/index.ts";

/**
 * Trades one resting order, whatever its place in the book, with a new order at the resting order's
 * price. Precondition: {@link crossableOf} the resting order; the new order is an
 * immediate-or-cancel limit order of another account, on the other side, at that price, and of at
 * most its quantity.
 */
export interface CrossOrder {
  readonly type: "CrossOrder";
  readonly symbol: string;
  readonly restingOrderId: OrderId;
  readonly order: NewOrderSingle;
}

/** The venue takes an order out, unasked. Nothing for an order that is not here. */
export interface WithdrawOrder {
  readonly type: "WithdrawOrder";
  readonly symbol: string;
  readonly orderId: OrderId;
}

export type SandboxCommand = CrossOrder | WithdrawOrder;
