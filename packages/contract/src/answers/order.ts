/** The order object: what every answer and push says about an order. */
import {
  averagePrice,
  CancelReason,
  type Execution,
  formatDecimal,
  type Instrument,
  type Order,
} from "@countermand/core/model";
import {
  MARKET_WORDS,
  ORDER_SIDE_WORDS,
  ORDER_TYPE_WORDS,
  orderStatusWord,
  TIME_IN_FORCE_WORDS,
} from "../names.ts";
import { jsonString } from "./json-text.ts";
import { unixSeconds } from "./unix-seconds.ts";

/** What the order object says about the instrument. */
export type InstrumentNames = Pick<Instrument, "securityDesc" | "currency">;

export interface OrderForm {
  /** With `execute_price` and `trigger_price`, as the query page has it. */
  readonly query: boolean;
  /** The trade this message reports; absent or null for any other event. */
  readonly execution?: Pick<Execution, "execId" | "lastQty" | "lastPx"> | null;
}

/** The reference page's 21 fields in its order, then the query's two, then the additive ones. */
export function encodeOrder(order: Order, names: InstrumentNames, form: OrderForm): string {
  return `{${orderMembers(order, names, form)}}`;
}

/** The order as the query shows it, and the key that placed it: for operators alone. */
export function encodeOperatorOrder(order: Order, names: InstrumentNames): string {
  return `{${orderMembers(order, names, { query: true })},"api_key":${jsonString(order.enteredBy)}}`;
}

/**
 * The `data` of a cancel answered in full: the order with its query fields, then `cancelled_qty`,
 * `seq`, `already` (the order was cancelled, or its cancel pending, before this request) and
 * `reason`.
 */
export function encodeCancelData(order: Order, names: InstrumentNames, already: boolean): string {
  return (
    `{${orderMembers(order, names, { query: true })}` +
    `,"cancelled_qty":${cancelledQty(order)},"seq":${order.streamSeq}` +
    `,"already":${already},"reason":"${cancelReasonWord(order, already)}"}`
  );
}

/** The same of a cancel that was only asked about: nothing of it has a place in the stream. */
export function encodePreviewedCancel(
  order: Order,
  names: InstrumentNames,
  already: boolean,
): string {
  return (
    `{${orderMembers(order, names, { query: true })},"cancelled_qty":${cancelledQty(order)}` +
    `,"already":${already},"reason":"${cancelReasonWord(order, already)}"}`
  );
}

/** What an order holds back: of a currency, or of a product. */
export interface OnHold {
  readonly name: string;
  readonly units: bigint;
}

/** The order as a new one or an amend would leave it, and what it would hold back then. */
export function encodePreviewedOrder(
  order: Order,
  names: InstrumentNames,
  { name, units }: OnHold,
): string {
  return (
    `{${orderMembers(order, names, { query: true })}` +
    `,"on_hold":${formatDecimal(units)},"on_hold_of":${jsonString(name)}}`
  );
}

function cancelledQty({ phase, orderQty, cumQty }: Order): string {
  return formatDecimal(phase === "Canceled" ? orderQty - cumQty : 0n);
}

/** A venue behind a wire has not answered yet when the cancel is accepted. */
function cancelReasonWord(order: Order, already: boolean): string {
  if (order.phase !== "Canceled") return "cancel_pending";
  return already ? "already_cancelled" : "cancelled";
}

/** Why it was cancelled; empty also while a cancel is pending, which may come too late. */
export function doneCancelReason({ phase, cancelReason }: Order): CancelReason {
  return phase === "Canceled" ? cancelReason : CancelReason.None;
}

/** LeavesQty(151): what still works in the market, zero once the order is closed. */
function leavesQty(order: Order): bigint {
  const works = order.phase === "PendingNew" || order.phase === "Open";
  return works ? order.orderQty - order.cumQty : 0n;
}

function orderMembers(order: Order, names: InstrumentNames, form: OrderForm): string {
  const currency = jsonString(names.currency);
  // In one sum, in turn a value and all that stands before the next: a piece more is an object
  // more, and every push is made of these.
  let text =
    '"market":"' +
    MARKET_WORDS.wordOf(order.market) +
    '","order_type":"' +
    ORDER_TYPE_WORDS.wordOf(order.ordType) +
    '","symbol":' +
    jsonString(order.symbol) +
    ',"name":' +
    jsonString(names.securityDesc) +
    ',"order_side":"' +
    ORDER_SIDE_WORDS.wordOf(order.side) +
    '","account_code":' +
    jsonString(order.account) +
    ',"order_no":"' +
    order.orderId +
    '","order_status":"' +
    orderStatusWord(order) +
    '","price":' +
    formatDecimal(order.price) +
    ',"qty":' +
    formatDecimal(order.orderQty) +
    ',"outstand_qty":' +
    formatDecimal(leavesQty(order)) +
    ',"execute_qty":' +
    formatDecimal(order.cumQty) +
    ',"execute_amount":' +
    formatDecimal(order.grossTradeAmt) +
    ',"charge":' +
    formatDecimal(order.chargeAmt) +
    ',"charge_base_currency":' +
    currency +
    ',"base_currency":' +
    currency +
    ',"reference_id":' +
    jsonString(order.clOrdId) +
    ',"portfolio_id":' +
    jsonString(order.portfolioId) +
    ',"reject_reason":' +
    jsonString(order.rejectReason) +
    ',"update_time":' +
    unixSeconds(order.updatedAtMs) +
    ',"create_time":' +
    unixSeconds(order.createdAtMs);
  if (form.query) {
    text +=
      `,"execute_price":${formatDecimal(averagePrice(order.grossTradeAmt, order.cumQty))}` +
      `,"trigger_price":${formatDecimal(order.stopPx)}`;
  }
  text +=
    ',"version":' +
    order.version +
    ',"time_in_force":"' +
    TIME_IN_FORCE_WORDS.wordOf(order.timeInForce) +
    '","cancel_reason":"' +
    doneCancelReason(order) +
    '"';
  if (order.cancelPending) text += ',"pending":"cancel"';
  return text + executionMembers(form.execution);
}

function executionMembers(execution: OrderForm["execution"]): string {
  if (execution === undefined || execution === null) return "";
  return (
    `,"exec_id":${jsonString(execution.execId)},"last_qty":${formatDecimal(execution.lastQty)}` +
    `,"last_price":${formatDecimal(execution.lastPx)}`
  );
}
