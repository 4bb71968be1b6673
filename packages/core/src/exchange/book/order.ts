/** Orders as a book and its matching see them. Prices are ticks, quantities lots. */
import type { Account, OrderId, OrdType, TimeInForce } from "../../model/index.ts";
import { Side } from "../../model/index.ts";

export interface RestingOrder {
  readonly orderId: OrderId;
  readonly account: Account;
  readonly side: Side;
  /** 0 for an at-auction order, which rests without a price. */
  readonly ticks: number;
  /** What is left of it; positive. */
  readonly lots: number;
  /** Its quantity, executed part included. */
  readonly orderLots: number;
  readonly timeInForce: TimeInForce;
}

/** An order that waits outside the book until a trade prints at its trigger or beyond. */
export interface StopOrder {
  readonly orderId: OrderId;
  readonly account: Account;
  readonly side: Side;
  readonly ordType: OrdType;
  readonly timeInForce: TimeInForce;
  /** The price it comes in with; 0 for a stop market order. */
  readonly ticks: number;
  readonly stopTicks: number;
  /** The worst price that a stop market order may trade at once it comes in; 0 for none. */
  readonly protectionTicks: number;
  readonly lots: number;
}

/** Who an order is and how long it stays, wherever it is. */
export interface OrderNature {
  readonly orderId: OrderId;
  readonly account: Account;
  readonly side: Side;
  readonly timeInForce: TimeInForce;
}

export interface IncomingOrder extends OrderNature {
  readonly ordType: OrdType;
  /** 0: it takes any price. */
  readonly ticks: number;
  readonly lots: number;
}

/** One price of a book's depth. */
export interface DepthLevel {
  readonly ticks: number;
  readonly lots: number;
  readonly orderCount: number;
}

export function opposite(side: Side): Side {
  return side === Side.Buy ? Side.Sell : Side.Buy;
}
