/**
 * The life of one order: stored facts, which event is legal in which phase, and the views derived
 * from the facts. After FIX 4.2 Appendix D and FIX 4.4 Vol. 4, Order State Changes.
 */
import { assert, unreachable } from "../assert.ts";
import {
  type Amount,
  amountOf,
  type Price,
  type Qty,
  ZERO_AMOUNT,
  ZERO_PRICE,
  ZERO_QTY,
} from "../model/decimal.ts";
import { type AskedReason, CancelReason, OrdStatus, Side } from "../model/enums.ts";
import { NO_KEY_ID } from "../model/ids.ts";
import type { Order, OrderDraft, OrderPhase } from "../model/order.ts";
import { ORD_TYPES } from "./ord-types.ts";

/**
 * What can happen to an order. Times, versions, stream numbers, charges and reservations are added
 * by the desk; what ends an order sets its reservation free here.
 */
export type OrderEvent =
  | { readonly type: "Accepted" }
  | { readonly type: "Rejected"; readonly rejectReason: string }
  | { readonly type: "Traded"; readonly lastQty: Qty; readonly lastPx: Price }
  | {
      readonly type: "Replaced";
      readonly price: Price;
      readonly stopPx: Price;
      readonly orderQty: Qty;
    }
  | { readonly type: "Triggered" }
  /** Without a reason a client asked for it. */
  | { readonly type: "CancelRequested"; readonly cancelReason?: AskedReason }
  | { readonly type: "CancelRejected" }
  | { readonly type: "Canceled"; readonly cancelReason: CancelReason };

export type OrderEventRefusal =
  | "EventNotLegalInPhase"
  | "NoCancelPending"
  | "TriggerNotReached"
  | "NoTriggerWaiting"
  | "TradeExceedsLeavesQty"
  | "ReplaceNotAboveCumQty";

type EventName = OrderEvent["type"];

/**
 * Which event is legal in which phase. Data, so that the documents and the tests read the same
 * rows.
 */
export const LEGAL: { readonly [P in OrderPhase]: ReadonlySet<EventName> } = {
  PendingNew: new Set<EventName>(["Accepted", "Rejected", "CancelRequested", "CancelRejected"]),
  Open: new Set<EventName>([
    "Traded",
    "Replaced",
    "Triggered",
    "CancelRequested",
    "CancelRejected",
    "Canceled",
  ]),
  // The cancel lost the race with the last fill, or with the reject.
  Filled: new Set<EventName>(["CancelRejected"]),
  Rejected: new Set<EventName>(["CancelRejected"]),
  Canceled: new Set<EventName>(),
};

export type OrderTerms = Pick<
  Order,
  | "orderId"
  | "account"
  | "clOrdId"
  | "portfolioId"
  | "market"
  | "symbol"
  | "ordType"
  | "side"
  | "timeInForce"
  | "price"
  | "stopPx"
  | "protectionPx"
  | "orderQty"
  | "createdAtMs"
> &
  Partial<Pick<Order, "enteredBy">>;

/** A new order, before its venue has said anything about it. */
export function orderNew(terms: OrderTerms): OrderDraft {
  assert(terms.orderQty > 0n, "orderQty > 0");
  return {
    orderId: terms.orderId,
    account: terms.account,
    clOrdId: terms.clOrdId,
    portfolioId: terms.portfolioId,
    market: terms.market,
    symbol: terms.symbol,
    ordType: terms.ordType,
    side: terms.side,
    timeInForce: terms.timeInForce,
    price: terms.price,
    stopPx: terms.stopPx,
    protectionPx: terms.protectionPx,
    triggered: false,
    orderQty: terms.orderQty,
    phase: "PendingNew",
    cancelPending: false,
    cumQty: ZERO_QTY,
    grossTradeAmt: ZERO_AMOUNT,
    chargeAmt: ZERO_AMOUNT,
    reservedAmt: ZERO_AMOUNT,
    cancelReason: CancelReason.None,
    rejectReason: "",
    createdAtMs: terms.createdAtMs,
    updatedAtMs: terms.createdAtMs,
    version: 0,
    streamSeq: 0,
    enteredBy: terms.enteredBy ?? NO_KEY_ID,
  };
}

/** Whether the order works in the market, or is on its way there. */
export function isWorking(order: Pick<Order, "phase">): boolean {
  return order.phase === "Open" || order.phase === "PendingNew";
}

/**
 * Whether nothing more can happen to the order. One that was filled or rejected while its cancel
 * was pending still waits for that answer.
 */
export function isClosed(order: Pick<Order, "phase" | "cancelPending">): boolean {
  return !isWorking(order) && !order.cancelPending;
}

/** Why the cancel was sent that the venue has not answered. Precondition: one is pending. */
export function askedReason({ cancelPending, cancelReason }: Order): AskedReason {
  assert(cancelPending, "a cancel is pending");
  // Earlier records do not say it.
  if (cancelReason === CancelReason.None) return CancelReason.Requested;
  return cancelReason as AskedReason;
}

/** Whether the order is a stop order whose trigger has not been reached. */
export function isWaiting(order: Order): boolean {
  return ORD_TYPES[order.ordType].stop && !order.triggered;
}

/** LeavesQty(151): what still works in the market; zero once nothing does. */
export function leavesQty(order: Order): Qty {
  if (!isWorking(order)) return ZERO_QTY;
  const { orderQty, cumQty } = order;
  // Most have traded nothing, and a difference is an object of its own.
  return cumQty === 0n ? orderQty : ((orderQty - cumQty) as Qty);
}

