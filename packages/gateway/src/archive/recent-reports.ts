/**
 * What happened and is not projected yet: the reports of every partition, the closed orders among
 * them, and the bookings. Memory's half of every answer about closed orders and moved money. Owned
 * by the sequencer's thread; constant time per event, amortised. Closed orders are indexed when
 * somebody asks for one, which hardly anybody does.
 */
import { assert } from "@countermand/core/assert";
import {
  type Account,
  type ClOrdId,
  type DeskEvent,
  type ExecutionReported,
  NO_CL_ORD_ID,
  type Order,
  type OrderId,
} from "@countermand/core/model";
import { type BookedEvent, isBooked } from "@countermand/core/money";
import { isClosed } from "@countermand/core/order";
import type { Booking } from "./booking-filter.ts";
import { compareNewestFirst } from "./order-number.ts";

/** A report, or another event that moved money: one record, whoever leads to it. */
interface Entry<Event extends HeldEvent = HeldEvent> {
  readonly partition: string;
  readonly seq: number;
  readonly event: Event;
  readonly owner: RecentAccount;
}

type HeldEvent = ExecutionReported | BookedEvent;
type ReportEntry = Entry<ExecutionReported>;

/**
 * Entries that the index of closed orders may lag behind. Reason: most are projected before
 * anybody asks for them, also under load, and are never indexed; whoever asks first after so many
 * waits about 10 ms.
 */
const UNINDEXED_MAX = 16_384;

/** First in, first out, readable from any index; constant time per item, amortised. */
class Queue<Item> {
  #items: (Item | undefined)[] = [];
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

  at(index: number): Item {
    const item = this.#items[this.#head + index];
    assert(item !== undefined, "index lies inside the queue");
    return item;
  }

  slice(from: number, count: number): Item[] {
    return this.#items.slice(this.#head + from, this.#head + from + count) as Item[];
  }

