/**
 * All orders that the page knows, and those of them that it shows, in their order. A change costs
 * what the order's move in the list costs, not a sort: a list of tens of thousands takes hundreds of
 * changes a second.
 */
import { compareOrderNos, decimalUnits, type OrderUpdate } from "@countermand/client";
import { isOpen, statusText } from "./order-words.ts";

/** One event of an order's story. */
export interface StoryEvent {
  /** Position in the stream; 0 for one that was asked for afterwards. */
  readonly seq: number;
  readonly order: OrderUpdate;
}

export interface OrderRow {
  order: OrderUpdate;
  readonly story: StoryEvent[];
  /** What the filter looks at. */
  readonly text: string;
  /** What it is sorted by, under the present sort. */
  key: string | bigint | number;
  isShown: boolean;
}

export type SortColumn =
  | "order_no"
  | "symbol"
  | "order_side"
  | "order_status"
  | "price"
  | "qty"
  | "outstand_qty"
  | "execute_qty"
  | "update_time";

export interface TableQuery {
  readonly scope: "open" | "closed" | "all";
  /** Words that all must occur; upper and lower case are the same. */
  readonly filter: string;
  readonly sort: SortColumn;
  readonly isDescending: boolean;
}

const DECIMALS: ReadonlySet<SortColumn> = new Set(["price", "qty", "outstand_qty", "execute_qty"]);

/** Closed orders kept; beyond them the ones that closed first are forgotten by the page. */
const CLOSED_MAX = 50_000;
/** Events kept of one order's story. */
const STORY_MAX = 200;

export const FIRST_QUERY: TableQuery = {
  scope: "open",
  filter: "",
  sort: "order_no",
  isDescending: true,
};

export class OrderTable {
  readonly #rows = new Map<string, OrderRow>();
  #query: TableQuery = FIRST_QUERY;
  #words: readonly string[] = [];
  #shown: OrderRow[] = [];
  #openCount = 0;
  readonly #closed = new Set<string>();

  /** Those that the query lets through, in its order. Changes in place. */
  get shown(): readonly OrderRow[] {
    return this.#shown;
  }

  get query(): TableQuery {
    return this.#query;
  }

  get size(): number {
    return this.#rows.size;
  }

  get openCount(): number {
    return this.#openCount;
  }

  get(orderNo: string): OrderRow | undefined {
    return this.#rows.get(orderNo);
  }

  ask(query: TableQuery): void {
    this.#query = query;
    this.#words = query.filter.toLowerCase().split(/\s+/).filter(Boolean);
    this.#rebuild();
  }

  /**
   * The open orders as they stand now: what was thought open and is not among them has closed
   * unseen, and is forgotten until it is asked for.
   */
  load(seq: number, orders: readonly OrderUpdate[]): void {
    const listed = new Set(orders.map(({ order_no }) => order_no));
    for (const [orderNo, { order }] of this.#rows) {
      if (isOpen(order) && !listed.has(orderNo)) this.#forget(orderNo);
    }
    for (const order of orders) this.#put(order, seq);
    this.#rebuild();
  }

  /** An event of the stream. */
  take(seq: number, order: OrderUpdate): void {
    const known = this.#rows.get(order.order_no);
    if (known !== undefined && known.order.version >= order.version) return;
    if (known?.isShown === true) this.#shown.splice(this.#place(known), 1);
    const row = this.#put(order, seq);
    row.isShown = this.#lets(row);
    row.key = keyOf(row.order, this.#query.sort);
    if (row.isShown) this.#shown.splice(this.#place(row), 0, row);
  }

  /** Orders of the past that were asked for. What the stream has told of them since counts more. */
  learn(orders: readonly OrderUpdate[]): void {
    for (const order of orders) {
      const known = this.#rows.get(order.order_no);
      if (known === undefined || known.order.version < order.version) this.#put(order, 0);
    }
    this.#rebuild();
  }

  #put(order: OrderUpdate, seq: number): OrderRow {
    const known = this.#rows.get(order.order_no);
    if (known !== undefined && isOpen(known.order)) this.#openCount -= 1;
    const row = known ?? newRow(order);
    row.order = order;
    row.story.push({ seq, order });
    if (row.story.length > STORY_MAX) row.story.splice(1, 1);
    this.#rows.set(order.order_no, row);
    if (isOpen(order)) {
      this.#openCount += 1;
    } else {
      this.#closed.add(order.order_no);
      const [oldest] = this.#closed;
      if (this.#closed.size > CLOSED_MAX && oldest !== undefined) this.#forget(oldest);
    }
    return row;
  }

  #forget(orderNo: string): void {
    const row = this.#rows.get(orderNo);
    if (row === undefined) return;
    if (isOpen(row.order)) this.#openCount -= 1;
    if (row.isShown) this.#shown.splice(this.#place(row), 1);
    row.isShown = false;
    this.#closed.delete(orderNo);
    this.#rows.delete(orderNo);
  }

  #rebuild(): void {
    const shown: OrderRow[] = [];
    for (const row of this.#rows.values()) {
      row.isShown = this.#lets(row);
      row.key = keyOf(row.order, this.#query.sort);
      if (row.isShown) shown.push(row);
    }
    this.#shown = shown.sort((a, b) => this.#compare(a, b));
  }

  #lets({ order, text }: OrderRow): boolean {
    const { scope } = this.#query;
    if (scope !== "all" && isOpen(order) !== (scope === "open")) return false;
    if (this.#words.length === 0) return true;
    const status = statusText(order);
    return this.#words.every((word) => text.includes(word) || status.includes(word));
  }

  /** Where the row stands in the list, or would stand. */
  #place(row: OrderRow): number {
    let low = 0;
    let high = this.#shown.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#shown[middle];
      if (other !== undefined && this.#compare(other, row) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Never 0 for two rows: the number decides. */
  #compare(a: OrderRow, b: OrderRow): number {
    const byKey = a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
    const sign = this.#query.isDescending ? -1 : 1;
    return sign * (byKey === 0 ? compareOrderNos(a.order.order_no, b.order.order_no) : byKey);
  }
}

function newRow(order: OrderUpdate): OrderRow {
  const { order_no, symbol, name, order_side, reference_id, portfolio_id, market } = order;
  const parts = [order_no, symbol, name, order_side, reference_id, portfolio_id, market];
  return { order, story: [], text: parts.join(" ").toLowerCase(), key: "", isShown: false };
}

function keyOf(order: OrderUpdate, sort: SortColumn): string | bigint | number {
  if (sort === "order_no") return 0;
  if (sort === "order_status") return statusText(order);
  return DECIMALS.has(sort) ? decimalUnits(String(order[sort])) : order[sort];
}
