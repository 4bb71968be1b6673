/**
 * What happened and is not projected yet: the reports of every partition, and the closed orders
 * among them. Memory's half of every answer about closed orders. Owned by the sequencer's thread;
 * constant time per event, amortised.
 */
import { assert } from "@countermand/core/assert";
import {
  type Account,
  type ClOrdId,
  type ExecutionReported,
  NO_CL_ORD_ID,
  type Order,
  type OrderId,
} from "@countermand/core/model";
import { isClosed } from "@countermand/core/order";
import { compareNewestFirst } from "./order-number.ts";

interface Entry {
  readonly seq: number;
  readonly report: ExecutionReported;
}

/** First in, first out, readable from any index; constant time per item, amortised. */
class Queue<Item> {
  #items: Item[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  first(): Item | undefined {
    return this.#items[this.#head];
  }

  slice(from: number, count: number): Item[] {
    return this.#items.slice(this.#head + from, this.#head + from + count);
  }

  removeFirst(): void {
    assert(this.length > 0, "the queue has a first item");
    this.#head += 1;
    // Half of the array is behind the head: moving the rest costs no more than what was removed.
    if (2 * this.#head < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}

/** Closed orders of one account that share the client's name. */
class NamedOrders {
  readonly #orders = new Map<OrderId, Order>();
  #newest: Order | null = null;

  get size(): number {
    return this.#orders.size;
  }

  add(order: Order): void {
    this.#orders.set(order.orderId, order);
    if (this.#orders.size === 1 || (this.#newest !== null && isNewer(order, this.#newest))) {
      this.#newest = order;
    }
  }

  remove(orderId: OrderId): void {
    this.#orders.delete(orderId);
    if (this.#newest?.orderId === orderId) this.#newest = null;
  }

  /** Looks through the orders only if the newest one has been removed since. */
  newest(): Order | null {
    if (this.#newest !== null) return this.#newest;
    for (const order of this.#orders.values()) {
      if (this.#newest === null || isNewer(order, this.#newest)) this.#newest = order;
    }
    return this.#newest;
  }
}

interface ClosedEntry {
  readonly partition: string;
  readonly seq: number;
  readonly order: Order;
}

class RecentAccount {
  readonly reports = new Queue<ExecutionReported>();
  readonly closed = new Map<OrderId, ClosedEntry>();
  readonly byClOrdId = new Map<ClOrdId, NamedOrders>();
}

interface RecentPartition {
  readonly entries: Queue<Entry>;
  /** Last position that is not held here, because it is projected. */
  projectedSeq: number;
}

export class RecentReports {
  readonly #partitions = new Map<string, RecentPartition>();
  readonly #accounts = new Map<Account, RecentAccount>();
  #size = 0;

  /** Reports held. The sequencer takes no new orders above its limit (UNARCHIVED_REPORTS_MAX). */
  get size(): number {
    return this.#size;
  }

  /**
   * Takes a report when it is applied. Positions rise within a partition. An order gets no report
   * after the one that closed it. A report that is projected already is not held.
   */
  add(partition: string, seq: number, report: ExecutionReported): void {
    const { entries, projectedSeq } = this.#partition(partition);
    if (seq <= projectedSeq) return;
    entries.push({ seq, report });
    this.#size += 1;
    const { order } = report;
    const account = this.#account(order.account);
    account.reports.push(report);
    if (!isClosed(order)) return;
    account.closed.set(order.orderId, { partition, seq, order });
    if (order.clOrdId === NO_CL_ORD_ID) return;
    const named = account.byClOrdId.get(order.clOrdId) ?? new NamedOrders();
    named.add(order);
    account.byClOrdId.set(order.clOrdId, named);
  }

  /** The archive answers for the partition up to seq: what is held of that is let go. */
  projected(partition: string, seq: number): void {
    const recent = this.#partition(partition);
    if (seq <= recent.projectedSeq) return;
    recent.projectedSeq = seq;
    const { entries } = recent;
    for (let first = entries.first(); first !== undefined && first.seq <= seq; ) {
      entries.removeFirst();
      this.#size -= 1;
      this.#forget(first.report);
      first = entries.first();
    }
  }

  /** The account's closed order; null if it is not held. */
  closed(account: Account, orderId: OrderId): Order | null {
    return this.#accounts.get(account)?.closed.get(orderId)?.order ?? null;
  }

  /** The newest (highest order number) closed order of that name; null if none is held. */
  newestClosedByClOrdId(account: Account, clOrdId: ClOrdId): Order | null {
    return this.#accounts.get(account)?.byClOrdId.get(clOrdId)?.newest() ?? null;
  }

  /**
   * The account's closed orders behind the positions at which the archive was read, in no order;
   * null if some of them are not held any more, so that the archive must be read again.
   */
  closedOrders(account: Account, positions: ReadonlyMap<string, number>): Order[] | null {
    for (const [partition, { projectedSeq }] of this.#partitions) {
      if ((positions.get(partition) ?? 0) < projectedSeq) return null;
    }
    const closed = this.#accounts.get(account)?.closed.values() ?? [];
    const orders: Order[] = [];
    for (const { partition, seq, order } of closed) {
      if (seq > (positions.get(partition) ?? 0)) orders.push(order);
    }
    return orders;
  }

  /**
   * The account's reports after a stream number and up to a durable one, in stream order; null if
   * they are not all held, so that the archive must be asked for the first ones.
   */
  reportsAfter(
    account: Account,
    afterStreamSeq: number,
    durableStreamSeq: number,
    limit: number,
  ): ExecutionReported[] | null {
    if (afterStreamSeq >= durableStreamSeq) return [];
    const reports = this.#accounts.get(account)?.reports;
    const first = reports?.first();
    if (reports === undefined || first === undefined) return null;
    const from = afterStreamSeq + 1 - first.order.streamSeq;
    if (from < 0) return null;
    return reports.slice(from, Math.min(limit, durableStreamSeq - afterStreamSeq));
  }

  #forget({ order }: ExecutionReported): void {
    const account = this.#accounts.get(order.account);
    assert(account !== undefined, "a report that is held has its account");
    account.reports.removeFirst();
    if (isClosed(order)) {
      account.closed.delete(order.orderId);
      forgetName(account, order);
    }
    if (account.reports.length === 0) this.#accounts.delete(order.account);
  }

  #partition(partition: string): RecentPartition {
    const known = this.#partitions.get(partition);
    if (known !== undefined) return known;
    const added = { entries: new Queue<Entry>(), projectedSeq: 0 };
    this.#partitions.set(partition, added);
    return added;
  }

  #account(account: Account): RecentAccount {
    const known = this.#accounts.get(account);
    if (known !== undefined) return known;
    const added = new RecentAccount();
    this.#accounts.set(account, added);
    return added;
  }
}

function forgetName({ byClOrdId }: RecentAccount, { clOrdId, orderId }: Order): void {
  const named = byClOrdId.get(clOrdId);
  if (named === undefined) return; // The order has no name.
  named.remove(orderId);
  if (named.size === 0) byClOrdId.delete(clOrdId);
}

function isNewer(order: Order, other: Order): boolean {
  return compareNewestFirst(order, other) < 0;
}
