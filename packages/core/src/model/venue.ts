/**
 * The venue port: what the desk and a place of execution say to each other, in FIX's terms.
 * The embedded exchange answers in the same turn; a venue behind a wire answers later.
 */
import type { Price, Qty } from "./decimal.ts";
import type { CancelReason, OrdType, Side } from "./enums.ts";
import type { Account, ExecId, OrderId } from "./ids.ts";

/** NewOrderSingle(D). */
export interface NewOrderSingle {
  readonly type: "NewOrderSingle";
  readonly orderId: OrderId;
  readonly account: Account;
  readonly symbol: string;
  readonly side: Side;
  readonly ordType: OrdType;
  /** Zero for order types without a price. */
  readonly price: Price;
  readonly orderQty: Qty;
}

/** OrderCancelRequest(F). */
export interface OrderCancelRequest {
  readonly type: "OrderCancelRequest";
  readonly orderId: OrderId;
  readonly symbol: string;
}

export type VenueCommand = NewOrderSingle | OrderCancelRequest;

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
      readonly type: "Canceled";
      readonly account: Account;
      readonly orderId: OrderId;
      readonly reason: CancelReason;
    };
