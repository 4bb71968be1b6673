/** Order numbers as integers: the archive's key, and what "newest first" means. */
import { assert } from "@countermand/core/assert";
import { compareOrderIds, type Order } from "@countermand/core/model";

/**
 * The integer a well-formed order id spells; null for any other text, such as one with zeros before
 * it.
 */
export function orderNumberOf(orderId: string): number | null {
  const orderNumber = Number(orderId);
  const isExact = Number.isSafeInteger(orderNumber) && orderNumber > 0;
  return isExact && String(orderNumber) === orderId ? orderNumber : null;
}

/** The number of an order of ours. */
export function numberOfOrder({ orderId }: Pick<Order, "orderId">): number {
  const orderNumber = orderNumberOf(orderId);
  assert(orderNumber !== null, "our order ids are decimal digits below 2^53");
  return orderNumber;
}

/** Sorts orders. */
export function compareNewestFirst({ orderId: a }: Order, { orderId: b }: Order): number {
  return compareOrderIds(b, a);
}
