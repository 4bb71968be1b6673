/**
 * The venue port: what the desk and a place of execution say to each other, in FIX's terms.
 * The embedded exchange answers in the same turn; a venue behind a wire answers later.
 */
import type { Price, Qty } from "./decimal.ts";
import type { CancelReason, OrdType, Side, TimeInForce } from "./enums.ts";
import type { Account, ExecId, OrderId } from "./ids.ts";

/** NewOrderSingle(D). */
export interface NewOrderSingle {
  readonly type: "NewOrderSingle";
  readonly orderId: OrderId;
  readonly account: Account;
  readonly symbol: string;
  readonly side: Side;
  readonly ordType: OrdType;
  readonly timeInForce: TimeInForce;
  /** Zero for order types without a price. */
  readonly price: Price;
  /** StopPx(99); zero for order types without one. */
  readonly stopPx: Price;
  /**
   * For an order without a price: a buy never trades above it, and its rest is removed as one that
   * finds no more liquidity. Zero for none.
   */
  readonly protectionPx: Price;
  readonly orderQty: Qty;
}

/** OrderCancelRequest(F). */
export interface OrderCancelRequest {
  readonly type: "OrderCancelRequest";
  readonly orderId: OrderId;
  readonly symbol: string;
}

/** OrderCancelReplaceRequest(G): the whole new terms. */
export interface OrderCancelReplaceRequest {
  readonly type: "OrderCancelReplaceRequest";
  readonly orderId: OrderId;
  readonly symbol: string;
  readonly price: Price;
  readonly stopPx: Price;
  /** As of a new order, for the new trigger. */
  readonly protectionPx: Price;
  /** OrderQty(38) of the chain: what has traded counts. More than CumQty. */
  readonly orderQty: Qty;
}

export type VenueCommand = NewOrderSingle | OrderCancelRequest | OrderCancelReplaceRequest;

/** ExecutionReport(8), reduced to what the desk does not know already. */
export type VenueReport =
  | { readonly type: "Accepted"; readonly account: Account; readonly orderId: OrderId }
  | {
      readonly type: "Traded";
      readonly account: Account;
      readonly orderId: OrderId;
      readonly execId: ExecId;
      readonly lastQty: Qty;
      readonly lastPx: Price;
    }
  | {
      readonly type: "Replaced";
      readonly account: Account;
      readonly orderId: OrderId;
      readonly price: Price;
      readonly stopPx: Price;
      readonly orderQty: Qty;
    }
  | { readonly type: "Triggered"; readonly account: Account; readonly orderId: OrderId }
  | {
      readonly type: "Rejected";
      readonly account: Account;
      readonly orderId: OrderId;
      readonly rejectReason: string;
    }
  | {
      readonly type: "Canceled";
      readonly account: Account;
      readonly orderId: OrderId;
      readonly reason: CancelReason;
    }
  /** OrderCancelReject(9): the order stands as it did before the cancel, or was done first. */
  | { readonly type: "CancelRejected"; readonly account: Account; readonly orderId: OrderId };
