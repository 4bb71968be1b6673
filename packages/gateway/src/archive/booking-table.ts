/**
 * The archive's table of bookings: where in the journal each event stands that moved an account's
 * money, with the columns that lists of executions and statements filter by. Each row counts on
 * from the one before it, so that the most frequent questions need no walk. Owned by the archive's
 * thread.
 */
import type { Order } from "@countermand/core/model";
import { type BookedEvent, statementEntryOf } from "@countermand/core/money";
import type Database from "better-sqlite3";
import { LIST_STEP_ROWS } from "./archive-limits.ts";
import {
  type BookingCondition,
  type BookingFilter,
  bookingWhere,
  CAUSES,
  tradedSecond,
} from "./booking-filter.ts";
import { numberOfOrder } from "./order-number.ts";
import { NO_TRAITS, traitsOf } from "./order-traits.ts";
import { RowBatch } from "./row-batch.ts";
import type { SymbolTable } from "./symbol-table.ts";

/** Whose bookings, by the archive's ids: an account's events are in one partition. */
export interface BookingOwner {
  readonly accountId: number;
  readonly partitionId: number;
}

/** One page: rows from an index on, newest first, of the bookings up to a position. */
export interface BookingRange {
  readonly throughSeq: number;
  readonly fromIndex: number;
  readonly limit: number;
}

export interface ListedBookings {
  /** Rows that match, all pages together. */
  readonly total: number;
  /** Positions of the bookings that the page's rows are of, newest first. */
  readonly seqs: readonly number[];
  /** Rows of the first of them that lie before the page. */
  readonly skipCount: number;
}

/** The running figures of a row. */
interface Counts {
  readonly executionNo: number;
  readonly lineNo: number;
  /** Of this trade or of the last one before it; never falls. */
  readonly tradedS: number;
}

const NO_COUNTS: Counts = { executionNo: 0, lineNo: 0, tradedS: 0 };

/** Bookings with `low < seq <= high`. */
interface Span {
  readonly low: number;
  readonly high: number;
}

interface WeighedRow {
  readonly seq: number;
  readonly weight: number;
}

type CountColumn = BookingCondition["counter"] | "traded_s";

export class BookingTable {
  readonly #database: Database.Database;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #batch: RowBatch;
  readonly #symbols: SymbolTable;
  /** Of what has been inserted, rows that wait in the batch included. */
  readonly #latest = new Map<string, Counts>();

  constructor(database: Database.Database, symbols: SymbolTable) {
    this.#database = database;
    this.#symbols = symbols;
    this.#statements = prepareStatements(database);
    this.#batch = new RowBatch(database, "bookings", 14);
  }

  /** Within a transaction that ends with {@link flush}. An event without lines is left out. */
  insert(owner: BookingOwner, seq: number, event: BookedEvent): void {
    const { cause, date, inCount, outCount } = statementEntryOf(event);
    if (inCount + outCount === 0) return;
    const before = this.#countsOf(owner);
    const isTrade = event.type === "ExecutionReported";
    const counts: Counts = {
      executionNo: before.executionNo + (isTrade ? 1 : 0),
      lineNo: before.lineNo + inCount + outCount,
      tradedS: isTrade ? Math.max(before.tradedS, tradedSecond(event)) : before.tradedS,
    };
    this.#batch.add(
      owner.accountId,
      owner.partitionId,
      seq,
      CAUSES[cause],
      date,
      inCount,
      outCount,
      ...(isTrade ? this.#orderCells(event.order) : NO_ORDER),
      counts.tradedS,
      counts.executionNo,
      counts.lineNo,
    );
    this.#latest.set(keyOf(owner), counts);
  }

  /** Steps as {@link RowBatch.flush} does. */
  flush(): Generator<void, void> {
    return this.#batch.flush();
  }

  /** The transaction was rolled back: what it added and counted is forgotten. */
  forget(): void {
    this.#batch.forget();
    this.#latest.clear();
  }

