/**
 * Whether an order can be amended, and into what. Checks run in the order of REFUSAL_NAMES: the
 * order's state, the client's conditions, whether anything changes, the new figures. Money is asked
 * last, by the desk.
 */
import type { AmendRequest, OnlyIf } from "../model/command.ts";
import { formatDecimal } from "../model/decimal.ts";
import type { Instrument } from "../model/instrument.ts";
import { isOddLot } from "../model/instrument.ts";
import type { Order } from "../model/order.ts";
import { type Refusal, refuse } from "../model/refusal.ts";
import type { OrderCancelReplaceRequest } from "../model/venue.ts";
import { ORD_TYPES } from "../order/ord-types.ts";
import { filledRefusal, rejectedRefusal } from "./cancel.ts";
import { checkedPrice, checkedQty, figuresRefusal, type OrderFigures } from "./place-checks.ts";

/** The first reason why the order cannot be amended so, money apart, or null. */
export function amendRefusal(
  order: Order,
  request: AmendRequest,
  instrument: Instrument,
): Refusal | null {
  return (
    stateRefusal(order) ??
    conditionRefusal(order, request.condition) ??
    changeRefusal(order, request) ??
    triggeredRefusal(order, request) ??
    figuresRefusal(amendedFigures(order, request), instrument) ??
    amendedQtyRefusal(order, request, instrument)
  );
}

/** The new terms of a request that was checked. */
export function replaceTerms(
  order: Order,
  request: AmendRequest,
): Pick<OrderCancelReplaceRequest, "price" | "stopPx" | "orderQty"> {
  const figures = amendedFigures(order, request);
  return {
    price: checkedPrice(figures.price),
    stopPx: checkedPrice(figures.stopPx),
    orderQty: checkedQty(figures),
  };
}

/**
 * Why a cancel or an amend of an open order is not wanted any more, or null. A closed order is past
 * all conditions: its own answer says what became of it.
 */
export function conditionRefusal(order: Order, condition: OnlyIf): Refusal | null {
  if (condition.unfilled && order.cumQty > 0n) {
    return refuse("NOT_UNFILLED", `${filledOf(order)} has traded`);
  }
  if (condition.version !== null && condition.version !== order.version) {
    return refuse("VERSION_CHANGED", `the order is at version ${order.version}`);
  }
  return null;
}

function stateRefusal(order: Order): Refusal | null {
  if (order.phase === "Filled") return filledRefusal(order);
  if (order.phase === "Rejected") return rejectedRefusal();
  if (order.phase === "Canceled") {
    return refuse("TOO_LATE_CANCELED", "the order is cancelled: place a new one");
  }
  if (order.phase === "Open" && !order.cancelPending) return null;
  return refuse("ORDER_PENDING", "the venue has not answered the request before");
}

function changeRefusal(order: Order, { price, stopPx, orderQty }: AmendRequest): Refusal | null {
  const changes =
    (price !== null && price !== order.price) ||
    (stopPx !== null && stopPx !== order.stopPx) ||
    (orderQty !== null && orderQty !== order.orderQty);
  if (changes) return null;
  return refuse("NOTHING_TO_AMEND", "the order has these terms: send what is to change");
}

/** A stop order has one life as such: once triggered its trigger is history. */
function triggeredRefusal(order: Order, { stopPx }: AmendRequest): Refusal | null {
  if (!order.triggered || stopPx === null || stopPx === order.stopPx) return null;
  return refuse("TRIGGER_PRICE_NOT_TAKEN", "the stop order has been triggered");
}

function amendedQtyRefusal(
  order: Order,
  request: AmendRequest,
  instrument: Instrument,
): Refusal | null {
  const { orderQty } = amendedFigures(order, request);
  if (isOddLot(instrument, orderQty) !== isOddLot(instrument, order.orderQty)) {
    const lot = formatDecimal(instrument.lotQty);
    const details = `an order is below the lot ${lot} or is not, and stays so: place a new one`;
    return refuse("ODD_LOT_KEPT_APART", details);
  }
  if (orderQty > order.cumQty) return null;
  const details = `qty must be above ${filledOf(order)} that has traded: cancel the rest instead`;
  return refuse("QTY_NOT_ABOVE_FILLED", details);
}

/** The order's figures where the request names none. */
function amendedFigures(order: Order, { price, stopPx, orderQty }: AmendRequest): OrderFigures {
  const { priced, stop } = ORD_TYPES[order.ordType];
  return {
    ordType: order.ordType,
    timeInForce: order.timeInForce,
    price: price ?? (priced ? order.price : null),
    stopPx: stopPx ?? (stop ? order.stopPx : null),
    orderQty: orderQty ?? order.orderQty,
  };
}

function filledOf({ cumQty, orderQty }: Order): string {
  return `${formatDecimal(cumQty)} of ${formatDecimal(orderQty)}`;
}
