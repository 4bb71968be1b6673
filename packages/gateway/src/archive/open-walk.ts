/**
 * Looks through an account's open orders in steps: there may be any number of them, and a filter
 * that hardly any fits must not keep everybody else waiting.
 */
import type { OpenScan } from "@countermand/core/desk";
import { type ClOrdId, NO_CL_ORD_ID, type Order, type OrderId } from "@countermand/core/model";
import { LIST_STEP_ORDERS, NAMED_ORDERS_MAX } from "./archive-limits.ts";
import { matchesFilter, type OrderFilter } from "./order-filter.ts";
import { compareNewestFirst } from "./order-number.ts";

/** An account's open orders; the desk's AccountBook is one. */
export interface OpenOrders {
  readonly openCount: number;
  openOrder(orderId: OrderId): Order | null;
  openCountNamed(clOrdId: ClOrdId): number;
  openByClOrdId(clOrdId: ClOrdId): readonly OrderId[];
  /** Ended by who asked for it. */
  scanOpen(): Pick<OpenScan, "next" | "end">;
}

export interface OpenWalk {
  readonly open: OpenOrders;
  readonly filter: OrderFilter;
  /** Resolves when what else there is to do has had its turn. */
  readonly nextTurn: () => Promise<void>;
  /** Called with each order that matches, newest first, until it returns false. */
  readonly onMatch: (order: Order) => boolean;
}

/** Tells of the orders as they were at the call, whatever becomes of them meanwhile. */
export async function walkOpen({ open, filter, nextTurn, onMatch }: OpenWalk): Promise<void> {
  const named = namedOrders(open, filter);
  if (named !== null) {
    const matching = named.filter((order) => matchesFilter(order, filter));
    for (const order of matching) if (!onMatch(order)) return;
    return;
  }
  const scan = open.scanOpen();
  try {
    let lookedAtCount = 0;
    for (let order = scan.next(); order !== null; order = scan.next()) {
      if (matchesFilter(order, filter) && !onMatch(order)) return;
      lookedAtCount += 1;
      if (lookedAtCount % LIST_STEP_ORDERS === 0) await nextTurn();
    }
  } finally {
    scan.end();
  }
}

/** The open orders that a filter names, newest first; null where it names none, or many. */
function namedOrders(open: OpenOrders, { orderId, clOrdId }: OrderFilter): Order[] | null {
  if (orderId !== undefined) return [open.openOrder(orderId)].filter((order) => order !== null);
  if (clOrdId === undefined || clOrdId === NO_CL_ORD_ID) return null;
  if (open.openCountNamed(clOrdId) > NAMED_ORDERS_MAX) return null;
  const orders = open.openByClOrdId(clOrdId).map((id) => open.openOrder(id));
  return orders.filter((order) => order !== null).sort(compareNewestFirst);
}