  /**
   * Lists bookings newest first. Each `next()` walks a bounded number of rows. Precondition:
   * nothing is projected before the walk ends.
   */
  *list(
    owner: BookingOwner,
    filter: BookingFilter,
    { throughSeq, fromIndex, limit }: BookingRange,
  ): Generator<void, ListedBookings> {
    const condition = bookingWhere(filter);
    const span = this.#spanOf(owner, condition, throughSeq);
    const page = new PageOfRows(fromIndex, limit);
    if (condition.isWhole) return this.#listWhole(owner, condition, span, page);
    for (let { high } = span; ; ) {
      const low = this.#stepLow(owner, condition, { low: span.low, high });
      const step = { low: low ?? span.low, high };
      const weight = this.#weigh(owner, condition, step);
      if (page.wants(weight)) page.take(this.#rows(owner, condition, step), weight);
      else page.pass(weight);
      if (low === undefined) return page.listed();
      high = low;
      yield;
    }
  }

  /** Counts instead of walking: the same few look-ups however many bookings there are. */
  #listWhole(
    owner: BookingOwner,
    condition: BookingCondition,
    { low, high }: Span,
    page: PageOfRows,
  ): ListedBookings {
    const { counter } = condition;
    const countAt = (seq: number) => this.#newestCount(owner, counter, seq);
    const last = countAt(high);
    const total = Math.max(0, last - countAt(low));
    if (page.fromIndex < total && page.limit > 0) {
      // The newest rows that lie before the page wholly are left out.
      const wanted = last - page.fromIndex;
      const below = this.#lastSeq(owner, counter, wanted - 1, high);
      const first = this.#statements.next.get(owner.accountId, owner.partitionId, below) ?? high;
      page.pass(last - countAt(first));
      page.take(this.#rows(owner, condition, { low, high: first }), total - page.total);
    }
    return { ...page.listed(), total };
  }

  #spanOf(owner: BookingOwner, condition: BookingCondition, throughSeq: number): Span {
    const { tradedFromS, tradedToS } = condition;
    const at = (second: number) => this.#lastSeq(owner, "traded_s", second, throughSeq);
    const high = tradedToS === undefined ? throughSeq : at(tradedToS);
    const low = tradedFromS === undefined ? 0 : at(tradedFromS - 1);
    return { low: Math.min(low, high), high };
  }

  /** The newest booking up to `high` whose count is at most `value`; 0 where there is none. */
  #lastSeq(owner: BookingOwner, column: CountColumn, value: number, high: number): number {
    let found = 0;
    let from = 0;
    let to = high;
    while (from < to) {
      const middle = Math.floor((from + to + 1) / 2);
      const row = this.#newest(owner, column, middle);
      if (row === undefined) from = middle;
      else if (row.count <= value) {
        found = row.seq;
        from = middle;
      } else {
        to = row.seq - 1;
      }
    }
    return found;
  }

  #newestCount(owner: BookingOwner, column: CountColumn, seq: number): number {
    return this.#newest(owner, column, seq)?.count ?? 0;
  }

  #newest({ accountId, partitionId }: BookingOwner, column: CountColumn, seq: number) {
    return this.#statements.newest[column].get(accountId, partitionId, seq);
  }

  /** The position below a step of so many rows; undefined for the last step. */
  #stepLow(owner: BookingOwner, { table, indexed }: BookingCondition, span: Span) {
    const oldest = this.#database
      .prepare<unknown[], number>(
        `SELECT seq FROM ${table} WHERE ${SPAN}${indexed.sql}
          ORDER BY seq DESC LIMIT 1 OFFSET ${LIST_STEP_ROWS - 1}`,
      )
      .pluck()
      .get(...spanValues(owner, span), ...indexed.values);
    return oldest === undefined ? undefined : oldest - 1;
  }

  #weigh(owner: BookingOwner, { table, all, weight }: BookingCondition, span: Span): number {
    return (
      this.#database
        .prepare<unknown[], number>(
          `SELECT coalesce(sum(${weight}), 0) FROM ${table} WHERE ${SPAN}${all.sql}`,
        )
        .pluck()
        .get(...spanValues(owner, span), ...all.values) ?? 0
    );
  }

  #rows(owner: BookingOwner, { table, all, weight }: BookingCondition, span: Span) {
    return this.#database
      .prepare<unknown[], WeighedRow>(
        `SELECT seq, ${weight} AS weight FROM ${table} WHERE ${SPAN}${all.sql}
          ORDER BY seq DESC`,
      )
      .iterate(...spanValues(owner, span), ...all.values);
  }

  #orderCells(order: Order) {
    const { clOrdId, portfolioId } = order;
    const traits = traitsOf(order, this.#symbols.idOf(order.symbol));
    return [numberOfOrder(order), clOrdId, traits, portfolioId] as const;
  }

  #countsOf(owner: BookingOwner): Counts {
    const key = keyOf(owner);
    const known = this.#latest.get(key);
    if (known !== undefined) return known;
    const { accountId, partitionId } = owner;
    return this.#statements.latestCounts.get(accountId, partitionId) ?? NO_COUNTS;
  }
}

