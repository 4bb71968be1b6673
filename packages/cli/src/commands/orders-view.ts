/** Orders as people read them. */
import type { Order, OrderUpdate } from "@countermand/client";
import { type Column, factLines } from "../table.ts";
import { timeText } from "../time.ts";

/** The words of `order_status`, written out. */
const STATUSES: Readonly<Record<string, string>> = {
  new: "open",
  pex: "partly filled",
  fex: "filled",
  can: "cancelled",
  rej: "rejected",
};

export function statusText(order: Pick<Order, "order_status" | "pending">): string {
  const status = STATUSES[order.order_status] ?? `${order.order_status} (unknown)`;
  return order.pending === undefined ? status : `${status}, cancel pending`;
}

export const ORDER_COLUMNS: readonly Column<Order | OrderUpdate>[] = [
  { title: "ORDER", of: ({ order_no }) => order_no },
  { title: "STATUS", of: statusText },
  { title: "SIDE", of: ({ order_side }) => order_side },
  { title: "SYMBOL", of: ({ symbol }) => symbol },
  { title: "PRICE", of: ({ price }) => price, isNumber: true },
  { title: "QTY", of: ({ qty }) => qty, isNumber: true },
  { title: "FILLED", of: ({ execute_qty }) => execute_qty, isNumber: true },
  { title: "OPEN", of: ({ outstand_qty }) => outstand_qty, isNumber: true },
  { title: "REFERENCE", of: ({ reference_id }) => reference_id },
];

/** All that is known of one order. */
export function orderFacts(order: Order): string[] {
  const facts: (readonly [string, string])[] = [
    ["order", order.order_no],
    ["status", statusText(order)],
    ["what", `${order.order_side} ${order.qty} ${order.symbol} (${order.name}) on ${order.market}`],
    ["type", `${order.order_type}, ${order.time_in_force}`],
    ["price", `${order.price} ${order.base_currency}`],
    ["trigger", order.trigger_price],
    ["filled", `${order.execute_qty} for ${order.execute_amount}, ${order.execute_price} each`],
    ["open", order.outstand_qty],
    ["charges", `${order.charge} ${order.charge_base_currency}`],
    ["reference", order.reference_id],
    ["portfolio", order.portfolio_id],
    ["cancelled for", order.cancel_reason],
    ["rejected for", order.reject_reason],
    ["placed", timeText(order.create_time)],
    ["changed", `${timeText(order.update_time)}, version ${order.version}`],
  ];
  return factLines(facts.filter(([, value]) => value !== "" && value !== "0"));
}
