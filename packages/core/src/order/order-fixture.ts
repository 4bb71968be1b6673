/** For tests: orders by what was asked for and what has happened to them since. */
import { ONE, type Price, type Qty, ZERO_PRICE } from "../model/decimal.ts";
import { MarketName, OrdType, Side, TimeInForce } from "../model/enums.ts";
import { type Account, NO_CL_ORD_ID, type OrderId, type UnixMs } from "../model/ids.ts";
import type { Order } from "../model/order.ts";
import { type OrderEvent, type OrderTerms, orderApply, orderNew } from "./order.ts";

export const ACCEPTED: OrderEvent = { type: "Accepted" };

/** A buy of 10 of 00700 at 1 for the day, unless the terms say otherwise. */
export function anOrder(terms: Partial<OrderTerms>, ...events: readonly OrderEvent[]): Order {
  const order = orderNew({
    orderId: "22000000001" as OrderId,
    account: "A-1001" as Account,
    clOrdId: NO_CL_ORD_ID,
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
    createdAtMs: 1_718_000_000_000 as UnixMs,
    ...terms,
  });
  return events.reduce(orderApply, order);
}
