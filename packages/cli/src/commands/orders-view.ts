/** Orders as people read them. */
import type { Order, OrderUpdate, PreviewedOrder } from "@countermand/client";
import { InvalidArgumentError } from "commander";
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

/**
 * The gateway's word for a status, given as it is written here or as the protocol has it.
 * @throws InvalidArgumentError there is no such status
 */
export function statusWord(text: string): string {
  if (Object.hasOwn(STATUSES, text)) return text;
  const asShown = text.toLowerCase().replaceAll("-", " ");
  const found = Object.entries(STATUSES).find(([, shown]) => shown === asShown);
  if (found !== undefined) return found[0];
  const words = Object.values(STATUSES).map((shown) => shown.replaceAll(" ", "-"));
  throw new InvalidArgumentError(`Allowed are ${words.join(", ")}.`);
}

export function statusText(order: Pick<Order, "order_status" | "pending">): string {
  const status = STATUSES[order.order_status] ?? `${order.order_status} (unknown)`;
  return order.pending === undefined ? status : `${status}, cancel pending`;
}

export const ORDER_COLUMNS: readonly Column<Order | OrderUpdate>[] = [
  { title: "ORDER", of: ({ order_no }) => order_no },
  { title: "STATUS", of: statusText },
  { title: "SIDE", of: ({ order_side }) => order_side },
  { title: "SYMBOL", of: ({ symbol }) => symbol },
  { title: "PRICE", of: figuresText, isNumber: true },
  { title: "QTY", of: ({ qty }) => qty, isNumber: true },
  { title: "FILLED", of: ({ execute_qty }) => execute_qty, isNumber: true },
  { title: "OPEN", of: ({ outstand_qty }) => outstand_qty, isNumber: true },
  { title: "REFERENCE", of: ({ reference_id }) => reference_id },
];

/** An order without a price takes whatever the market gives. */
function priceText({ price }: Pick<Order, "price">): string {
  return price === "0" ? "market" : price;
}

/** Else a stop order that waits would look like one that is in the market. */
function figuresText(order: Order | OrderUpdate): string {
  const stop = "trigger_price" in order ? order.trigger_price : "0";
  return stop === "0" ? priceText(order) : `${priceText(order)} stop ${stop}`;
}

function filledText({ base_currency, execute_amount, execute_price, execute_qty }: Order): string {
  if (execute_qty === "0") return "nothing";
  return `${execute_qty} for ${execute_amount} ${base_currency}, ${execute_price} each`;
}

type Fact = readonly [name: string, value: string];

/** All that is known of one order. */
export function orderFacts(order: Order): string[] {
  return linesOf([
    ...facts(order),
    ["placed", timeText(order.create_time)],
    ["changed", `${timeText(order.update_time)}, version ${order.version}`],
  ]);
}

/** What is known of an order as it would be. */
export function previewFacts(order: PreviewedOrder): string[] {
  const { on_hold, on_hold_of } = order;
  return linesOf([...facts(order), ["held back", `${on_hold} ${on_hold_of}`]]);
}

function facts(order: Order): Fact[] {
  return [
    ["order", order.order_no],
    ["status", statusText(order)],
    ["what", `${order.order_side} ${order.qty} ${order.symbol} (${order.name}) on ${order.market}`],
    ["type", `${order.order_type}, ${order.time_in_force}`],
    ["price", order.price === "0" ? "market" : `${order.price} ${order.base_currency}`],
    ["trigger", order.trigger_price],
    ["filled", filledText(order)],
    ["open", order.outstand_qty],
    ["charges", `${order.charge} ${order.charge_base_currency}`],
    ["reference", order.reference_id],
    ["portfolio", order.portfolio_id],
    ["cancelled for", order.cancel_reason],
    ["rejected for", order.reject_reason],
  ];
}

function linesOf(all: readonly Fact[]): string[] {
  return factLines(all.filter(([, value]) => value !== "" && value !== "0"));
}
