/** What the words of an order are called on the page. */
import { isClosed, type OrderUpdate } from "@countermand/client";

const STATUS: Readonly<Record<string, string>> = {
  new: "open",
  pex: "part filled",
  fex: "filled",
  can: "cancelled",
  rej: "rejected",
};

const TYPES: Readonly<Record<string, string>> = {
  limit_order: "Limit",
  enhanced_limit_order: "Enhanced limit",
  market_order: "Market",
  stop_limit_order: "Stop limit",
  stop_market_order: "Stop market",
  at_auction_order: "At auction",
  at_auction_limit_order: "At auction limit",
};

type Standing = Pick<OrderUpdate, "order_status" | "pending">;

export function isOpen(order: Pick<OrderUpdate, "order_status">): boolean {
  return !isClosed(order);
}

export function statusText({ order_status, pending }: Standing): string {
  if (pending === "cancel") return "cancelling";
  return STATUS[order_status] ?? `unknown: ${order_status}`;
}

export function typeText(orderType: string): string {
  return TYPES[orderType] ?? orderType;
}

/** `too_late_filled` is "too late filled". */
export function wordText(word: string): string {
  return word.replaceAll("_", " ");
}