/** What will never trade: OrderQty = CumQty + LeavesQty + this, always. */
export function canceledQty(order: Order): Qty {
  return (order.orderQty - order.cumQty - leavesQty(order)) as Qty;
}

/** OrdStatus(39) by the standard's precedence: a pending cancel outranks a fill. */
export function ordStatus(order: Order): OrdStatus {
  if (order.cancelPending) return OrdStatus.PendingCancel;
  switch (order.phase) {
    case "PendingNew":
      return OrdStatus.PendingNew;
    case "Open":
      return order.cumQty > 0n ? OrdStatus.PartiallyFilled : OrdStatus.New;
    case "Filled":
      return OrdStatus.Filled;
    case "Canceled":
      return OrdStatus.Canceled;
    case "Rejected":
      return OrdStatus.Rejected;
    default:
      return unreachable(order.phase, "order phase");
  }
}

/** Why the event cannot happen to the order now, or null. */
export function orderRefusal(order: Order, event: OrderEvent): OrderEventRefusal | null {
  if (!LEGAL[order.phase].has(event.type)) return "EventNotLegalInPhase";
  switch (event.type) {
    case "CancelRejected":
      return order.cancelPending ? null : "NoCancelPending";
    case "Triggered":
      return isWaiting(order) ? null : "NoTriggerWaiting";
    case "Traded":
      if (isWaiting(order)) return "TriggerNotReached";
      return event.lastQty > leavesQty(order) ? "TradeExceedsLeavesQty" : null;
    case "Replaced":
      // At CumQty nothing would be left to work: that is a cancel.
      return event.orderQty > order.cumQty ? null : "ReplaceNotAboveCumQty";
    default:
      return null;
  }
}

/**
 * The order after the event, as an object of its own. Precondition: `orderRefusal(order, event)` is
 * null.
 */
export function orderApply(order: Order, event: OrderEvent): OrderDraft {
  assert(orderRefusal(order, event) === null, "the event was checked before it was applied");
  const next = orderNext(order, event);
  assertOrder(next);
  assert(next.cumQty >= order.cumQty, "cumQty never falls");
  return next;
}

/** The sums that must hold of every order at every time; checked before anything is sent. */
export function assertOrder(order: Order): void {
  const { orderQty, cumQty } = order;
  assert(cumQty >= 0n && cumQty <= orderQty, "0 <= cumQty <= orderQty");
  assert((order.phase === "Filled") === (cumQty === orderQty), "Filled means cumQty = orderQty");
  assert(
    cumQty + leavesQty(order) <= orderQty,
    "orderQty = cumQty + leavesQty + canceledQty, none of them below zero",
  );
  assert(cumQty > 0n || order.grossTradeAmt === 0n, "no amount without a trade");
  assert(cumQty > 0n || order.chargeAmt === 0n, "no charge without a trade");
  assert(order.chargeAmt >= 0n && order.reservedAmt >= 0n, "charges and reservations are positive");
  assert(
    order.reservedAmt === 0n || (order.side === Side.Buy && isWorking(order)),
    "only a buy that still works holds back cash",
  );
  assert(!order.triggered || ORD_TYPES[order.ordType].stop, "only a stop order is triggered");
  assert(cumQty === 0n || !isWaiting(order), "a stop order trades after its trigger");
  if (order.phase === "Canceled") {
    assert(order.cancelReason !== CancelReason.None, "a cancelled order says why");
  } else if (!order.cancelPending) {
    assert(order.cancelReason === CancelReason.None, "what nobody cancels has no reason");
  }
  assert(!order.cancelPending || order.phase !== "Canceled", "a cancel that was done is answered");
}

function orderNext(order: Order, event: OrderEvent): OrderDraft {
  switch (event.type) {
    case "Accepted":
      return { ...order, phase: "Open" };
    case "Rejected":
      // A pending cancel stays pending: its answer is still to come.
      return {
        ...order,
        phase: "Rejected",
        rejectReason: event.rejectReason,
        reservedAmt: ZERO_AMOUNT,
      };
    case "Traded":
      return orderTraded(order, event.lastQty, event.lastPx);
    case "Replaced":
      return {
        ...order,
        price: event.price,
        stopPx: event.stopPx,
        orderQty: event.orderQty,
      };
    case "Triggered":
      return { ...order, triggered: true };
    case "CancelRequested":
      return {
        ...order,
        cancelPending: true,
        cancelReason: event.cancelReason ?? CancelReason.Requested,
      };
    case "CancelRejected":
      return { ...order, cancelPending: false, cancelReason: CancelReason.None };
    case "Canceled":
      return {
        ...order,
        phase: "Canceled",
        cancelPending: false,
        cancelReason: event.cancelReason,
        reservedAmt: ZERO_AMOUNT,
      };
    default:
      return unreachable(event, "order event");
  }
}

/** A fill while a cancel is pending leaves the cancel pending: its answer is still to come. */
function orderTraded(order: Order, lastQty: Qty, lastPx: Price): OrderDraft {
  assert(lastQty > 0n, "lastQty > 0");
  assert(lastPx > ZERO_PRICE, "lastPx > 0");
  const cumQty = (order.cumQty + lastQty) as Qty;
  const isFilled = cumQty === order.orderQty;
  return {
    ...order,
    phase: isFilled ? "Filled" : "Open",
    cumQty,
    reservedAmt: isFilled ? ZERO_AMOUNT : order.reservedAmt,
    grossTradeAmt: (order.grossTradeAmt + amountOf(lastPx, lastQty)) as Amount,
  };
}
