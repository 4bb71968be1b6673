/** For tests of an account's book: orders that are told apart by their numbers. */
import { ONE, type Price, type Qty, ZERO_PRICE } from "../model/decimal.ts";
import { MarketName, OrdType, Side, TimeInForce } from "../model/enums.ts";
import type { Account, ClOrdId, OrderId, UnixMs } from "../model/ids.ts";
import type { Order } from "../model/order.ts";
import { type OrderEvent, orderApply, orderNew } from "../order/order.ts";
import { AccountBook } from "./account-book.ts";

export const ACCEPTED: OrderEvent = { type: "Accepted" };

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
  const order = orderNew({
    orderId: orderIdOf(orderNo),
    account: "A-1001" as Account,
    clOrdId: clOrdId as ClOrdId,
    portfolioId: "",
    market: MarketName.Hkex,
    symbol: "00700",
    ordType: OrdType.Limit,
    side: Side.Buy,
    timeInForce: TimeInForce.Day,
    price: ONE as Price,
    stopPx: ZERO_PRICE,
    protectionPx: ZERO_PRICE,
    orderQty: (10n * ONE) as Qty,
    createdAtMs: orderNo as UnixMs,
  });
  return events.reduce(orderApply, order);
}

export function orderIdOf(orderNo: number): OrderId {
  return String(22_000_000_000 + orderNo) as OrderId;
}
