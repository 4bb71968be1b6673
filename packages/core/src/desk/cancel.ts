/** Which order a cancel means, and what to say when it cannot be cancelled any more. */
import { assert } from "../assert.ts";
import type { CancelTarget } from "../model/command.ts";
import { formatDecimal } from "../model/decimal.ts";
import type { OrderId } from "../model/ids.ts";
import type { Order } from "../model/order.ts";
import { type Refusal, refuse } from "../model/refusal.ts";
import { isWorking } from "../order/order.ts";
import type { AccountBook } from "./account-book.ts";

/** What a cancel target names among the open orders of its account. */
export type OpenTarget =
  | { readonly found: "open"; readonly order: Order }
  | { readonly found: "ambiguous"; readonly refusal: Refusal }
  /** Not open: closed, foreign or never placed. The archive knows which. */
  | { readonly found: "none" };

const NOT_OPEN: OpenTarget = { found: "none" };

/** Order numbers an ambiguity lists at most. */
export const AMBIGUOUS_LISTED_MAX = 20;

/** To who asks, orders that `sees` says no to do not exist. */
export function openTarget(
  book: AccountBook,
  target: CancelTarget,
  sees: ((order: Order) => boolean) | null = null,
): OpenTarget {
  if (target.by === "orderId") {
    const order = book.openOrder(target.orderId);
    return order === null || sees?.(order) === false ? NOT_OPEN : { found: "open", order };
  }
  const named = book.openByClOrdId(target.clOrdId);
  const seen = sees === null ? named : named.filter((orderId) => sees(openNamed(book, orderId)));
  const live = seen.length > 1 ? liveOf(book, seen) : seen;
  if (live.length > 1) return { found: "ambiguous", refusal: ambiguous(live) };
  const orderId = live[0] ?? seen.at(-1);
  return orderId === undefined ? NOT_OPEN : { found: "open", order: openNamed(book, orderId) };
}

/**
 * Those that work: one that was filled while its cancel is pending is in the book still. There may
 * be any number of them, so beyond those that an ambiguity lists none is looked at.
 */
function liveOf(book: AccountBook, orderIds: readonly OrderId[]): readonly OrderId[] {
  const live: OrderId[] = [];
  for (const [index, orderId] of orderIds.entries()) {
    if (!isWorking(openNamed(book, orderId))) continue;
    live.push(orderId);
    if (live.length < AMBIGUOUS_LISTED_MAX) continue;
    return live.length === index + 1 ? orderIds : live.concat(orderIds.slice(index + 1));
  }
  return live;
}

function openNamed(book: AccountBook, orderId: OrderId): Order {
  const order = book.openOrder(orderId);
  assert(order !== null, "an indexed order is open");
  return order;
}

function ambiguous(orderIds: readonly OrderId[]): Refusal {
  const listed = orderIds.slice(0, AMBIGUOUS_LISTED_MAX).join(", ");
  const more = orderIds.length - AMBIGUOUS_LISTED_MAX;
  const rest = more > 0 ? ` and ${more} more` : "";
  return refuse(
    "AMBIGUOUS_REFERENCE",
    `several live orders carry this reference_id, cancel by order_no: ${listed}${rest}`,
  );
}

/**
 * What a cancel of an order that works no more answers: null is "already cancelled", which is a
 * success.
 */
export function closedRefusal(order: Order): Refusal | null {
  assert(!isWorking(order), "the order works no more");
  switch (order.phase) {
    case "Canceled":
      return null;
    case "Rejected":
      return rejectedRefusal();
    default:
      return filledRefusal(order);
  }
}

export function rejectedRefusal(): Refusal {
  return refuse("REJECTED_ORDER", "the order was rejected, nothing of it is in the market");
}

export function filledRefusal({ cumQty, orderQty }: Order): Refusal {
  const details = `the order is filled: ${formatDecimal(cumQty)} of ${formatDecimal(orderQty)}`;
  return refuse("TOO_LATE_FILLED", details);
}
