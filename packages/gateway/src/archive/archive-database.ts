/**
 * The archive's tables: closed orders, where in the journal each report of a stream stands, and
 * where each booking does. A projection of the journal: its position is written in the transaction
 * that writes its rows. Owned by the archive's thread.
 */
import { assert } from "@countermand/core/assert";
import {
  decodeDeskEvent,
  deskEventType,
  glanceAtReport,
  type ReportGlance,
} from "@countermand/core/model";
import { isBooked } from "@countermand/core/money";
import { isClosed } from "@countermand/core/order";
import { isSimulated } from "@countermand/core/participants";
import Database from "better-sqlite3";
import type { ChainPosition } from "../journal/event-chain.ts";
import type { JournalRecord } from "../journal/journal.ts";
import { ArchiveDamagedError } from "./archive-schema.ts";
import type { BookingFilter } from "./booking-filter.ts";
import { type BookingRange, BookingTable, type ListedBookings } from "./booking-table.ts";
import { type AccountRow, ClosedOrderLists, type ListedNumbers } from "./closed-order-lists.ts";
import { forgetEvents } from "./forget-events.ts";
import {
  createdSecond,
  IN_PORTFOLIOS,
  NAMED,
  NAMED_ORDERS,
  type OrderFilter,
} from "./order-filter.ts";
import { numberOfOrder, orderNumberOf } from "./order-number.ts";
import { traitsOf } from "./order-traits.ts";
import { RowBatch } from "./row-batch.ts";
import { StoryTable } from "./story-table.ts";
import { type ReportPlace, StreamRuns } from "./stream-runs.ts";
import { SymbolTable } from "./symbol-table.ts";

/** Where the report that closed an order stands in the journal. */
export interface ClosedPlace {
  readonly orderNumber: number;
  readonly partition: string;
  readonly seq: number;
}

export class ArchiveDatabase {
  readonly #database: Database.Database;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #lists: ClosedOrderLists;
  readonly #bookings: BookingTable;
  readonly #streamRuns: StreamRuns;
  readonly #closedOrders: RowBatch;
  readonly #refusals: RowBatch;
  readonly #symbols: SymbolTable;
  /** Where the events of single orders stand. */
  readonly stories: StoryTable;
  readonly #partitionIds = new Map<string, number>();
  readonly #accountIds = new Map<string, number>();
  /** Of the transaction under way, by account. */
  readonly #closedCounts = new Map<number, number>();
  readonly #inTransaction: (write: () => void) => void;

  /** Precondition: the database has the tables of ARCHIVE_TABLES (archive-schema.ts). */
  constructor(database: Database.Database) {
    this.#database = database;
    this.#statements = prepareStatements(database);
    this.#symbols = new SymbolTable(database);
    this.#lists = new ClosedOrderLists(database);
    this.#bookings = new BookingTable(database, this.#symbols);
    this.#streamRuns = new StreamRuns(database);
    this.#closedOrders = new RowBatch(database, "closed_orders", 8);
    this.#refusals = new RowBatch(database, "refusals", 4);
    this.stories = new StoryTable(database, this.#streamRuns);
    this.#inTransaction = database.transaction((write: () => void) => write());
  }

  /** How far each partition is projected. */
  positions(): Map<string, ChainPosition> {
    const rows = this.#statements.positions.all();
    return new Map(rows.map(({ name, seq, hash }) => [name, { seq, hash }]));
  }

  /**
   * Projects the records that follow the partition's position; all of them or none. Each `next()`
   * reads or inserts a bounded number, and between two of them all may be asked but lists: what is
   * found of the transaction already is true of the journal. Precondition: none is under way.
   */
  *projecting(
    partition: string,
    pages: Iterable<readonly JournalRecord[]>,
    through: ChainPosition,
  ): Generator<void, void> {
    try {
      this.#statements.begin.run();
      const partitionId = this.#partitionId(partition);
      for (const records of pages) {
        this.#gather(partitionId, records);
        yield;
        this.#requireTransaction();
      }
      for (const rows of [this.#streamRuns, this.#closedOrders, this.#refusals, this.#bookings]) {
        for (const _ of rows.flush()) {
          yield;
          this.#requireTransaction();
        }
      }
      for (const [accountId, count] of this.#closedCounts) {
        this.#statements.addClosedCount.run(count, accountId);
      }
      this.#closedCounts.clear();
      this.#statements.movePosition.run(through.seq, through.hash, partitionId);
      this.#statements.commit.run();
    } catch (error) {
      this.rollBack();
      throw error;
    }
  }

  /** Undoes what a {@link projecting} that did not end has done. */
  rollBack(): void {
    // Ids that the transaction gave out are gone with it.
    this.#partitionIds.clear();
    this.#accountIds.clear();
    this.#closedCounts.clear();
    this.#symbols.forget();
    this.#bookings.forget();
    this.#streamRuns.forget();
    this.#closedOrders.forget();
    this.#refusals.forget();
    if (this.#database.inTransaction) this.#statements.rollBack.run();
  }

  /** Where each partition's projection begins: behind the events that were cut from the journal. */
  archivedSeqs(): Map<string, number> {
    const rows = this.#statements.archivedSeqs.all();
    return new Map(rows.map(({ name, archivedSeq }) => [name, archivedSeq]));
  }

  #isCut(): boolean {
    return [...this.archivedSeqs().values()].some((seq) => seq > 0);
  }

  /** An empty archive of a journal that was cut begins where the journal does. */
  beginBehind(partition: string, { seq, hash }: ChainPosition): void {
    this.#inTransaction(() => {
      const partitionId = this.#partitionId(partition);
      this.#statements.movePosition.run(seq, hash, partitionId);
      this.#statements.moveArchived.run(seq, partitionId);
    });
  }

