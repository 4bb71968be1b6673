/** What the desk says to a venue, and what a venue's reports mean to an order. */
import { ExecType } from "../model/enums.ts";
import type { Order } from "../model/order.ts";
import type { NewOrderSingle, OrderCancelReplaceRequest, VenueReport } from "../model/venue.ts";
import type { OrderEvent } from "../order/order.ts";

/** The NewOrderSingle(D) of an order that was decided. */
export function newOrderSingle(order: Order): NewOrderSingle {
  return {
    type: "NewOrderSingle",
    orderId: order.orderId,
    account: order.account,
    symbol: order.symbol,
    side: order.side,
    ordType: order.ordType,
    timeInForce: order.timeInForce,
    price: order.price,
    stopPx: order.stopPx,
    protectionPx: order.protectionPx,
    orderQty: order.orderQty,
  };
}

/** The OrderCancelReplaceRequest(G) that gives an order the terms it has here. */
export function replaceRequest(amended: Order): OrderCancelReplaceRequest {
  const { orderId, symbol, price, stopPx, protectionPx, orderQty } = amended;
  return {
    type: "OrderCancelReplaceRequest",
    orderId,
    symbol,
    price,
    stopPx,
    protectionPx,
    orderQty,
  };
}

export const EXEC_TYPES: { readonly [T in VenueReport["type"]]: ExecType } = {
  Accepted: ExecType.New,
  Traded: ExecType.Trade,
  Replaced: ExecType.Replaced,
  Triggered: ExecType.Triggered,
  Rejected: ExecType.Rejected,
  Canceled: ExecType.Canceled,
  CancelRejected: ExecType.CancelRejected,
};

export function orderEventOf(report: VenueReport): OrderEvent {
  switch (report.type) {
    case "Accepted":
    case "Triggered":
    case "CancelRejected":
      return { type: report.type };
    case "Rejected":
      return { type: "Rejected", rejectReason: report.rejectReason };
    case "Traded":
      return { type: "Traded", lastQty: report.lastQty, lastPx: report.lastPx };
    case "Replaced": {
      const { price, stopPx, orderQty } = report;
      return { type: "Replaced", price, stopPx, orderQty };
    }
    case "Canceled":
      return { type: "Canceled", cancelReason: report.reason };
  }
}
