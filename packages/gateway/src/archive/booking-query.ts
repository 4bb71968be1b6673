/**
 * A page of an account's executions or of its statement: what memory holds, and behind it what the
 * archive has. Both are cut at the position that memory began at when it was looked at, so each
 * booking is counted once however far the archive has got by the time it answers.
 */
import { assert, at } from "@countermand/core/assert";
import type { Account } from "@countermand/core/model";
import { LIST_STEP_ORDERS } from "./archive-limits.ts";
import { type Booking, type BookingFilter, bookingWeight } from "./booking-filter.ts";
import type { OrderArchive } from "./order-archive.ts";
import type { RecentReports } from "./recent-reports.ts";

export interface BookingQuery {
  readonly account: Account;
  /** The account's. */
  readonly partition: string;
  readonly filter: BookingFilter;
  /** From 1, as on the wire. Times pageSize it is a safe integer. */
  readonly pageIndex: number;
  /** Rows per page, from 1 up to ROWS_PER_ANSWER_MAX. */
  readonly pageSize: number;
}

/** Where bookings are looked for. */
export interface BookingPlaces {
  readonly recent: Pick<RecentReports, "bookings" | "projectedSeq">;
  readonly archive: Pick<OrderArchive, "bookings">;
  /** Resolves when what else there is to do has had its turn. */
  readonly nextTurn: () => Promise<void>;
}

export interface BookingPage {
  /** Rows that match, all pages together. */
  readonly total: number;
  /** The bookings that the page's rows are of, newest first; they may have rows beyond it. */
  readonly bookings: readonly Booking[];
  /** Rows of the first of them that lie before the page. */
  readonly skipCount: number;
}

/**
 * The page as it stood at the call. What it shows may not be durable yet: the caller releases it
 * after the commits under way.
 * @throws ArchiveError
 */
export async function queryBookings(
  query: BookingQuery,
  { recent, archive, nextTurn }: BookingPlaces,
): Promise<BookingPage> {
  const { account, partition, filter, pageIndex, pageSize } = query;
  const start = (pageIndex - 1) * pageSize;
  assert(start >= 0 && Number.isSafeInteger(start), "a page's indices are whole numbers from 0");
  const throughSeq = recent.projectedSeq(partition);
  const held = await heldPage(recent.bookings(account), query, nextTurn);
  const archived = await archive.bookings({
    account,
    partition,
    filter,
    throughSeq,
    fromIndex: Math.max(0, start - held.total),
    limit: pageSize - held.rowCount,
  });
  return {
    total: held.total + archived.total,
    bookings: [...held.bookings, ...archived.bookings],
    skipCount: held.bookings.length > 0 ? held.skipCount : archived.skipCount,
  };
}

async function heldPage(
  oldestFirst: readonly Booking[],
  { filter, pageIndex, pageSize }: BookingQuery,
  nextTurn: () => Promise<void>,
): Promise<BookingPage & { readonly rowCount: number }> {
  const start = (pageIndex - 1) * pageSize;
  const bookings: Booking[] = [];
  let total = 0;
  let skipCount = 0;
  for (let index = oldestFirst.length - 1; index >= 0; index -= 1) {
    const booking = at(oldestFirst, index);
    const weight = bookingWeight(booking.event, filter);
    if (weight > 0 && total < start + pageSize && total + weight > start) {
      if (bookings.length === 0) skipCount = Math.max(0, start - total);
      bookings.push(booking);
    }
    total += weight;
    if (index > 0 && index % LIST_STEP_ORDERS === 0) await nextTurn();
  }
  const rowCount = Math.max(0, Math.min(total, start + pageSize) - start);
  return { total, bookings, skipCount, rowCount };
}
