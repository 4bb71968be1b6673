/** Which order a cancel means, and what to say when it cannot be cancelled any more. */
import { assert } from "../assert.ts";
import type { CancelTarget } from "../model/command.ts";
import { formatDecimal } from "../model/decimal.ts";
import { compareOrderIds, type OrderId } from "../model/ids.ts";
import type { Order } from "../model/order.ts";
import { type Refusal, refuse } from "../model/refusal.ts";
import { isWorking } from "../order/order.ts";
import { type AccountBook, SharedName } from "./account-book.ts";

/** What a cancel target names among the open orders of its account. */
export type OpenTarget =
  | { readonly found: "open"; readonly order: Order }
  | { readonly found: "ambiguous"; readonly refusal: Refusal }
  /** Not open: closed, foreign or never placed. The archive knows which. */
  | { readonly found: "none" };

const NOT_OPEN: OpenTarget = { found: "none" };

/** Order numbers an ambiguity lists at most. */
export const AMBIGUOUS_LISTED_MAX = 20;

/** To who acts for some portfolios only, orders of others do not exist. */
export function openTarget(
  book: AccountBook,
  target: CancelTarget,
  portfolioIds?: ReadonlySet<string>,
): OpenTarget {
  const named = target.by === "orderId" ? target.orderId : book.named(target.clOrdId);
  if (named instanceof SharedName) return sharedTarget(book, named, portfolioIds);
  const order = named === null ? null : book.openOrder(named);
  if (order === null) return NOT_OPEN;
  const isSeen = portfolioIds === undefined || portfolioIds.has(order.portfolioId);
  return isSeen ? { found: "open", order } : NOT_OPEN;
}

/** Of those that share the name, the one that works; else the newest. */
function sharedTarget(
  book: AccountBook,
  name: SharedName,
  portfolioIds: ReadonlySet<string> | undefined,
): OpenTarget {
  const seen =
    portfolioIds === undefined
      ? [name.orderIds]
      : Array.from(portfolioIds, (portfolioId) => name.orderIdsIn(portfolioId));
  const done: OrderId[] = [];
  const live = seen.flatMap((orderIds) => liveOf(book, orderIds, done));
  const liveCount = seen.reduce((sum, { size }) => sum + size, -done.length);
  if (liveCount > 1) return { found: "ambiguous", refusal: ambiguous(live, liveCount) };
  const orderId = live[0] ?? done.sort(compareOrderIds).at(-1);
  return orderId === undefined ? NOT_OPEN : { found: "open", order: openNamed(book, orderId) };
}

/**
 * Those that work: one that was filled while its cancel is pending is in the book still, and goes
 * to `done`. There may be any number, so beyond those that an ambiguity lists none is looked at.
 */
function liveOf(book: AccountBook, orderIds: Iterable<OrderId>, done: OrderId[]): OrderId[] {
  const live: OrderId[] = [];
  for (const orderId of orderIds) {
    (isWorking(openNamed(book, orderId)) ? live : done).push(orderId);
    if (live.length === AMBIGUOUS_LISTED_MAX) break;
  }
  return live;
}

function openNamed(book: AccountBook, orderId: OrderId): Order {
  const order = book.openOrder(orderId);
  assert(order !== null, "an indexed order is open");
  return order;
}

/** Of `liveCount`, the oldest ones of each portfolio at least. */
function ambiguous(live: OrderId[], liveCount: number): Refusal {
  const listed = live.sort(compareOrderIds).slice(0, AMBIGUOUS_LISTED_MAX);
  const more = liveCount - listed.length;
  const rest = more > 0 ? ` and ${more} more` : "";
  return refuse(
    "AMBIGUOUS_REFERENCE",
    `several live orders carry this reference_id, cancel by order_no: ${listed.join(", ")}${rest}`,
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
