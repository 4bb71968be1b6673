/**
 * One answer from the three places an order can be: open in memory, closed and still in memory,
 * closed and in the archive. Each order is counted once, in whichever place it is at the moment the
 * archive's answer has arrived; nothing is awaited between looking at memory and having the answer.
 */
import { assert } from "@countermand/core/assert";
import type { Account, Order } from "@countermand/core/model";
import { ArchiveError } from "./archive-error.ts";
import { QUERY_GROWTH_ORDERS, QUERY_TRIES_MAX } from "./archive-limits.ts";
import type { ListAnswer } from "./archive-messages.ts";
import { type OpenOrders, walkOpen } from "./open-walk.ts";
import type { OrderArchive } from "./order-archive.ts";
import {
  admitsClosed,
  admitsOpen,
  isUnfiltered,
  matchesFilter,
  type OrderFilter,
} from "./order-filter.ts";
import { compareNewestFirst, numberOfOrder } from "./order-number.ts";
import type { RecentReports } from "./recent-reports.ts";

/** Where orders are looked for. */
export interface OrderPlaces {
  readonly open: OpenOrders;
  readonly recent: Pick<RecentReports, "closedOrders">;
  readonly archive: Pick<OrderArchive, "list" | "orders">;
  /** Resolves when what else there is to do has had its turn. */
  readonly nextTurn: () => Promise<void>;
}

export interface OrderQuery {
  readonly account: Account;
  readonly filter: OrderFilter;
  /** Those that closed, or those that did not, which memory alone has; absent: both. */
  readonly state?: "open" | "closed" | undefined;
  /** From 1, as on the wire. Times pageSize it is a safe integer. */
  readonly pageIndex: number;
  /** Orders per page, from 1 up to ROWS_PER_ANSWER_MAX. */
  readonly pageSize: number;
}

export interface OrderPage {
  /** Orders that match, all pages together. */
  readonly total: number;
  /** Newest (highest order number) first. */
  readonly orders: readonly Order[];
}

/** The matching orders that memory holds. */
interface InMemory {
  readonly total: number;
  /** Newest first: those of the page, or, before they are merged, all up to its end. */
  readonly newest: readonly Order[];
}

/**
 * A page of the account's orders, as they stood at one moment of the call. What it shows may not be
 * durable yet: the caller releases it after the commits under way.
 * @throws ArchiveError
 */
export async function queryOrders(query: OrderQuery, places: OrderPlaces): Promise<OrderPage> {
  const { account, filter, pageIndex, pageSize, state } = query;
  const start = (pageIndex - 1) * pageSize;
  const end = start + pageSize;
  assert(start >= 0 && Number.isSafeInteger(end), "a page's indices are whole numbers from 0");
  if (state === "open" || !admitsClosed(filter)) {
    const { total, newest } = await openMatches(query, places, start, end);
    return { total, orders: newest };
  }
  const openMax = state === "closed" ? 0 : places.open.openCount;
  let memoryMax = openMax + QUERY_GROWTH_ORDERS;
  for (let tries = 0; tries < QUERY_TRIES_MAX; tries += 1) {
    // Orders in memory move archived ones to later places, by as many places as there are of them.
    const fromIndex = Math.max(0, start - memoryMax);
    const listed = await places.archive.list(account, filter, fromIndex, end - fromIndex);
    const memory = await inMemory(query, places, listed, end);
    if (memory !== null && (fromIndex === 0 || memory.total <= memoryMax)) {
      const total = memory.total + listed.total;
      const merged = mergedNewestFirst(memory.newest, listed.orderNumbers, end - fromIndex);
      const slots = merged.slice(start - fromIndex);
      return { total, orders: await filledSlots(query, slots, places) };
    }
    if (memory !== null) memoryMax = 2 * memory.total + QUERY_GROWTH_ORDERS;
  }
  throw new ArchiveError("memory changes faster than it answers");
}

/**
 * As it is at the call. Null if memory has let go of orders that were not in the archive yet when
 * it was read.
 */
async function inMemory(
  query: OrderQuery,
  places: OrderPlaces,
  { positions }: ListAnswer,
  end: number,
): Promise<InMemory | null> {
  const held = places.recent.closedOrders(query.account, positions);
  if (held === null) return null;
  const closed = held.filter((order) => matchesFilter(order, query.filter));
  const { total, newest } = await openMatches(query, places, 0, end);
  if (closed.length === 0) return { total, newest };
  const both = [...newest, ...closed].sort(compareNewestFirst);
  return { total: total + closed.length, newest: both.slice(0, end) };
}

/** How many match at the call, and those of them from one index up to another. */
async function openMatches(
  { filter, state }: OrderQuery,
  { open, nextTurn }: OrderPlaces,
  start: number,
  end: number,
): Promise<InMemory> {
  if (state === "closed" || !admitsOpen(filter)) return { total: 0, newest: [] };
  // Of all of them the page alone is looked at: how many there are is known.
  const openCount = isUnfiltered(filter) ? open.openCount : null;
  const newest: Order[] = [];
  let total = 0;
  const onMatch = (order: Order) => {
    if (total >= start && total < end) newest.push(order);
    total += 1;
    return openCount === null || total < end;
  };
  await walkOpen({ open, filter, nextTurn, onMatch });
  return { total: openCount ?? total, newest };
}

/** A place in the list: an order that memory holds, or the number of one in the archive. */
type Slot = Order | number;

function mergedNewestFirst(
  held: readonly Order[],
  archived: readonly number[],
  count: number,
): Slot[] {
  const merged: Slot[] = [];
  let heldIndex = 0;
  let archivedIndex = 0;
  while (merged.length < count) {
    const order = held[heldIndex];
    const orderNumber = archived[archivedIndex];
    if (order !== undefined && (orderNumber === undefined || numberOfOrder(order) > orderNumber)) {
      merged.push(order);
      heldIndex += 1;
    } else if (orderNumber !== undefined) {
      merged.push(orderNumber);
      archivedIndex += 1;
    } else {
      break;
    }
  }
  return merged;
}

/** A closed order does not change, so it may be fetched after the list was made. */
async function filledSlots(
  { account, filter }: OrderQuery,
  slots: readonly Slot[],
  { archive }: OrderPlaces,
): Promise<Order[]> {
  const numbers = slots.filter((slot) => typeof slot === "number");
  const archived = (await archive.orders(account, numbers, filter)).values();
  return slots.map((slot) => {
    if (typeof slot !== "number") return slot;
    const order = archived.next().value;
    assert(order !== undefined, "the archive has what it listed");
    return order;
  });
}
