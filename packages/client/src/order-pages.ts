/** Lists as one walk over their pages. */
import { compareOrderNos } from "./open-orders.ts";
import type { Order, OrdersPage, OrdersQuery } from "./wire.ts";

type PageNumber = { readonly page_index: number; readonly page_size: number };

/** The most that the gateway gives at once. */
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

/** Rows of one page, and how many all pages have. */
interface PageOfRows<Row> {
  readonly rows: readonly Row[];
  readonly total: number;
}

/**
 * Every row of a list from which none goes away, newest first; none twice, although new ones move
 * the others to later pages.
 */
export async function* rowsOfPages<Row>(
  pageOf: (page: number, page_size: number) => Promise<PageOfRows<Row>>,
  idOf: (row: Row) => string,
): AsyncGenerator<Row, void, void> {
  const told = new Set<string>();
  for (let page = 1; ; page += 1) {
    const { rows, total } = await pageOf(page, PAGE_SIZE);
    for (const row of rows) {
      const id = idOf(row);
      if (told.has(id)) continue;
      told.add(id);
      yield row;
    }
    if (rows.length === 0 || page * PAGE_SIZE >= total) return;
  }
}