/** Gathers one page out of rows that are shown newest first. */
class PageOfRows {
  readonly fromIndex: number;
  readonly limit: number;
  /** Rows shown so far. */
  total = 0;
  readonly #seqs: number[] = [];
  #skipCount = 0;

  constructor(fromIndex: number, limit: number) {
    this.fromIndex = fromIndex;
    this.limit = limit;
  }

  /** Whether some of the next rows are the page's. */
  wants(count: number): boolean {
    if (this.limit === 0) return false;
    return this.total < this.fromIndex + this.limit && this.total + count > this.fromIndex;
  }

  pass(count: number): void {
    this.total += count;
  }

  /** Looks at bookings of `count` rows together, no further than the page needs. */
  take(bookings: Iterable<WeighedRow>, count: number): void {
    let index = this.total;
    for (const { seq, weight } of bookings) {
      if (index >= this.fromIndex + this.limit) break;
      if (index + weight > this.fromIndex) {
        if (this.#seqs.length === 0) this.#skipCount = Math.max(0, this.fromIndex - index);
        this.#seqs.push(seq);
      }
      index += weight;
    }
    this.total += count;
  }

  listed(): ListedBookings {
    return { total: this.total, seqs: this.#seqs, skipCount: this.#skipCount };
  }
}

const SPAN = "account_id = ? AND partition_id = ? AND seq > ? AND seq <= ?";

function spanValues({ accountId, partitionId }: BookingOwner, { low, high }: Span): number[] {
  return [accountId, partitionId, low, high];
}

function keyOf({ accountId, partitionId }: BookingOwner): string {
  return `${accountId}/${partitionId}`;
}

const NO_ORDER = [0, "", NO_TRAITS, ""] as const;

function prepareStatements(database: Database.Database) {
  const newest = (column: CountColumn) =>
    database.prepare<[number, number, number], { seq: number; count: number }>(
      `SELECT seq, ${column} AS count FROM bookings
        WHERE account_id = ? AND partition_id = ? AND seq <= ? ORDER BY seq DESC LIMIT 1`,
    );
  return {
    latestCounts: database.prepare<[number, number], Counts>(
      `SELECT execution_no AS executionNo, line_no AS lineNo, traded_s AS tradedS FROM bookings
        WHERE account_id = ? AND partition_id = ? ORDER BY seq DESC LIMIT 1`,
    ),
    newest: {
      execution_no: newest("execution_no"),
      line_no: newest("line_no"),
      traded_s: newest("traded_s"),
    },
    next: database
      .prepare<[number, number, number], number>(
        `SELECT seq FROM bookings
          WHERE account_id = ? AND partition_id = ? AND seq > ? ORDER BY seq LIMIT 1`,
      )
      .pluck(),
  };
}
