/** For tests of an account's book: orders that are told apart by their numbers. */
import type { Account, ClOrdId, OrderId, UnixMs } from "../model/ids.ts";
import type { Order } from "../model/order.ts";
import type { OrderEvent } from "../order/order.ts";
import { anOrder } from "../order/order-fixture.ts";
import { AccountBook } from "./account-book.ts";

export function bookWith(...orders: readonly Order[]): AccountBook {
  const book = new AccountBook("A-1001" as Account, false);
  for (const order of orders) book.insert(order);
  return book;
}

/** An order to buy 10 at 1, after what happened to it. */
export function orderAfter(
  orderNo: number,
  clOrdId: string,
  ...events: readonly OrderEvent[]
): Order {
  const createdAtMs = orderNo as UnixMs;
  const terms = { orderId: orderIdOf(orderNo), clOrdId: clOrdId as ClOrdId, createdAtMs };
  return anOrder(terms, ...events);
}

export function orderIdOf(orderNo: number): OrderId {
  return String(22_000_000_000 + orderNo) as OrderId;
}