  removeFirst(): void {
    assert(this.length > 0, "the queue has a first item");
    // Not held until the array is cut: it would outlive collections that it could be gone in.
    this.#items[this.#head] = undefined;
    this.#head += 1;
    // Half of the array is behind the head: moving the rest costs no more than what was removed.
    if (2 * this.#head < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}

/** Closed orders of one account that share the client's name; there were several at a time. */
class NamedOrders {
  readonly #orders = new Map<OrderId, Order>();
  #newest: Order | null = null;

  constructor(...orders: readonly Order[]) {
    for (const order of orders) this.add(order);
  }

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

  /** The newest one of those that `sees` says yes to. */
  newestOf(sees: (order: Order) => boolean): Order | null {
    let newest: Order | null = null;
    for (const order of this.#orders.values()) {
      if (sees(order) && (newest === null || isNewer(order, newest))) newest = order;
    }
    return newest;
  }
}

class RecentAccount {
  readonly account: Account;
  readonly reports = new Queue<ExecutionReported>();
  readonly bookings = new Queue<Booking>();
  /** The index of closed orders, as far as it has got. */
  readonly closed = new Map<OrderId, ReportEntry>();
  /** Most names are of one order, which stands for itself. */
  readonly byClOrdId = new Map<ClOrdId, Order | NamedOrders>();

  constructor(account: Account) {
    this.account = account;
  }
}

class RecentPartition {
  readonly entries = new Queue<Entry>();
  /** Last position that is not held here, because it is projected. */
  projectedSeq = 0;
  /** So many of the newest entries are not in the index. */
  unindexedCount = 0;
}

export class RecentReports {
  readonly #partitions = new Map<string, RecentPartition>();
  readonly #accounts = new Map<Account, RecentAccount>();
  readonly #unindexedMax: number;
  #size = 0;

  constructor(unindexedMax = UNINDEXED_MAX) {
    this.#unindexedMax = unindexedMax;
  }

  /**
   * Reports and other bookings held. The sequencer takes no new orders above its limit
   * (UNARCHIVED_REPORTS_MAX).
   */
  get size(): number {
    return this.#size;
  }

  /**
   * Takes an event when it is applied; only reports and bookings are held. Positions rise within a
   * partition. An order gets no report after the one that closed it. An event that is projected
   * already is not held.
   */
  add(partition: string, seq: number, event: DeskEvent): void {
    const isReport = event.type === "ExecutionReported";
    if (!isReport && !isBooked(event)) return;
    const recent = this.#partition(partition);
    if (seq <= recent.projectedSeq) return;
    const owner = this.#account(accountOf(event));
    if (isBooked(event)) owner.bookings.push({ seq, event });
    if (isReport) owner.reports.push(event);
    recent.entries.push({ partition, seq, event, owner });
    recent.unindexedCount += 1;
    this.#size += 1;
    this.#index(recent, this.#unindexedMax);
  }

  /** Last position of the partition whose events are not held here, because it is projected. */
  projectedSeq(partition: string): number {
    return this.#partitions.get(partition)?.projectedSeq ?? 0;
  }

  /** The account's bookings behind the projected position, oldest first. */
  bookings(account: Account): readonly Booking[] {
    const held = this.#accounts.get(account)?.bookings;
    return held?.slice(0, held.length) ?? [];
  }

  /** The archive answers for the partition up to seq: what is held of that is let go. */
  projected(partition: string, seq: number): void {
    const recent = this.#partition(partition);
    if (seq <= recent.projectedSeq) return;
    recent.projectedSeq = seq;
    const { entries } = recent;
    for (let first = entries.first(); first !== undefined && first.seq <= seq; ) {
      const isIndexed = entries.length > recent.unindexedCount;
      if (!isIndexed) recent.unindexedCount -= 1;
      entries.removeFirst();
      this.#size -= 1;
      this.#forget(first, isIndexed);
      first = entries.first();
    }
  }

  /** The account's closed order; null if it is not held. */
  closed(account: Account, orderId: OrderId): Order | null {
    return this.#indexed(account)?.closed.get(orderId)?.event.order ?? null;
  }

  /** Where the report stands that closed the account's order; null if it is not held. */
  closedPlace(account: Account, orderId: OrderId): { partition: string; seq: number } | null {
    return this.#indexed(account)?.closed.get(orderId) ?? null;
  }

  /** The newest (highest order number) closed order of that name; null if none is held. */
  newestClosedByClOrdId(
    account: Account,
    clOrdId: ClOrdId,
    sees: ((order: Order) => boolean) | null = null,
  ): Order | null {
    const named = this.#indexed(account)?.byClOrdId.get(clOrdId);
    if (named === undefined) return null;
    if (named instanceof NamedOrders) return sees === null ? named.newest() : named.newestOf(sees);
    return sees === null || sees(named) ? named : null;
  }

  /**
   * The account's closed orders behind the positions at which the archive was read, in no order;
   * null if some of them are not held any more, so that the archive must be read again.
   */
  closedOrders(account: Account, positions: ReadonlyMap<string, number>): Order[] | null {
    for (const [partition, { projectedSeq }] of this.#partitions) {
      if ((positions.get(partition) ?? 0) < projectedSeq) return null;
    }
    const closed = this.#indexed(account)?.closed.values() ?? [];
    const orders: Order[] = [];
    for (const { partition, seq, event } of closed) {
      if (seq > (positions.get(partition) ?? 0)) orders.push(event.order);
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

  /** The first number of the account's stream that is held here; null where none is. */
  earliestStreamSeq(account: Account): number | null {
    return this.#accounts.get(account)?.reports.first()?.order.streamSeq ?? null;
  }

  /** The account, with all its closed orders in the index. */
  #indexed(account: Account): RecentAccount | null {
    for (const recent of this.#partitions.values()) this.#index(recent, 0);
    return this.#accounts.get(account) ?? null;
  }

  /** Indexes the oldest entries that are not, until only so many are left. */
  #index(recent: RecentPartition, leftCount: number): void {
    const { entries } = recent;
    while (recent.unindexedCount > leftCount) {
      const entry = entries.at(entries.length - recent.unindexedCount);
      recent.unindexedCount -= 1;
      if (isReportEntry(entry)) indexReport(entry);
    }
  }

  #forget({ event, owner }: Entry, isIndexed: boolean): void {
    if (isBooked(event)) owner.bookings.removeFirst();
    if (event.type === "ExecutionReported") {
      owner.reports.removeFirst();
      if (isIndexed) unindexReport(owner, event);
    }
    const { account, reports, bookings } = owner;
    if (reports.length === 0 && bookings.length === 0) this.#accounts.delete(account);
  }

  #partition(partition: string): RecentPartition {
    const known = this.#partitions.get(partition);
    if (known !== undefined) return known;
    const added = new RecentPartition();
    this.#partitions.set(partition, added);
    return added;
  }

  #account(account: Account): RecentAccount {
    const known = this.#accounts.get(account);
    if (known !== undefined) return known;
    const added = new RecentAccount(account);
    this.#accounts.set(account, added);
    return added;
  }
}

function accountOf(event: ExecutionReported | BookedEvent): Account {
  return event.type === "ExecutionReported" ? event.order.account : event.account;
}

function isReportEntry(entry: Entry): entry is ReportEntry {
  return entry.event.type === "ExecutionReported";
}

function indexReport(entry: ReportEntry): void {
  const { order } = entry.event;
  if (!isClosed(order)) return;
  const { closed, byClOrdId } = entry.owner;
  const { orderId, clOrdId } = order;
  closed.set(orderId, entry);
  if (clOrdId === NO_CL_ORD_ID) return;
  const named = byClOrdId.get(clOrdId);
  if (named === undefined) byClOrdId.set(clOrdId, order);
  else if (named instanceof NamedOrders) named.add(order);
  else byClOrdId.set(clOrdId, new NamedOrders(named, order));
}

function unindexReport({ closed, byClOrdId }: RecentAccount, { order }: ExecutionReported): void {
  if (!isClosed(order)) return;
  const { orderId, clOrdId } = order;
  closed.delete(orderId);
  if (clOrdId === NO_CL_ORD_ID) return;
  const named = byClOrdId.get(clOrdId);
  if (named instanceof NamedOrders) {
    named.remove(orderId);
    if (named.size > 0) return;
  }
  byClOrdId.delete(clOrdId);
}

function isNewer(order: Order, other: Order): boolean {
  return compareNewestFirst(order, other) < 0;
}
