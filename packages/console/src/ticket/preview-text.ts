/** What would come of an order that is not sent yet, in words. */
import type { PreviewedOrder } from "@countermand/client";
import { wordText } from "../orders/order-words.ts";
import { grouped } from "../parts/format.ts";

type Previewed = Pick<
  PreviewedOrder,
  | "base_currency"
  | "cancel_reason"
  | "charge"
  | "charge_base_currency"
  | "execute_price"
  | "execute_qty"
  | "on_hold"
  | "on_hold_of"
  | "order_status"
  | "order_type"
  | "outstand_qty"
  | "qty"
>;

export function previewText(order: Previewed): string {
  const { charge, charge_base_currency, on_hold, on_hold_of } = order;
  const parts = [tradeText(order), restText(order)];
  if (charge !== "0") parts.push(`charges ${grouped(charge)} ${charge_base_currency}`);
  if (on_hold !== "0") parts.push(`${grouped(on_hold)} ${on_hold_of} held back`);
  return parts.filter((part) => part !== "").join("; ");
}

function tradeText({ base_currency, execute_price, execute_qty, qty }: Previewed): string {
  if (execute_qty === "0") return "nothing trades at once";
  const traded = execute_qty === qty ? `all ${grouped(qty)}` : `${grouped(execute_qty)} of them`;
  return `${traded} trade at once, at ${grouped(execute_price)} ${base_currency} on average`;
}

function restText({ cancel_reason, order_status, order_type, outstand_qty }: Previewed): string {
  if (order_status === "can") return `the rest is cancelled (${wordText(cancel_reason)})`;
  if (outstand_qty === "0") return "";
  return `${grouped(outstand_qty)} ${waitText(order_type, order_status)}`;
}

function waitText(orderType: string, status: string): string {
  if (status === "new" && orderType.startsWith("stop_")) return "wait for the trigger";
  return orderType.startsWith("at_auction_") ? "wait for the auction" : "rest in the book";
}
