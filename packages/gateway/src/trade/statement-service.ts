/**
 * What an account may ask about the money it has moved: single executions and its statement. Both
 * are made from the events themselves, those of memory and those of the journal.
 */
import {
  type ExecutionsQuery,
  encodeExecutionsPage,
  encodeTransactionsPage,
  ioTypeOf,
  type PageQuery,
  type ReportedExecution,
  type TransactionsQuery,
} from "@countermand/contract";
import { assert } from "@countermand/core/assert";
import type { Desk } from "@countermand/core/desk";
import { transactionsOf } from "@countermand/core/money";
import { ArchiveError } from "../archive/archive-error.ts";
import type { Booking, BookingFilter } from "../archive/booking-filter.ts";
import { type BookingPage, queryBookings } from "../archive/booking-query.ts";
import type { OrderArchive } from "../archive/order-archive.ts";
import type { Caller } from "../auth/key-store.ts";
import type { Sequencer } from "../sequencer/sequencer.ts";
import { failed, TOO_MANY_WAIT } from "./failed-answer.ts";
import type { TradeAnswer } from "./trade-service.ts";

export interface StatementServiceOptions {
  readonly sequencer: Sequencer;
  readonly archive: Pick<OrderArchive, "bookings">;
}

const UNREADABLE = "executions and transactions cannot be read just now";

export class StatementService {
  readonly #sequencer: Sequencer;
  readonly #archive: Pick<OrderArchive, "bookings">;

  constructor({ sequencer, archive }: StatementServiceOptions) {
    this.#sequencer = sequencer;
    this.#archive = archive;
  }

  executions(caller: Caller, query: ExecutionsQuery): Promise<TradeAnswer> {
    const { startTime, endTime, pageIndex, pageSize, ...named } = query;
    const filter = {
      rows: "Executions",
      ...named,
      portfolioIds: caller.portfolioIds,
      tradedFromS: startTime,
      tradedToS: endTime,
    } as const;
    return this.#listed(caller, filter, query, ({ total, bookings }, desk) => {
      const rows = bookings.map((booking) => executionRow(booking, desk));
      return encodeExecutionsPage({ totalRecords: total, page: pageIndex, pageSize, rows });
    });
  }

  transactions(caller: Caller, query: TransactionsQuery): Promise<TradeAnswer> {
    const { businessType: cause, ioType: direction, fromDate, toDate, pageIndex, pageSize } = query;
    const filter = { rows: "Lines", cause, direction, fromDate, toDate } as const;
    return this.#listed(caller, filter, query, ({ total, bookings, skipCount }, desk) => {
      const lines = bookings.flatMap(({ seq, event }) => {
        // Newest first within an event, too: its last balance comes first.
        return transactionsOf(event, seq, desk).reverse();
      });
      const matching = lines.filter(
        (line) => direction === undefined || ioTypeOf(line) === direction,
      );
      const rows = matching.slice(skipCount, skipCount + pageSize);
      return encodeTransactionsPage({ totalRecords: total, page: pageIndex, pageSize, rows });
    });
  }

  /** Sees every event that was answered or pushed before the call. */
  async #listed(
    { account }: Caller,
    filter: BookingFilter,
    { pageIndex, pageSize }: PageQuery,
    encode: (page: BookingPage, desk: Desk) => string,
  ): Promise<TradeAnswer> {
    const { partitions } = this.#sequencer;
    const { name, desk } = partitions.deskOf(account);
    if (this.#sequencer.refusesQueries) return failed("OVERLOADED", TOO_MANY_WAIT);
    this.#sequencer.catchUp();
    try {
      const query = { account, partition: name, filter, pageIndex, pageSize };
      const found = await queryBookings(query, {
        recent: partitions.recent,
        archive: this.#archive,
        nextTurn: () => this.#sequencer.turns.next(),
      });
      // Written out when it may be told: while the disk stalls, a page is a few references.
      const page = await this.#sequencer.read(() => found);
      return { httpStatus: 200, body: encode(page, desk), replayed: false };
    } catch (error) {
      if (error instanceof ArchiveError) return failed("UNAVAILABLE", UNREADABLE);
      throw error;
    }
  }
}

function executionRow({ event }: Booking, desk: Desk): ReportedExecution {
  assert(event.type === "ExecutionReported", "an execution is reported");
  const { order, execution } = event;
  assert(execution !== null, "a booked report has its execution");
  const instrument = desk.instrument(order.symbol);
  return { execution, order, currency: instrument?.currency ?? "" };
}
