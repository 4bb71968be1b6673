/** A list of orders as one walk over its pages. */
import { compareOrderNos } from "./open-orders.ts";
import type { Order, OrdersPage, OrdersQuery } from "./wire.ts";

type PageNumber = { readonly page_index: number; readonly page_size: number };

const PAGE_SIZE = 100;

/**
 * Every order of the pages, newest first; none twice, and none left out because others were placed
 * or closed between two pages.
 */
export async function* ordersOfPages(
  pageOf: (page: PageNumber) => Promise<OrdersPage>,
  query: OrdersQuery,
): AsyncGenerator<Order, void, void> {
  const page_size = query.page_size ?? PAGE_SIZE;
  const first = query.page_index ?? 1;
  let told: string | null = null;
  let total = 0;
  for (let page_index = first; ; page_index += 1) {
    const { orders, total_records } = await pageOf({ page_index, page_size });
    // What closed meanwhile, and what fits no more, has moved the rest to earlier pages.
    const missing = Math.ceil(Math.max(0, total - total_records) / page_size);
    total = total_records;
    if (missing > 0 && page_index > first) {
      page_index = Math.max(first, page_index - missing) - 1;
      continue;
    }
    for (const order of orders) {
      if (told !== null && compareOrderNos(order.order_no, told) >= 0) continue;
      told = order.order_no;
      yield order;
    }
    if (orders.length === 0 || page_index * page_size >= total_records) return;
  }
}