  /** Forgets what was cut from the journal. Precondition: it is projected. */
  forgetThrough(partition: string, seq: number): void {
    this.#inTransaction(() => {
      const partitionId = this.#partitionId(partition);
      forgetEvents(this.#database, partitionId, seq);
      this.#streamRuns.forgetThrough(partitionId, seq);
      this.#statements.moveArchived.run(seq, partitionId);
    });
  }

  closedByNumber(account: string, orderNumber: number): ClosedPlace | null {
    return this.#statements.closedByNumber.get(account, orderNumber) ?? null;
  }

  /** Of all portfolios where they are null. */
  newestClosedByClOrdId(
    account: string,
    clOrdId: string,
    portfolioIds: readonly string[] | null,
  ): ClosedPlace | null {
    const { newestByClOrdId, newestInPortfolios } = this.#statements;
    if (portfolioIds === null) return newestByClOrdId.get(account, clOrdId) ?? null;
    return newestInPortfolios.get(account, clOrdId, JSON.stringify(portfolioIds)) ?? null;
  }

  /**
   * Places of the reports after a stream number, in stream order; none where the next one is not
   * kept any more, which is so behind a cut alone. They were projected in this order, so any other
   * that is missing was lost.
   */
  reportPlaces(account: string, afterStreamSeq: number, limit: number): ReportPlace[] {
    const rows = this.#streamRuns.placesAfter(account, afterStreamSeq, limit);
    const gap = rows.findIndex(({ streamSeq }, index) => streamSeq !== afterStreamSeq + 1 + index);
    if (gap === -1) return rows;
    const isBefore = gap === 0 && (this.earliestStreamSeq(account) ?? 0) > afterStreamSeq;
    if (isBefore && this.#isCut()) return [];
    const lost = afterStreamSeq + 1 + gap;
    throw new ArchiveDamagedError(`the place of report ${lost} of ${account} is missing`);
  }

  /** The first number of the account's stream that is kept; null while nothing is. */
  earliestStreamSeq(account: string): number | null {
    return this.#streamRuns.earliest(account);
  }

  /** {@link ClosedOrderLists.list}: in steps, and nothing is projected before the walk ends. */
  list(
    account: string,
    filter: OrderFilter,
    fromIndex: number,
    limit: number,
  ): Generator<void, ListedNumbers> {
    const row = this.#statements.account.get(account) ?? { id: 0, closedCount: 0 };
    return this.#lists.list(row, filter, fromIndex, limit);
  }

  /** Lists the account's bookings of a partition, in steps as {@link list} does. */
  *listBookings(
    account: string,
    partition: string,
    filter: BookingFilter,
    range: BookingRange,
  ): Generator<void, ListedBookings> {
    const accountId = this.#statements.account.get(account)?.id;
    const partitionId = this.#statements.partitionId.get(partition);
    if (accountId === undefined || partitionId === undefined) {
      return { total: 0, seqs: [], skipCount: 0 };
    }
    return yield* this.#bookings.list({ accountId, partitionId }, filter, range);
  }

  close(): void {
    this.#database.close();
  }

  /** A failure of whoever asked in between may have ended it: nothing is inserted without it. */
  #requireTransaction(): void {
    if (this.#database.inTransaction) return;
    throw new Database.SqliteError("the transaction was rolled back", "SQLITE_ABORT_ROLLBACK");
  }

  /** Of most events a row needs a few facts, of some none: only bookings are decoded. */
  #gather(partitionId: number, records: readonly JournalRecord[]): void {
    for (const { seq, payload } of records) {
      switch (deskEventType(payload)) {
        case "ExecutionReported":
          this.#addReport(payload, partitionId, seq);
          break;
        case "AccountOpened":
        case "BalanceAdjusted":
          this.#addBooking(payload, partitionId, seq);
          break;
        case "CommandRefused":
          this.#addRefusal(payload, partitionId, seq);
          break;
        default:
        // Nothing asks for it.
      }
    }
  }

  /** What simulated participants did is never asked for: it stays in the journal alone. */
  #addReport(payload: string, partitionId: number, seq: number): void {
    const report = glanceAtReport(payload);
    if (isSimulated(report.account)) return;
    const accountId = this.#accountId(report.account);
    this.#streamRuns.add(accountId, partitionId, report.streamSeq, seq);
    if (report.isTrade) this.#addBooking(payload, partitionId, seq);
    if (isClosed(report)) this.#addClosed(accountId, report, partitionId, seq);
  }

  #addBooking(payload: string, partitionId: number, seq: number): void {
    const event = decodeDeskEvent(payload);
    assert(isBooked(event), "an opening, an adjustment and a trade are booked");
    const { account } = event.type === "ExecutionReported" ? event.order : event;
    if (isSimulated(account)) return;
    this.#bookings.insert({ accountId: this.#accountId(account), partitionId }, seq, event);
  }

  #addRefusal(payload: string, partitionId: number, seq: number): void {
    const event = decodeDeskEvent(payload);
    assert(event.type === "CommandRefused", "its type was looked at");
    const { account, orderId } = event;
    const orderNumber = orderNumberOf(orderId);
    if (orderNumber === null || isSimulated(account)) return;
    this.#refusals.add(this.#accountId(account), orderNumber, seq, partitionId);
  }

  /** An order closes once: a second row for it is refused by the table. */
  #addClosed(accountId: number, order: ReportGlance, partitionId: number, seq: number): void {
    this.#closedOrders.add(
      accountId,
      numberOfOrder(order),
      order.clOrdId,
      traitsOf(order, this.#symbols.idOf(order.symbol)),
      order.portfolioId,
      createdSecond(order),
      partitionId,
      seq,
    );
    this.#closedCounts.set(accountId, (this.#closedCounts.get(accountId) ?? 0) + 1);
  }

  #partitionId(partition: string): number {
    const known = this.#partitionIds.get(partition);
    if (known !== undefined) return known;
    this.#statements.addPartition.run(partition);
    const id = this.#statements.partitionId.get(partition);
    assert(id !== undefined, "the partition was added");
    this.#partitionIds.set(partition, id);
    return id;
  }

  #accountId(account: string): number {
    const known = this.#accountIds.get(account);
    if (known !== undefined) return known;
    this.#statements.addAccount.run(account);
    const row = this.#statements.account.get(account);
    assert(row !== undefined, "the account was added");
    this.#accountIds.set(account, row.id);
    return row.id;
  }
}

function closedPlace(table: string): string {
  return `SELECT order_number AS orderNumber, name AS partition, closed_orders.seq AS seq
    FROM accounts JOIN ${table} ON account_id = accounts.id
    JOIN partitions ON partitions.id = partition_id`;
}

function prepareStatements(database: Database.Database) {
  return {
    ...prepareReads(database),
    begin: database.prepare("BEGIN"),
    commit: database.prepare("COMMIT"),
    rollBack: database.prepare("ROLLBACK"),
    addPartition: database.prepare(
      `INSERT INTO partitions (name, seq, hash, archived_seq) VALUES (?, 0, '', 0)
        ON CONFLICT DO NOTHING`,
    ),
    moveArchived: database.prepare("UPDATE partitions SET archived_seq = ? WHERE id = ?"),
    movePosition: database.prepare("UPDATE partitions SET seq = ?, hash = ? WHERE id = ?"),
    addAccount: database.prepare(
      "INSERT INTO accounts (account, closed_count) VALUES (?, 0) ON CONFLICT DO NOTHING",
    ),
    addClosedCount: database.prepare(
      "UPDATE accounts SET closed_count = closed_count + ? WHERE id = ?",
    ),
  };
}

function prepareReads(database: Database.Database) {
  return {
    positions: database.prepare<[], { name: string; seq: number; hash: string }>(
      "SELECT name, seq, hash FROM partitions",
    ),
    archivedSeqs: database.prepare<[], { name: string; archivedSeq: number }>(
      "SELECT name, archived_seq AS archivedSeq FROM partitions",
    ),
    partitionId: database
      .prepare<[string], number>("SELECT id FROM partitions WHERE name = ?")
      .pluck(),
    account: database.prepare<[string], AccountRow>(
      "SELECT id, closed_count AS closedCount FROM accounts WHERE account = ?",
    ),
    closedByNumber: database.prepare<[string, number], ClosedPlace>(
      `${closedPlace("closed_orders")} WHERE account = ? AND order_number = ?`,
    ),
    newestByClOrdId: database.prepare<[string, string], ClosedPlace>(
      `${closedPlace(NAMED_ORDERS)} WHERE account = ? AND ${NAMED}
        ORDER BY order_number DESC LIMIT 1`,
    ),
    newestInPortfolios: database.prepare<[string, string, string], ClosedPlace>(
      `${closedPlace(NAMED_ORDERS)} WHERE account = ? AND ${NAMED} AND ${IN_PORTFOLIOS}
        ORDER BY order_number DESC LIMIT 1`,
    ),
  };
}
