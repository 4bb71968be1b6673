/**
 * Where in the journal the events of single orders stand: an order by its number alone, all orders
 * of a client's name, the reports of a stream, and refused commands. Owned by the archive's thread.
 */
import type Database from "better-sqlite3";
import type { JournalPlace } from "../journal/journal.ts";
import { NAMED, NAMED_ORDERS } from "./order-filter.ts";
import type { StreamRuns } from "./stream-runs.ts";

/** Where the report stands that closed an order, and whose it is. */
export interface ClosedOrderPlace extends JournalPlace {
  readonly account: string;
  readonly orderNumber: number;
}

export class StoryTable {
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #streamRuns: StreamRuns;

  /** Precondition: the database has the tables of ARCHIVE_TABLES (archive-schema.ts). */
  constructor(database: Database.Database, streamRuns: StreamRuns) {
    this.#statements = prepareStatements(database);
    this.#streamRuns = streamRuns;
  }

  /** A closed order by its number, whosever it is: one look into the orders of each account. */
  closedByNumber(orderNumber: number): ClosedOrderPlace | null {
    return this.#statements.closedByNumber.get(orderNumber) ?? null;
  }

  /** The account's closed orders of that name, newest first. */
  closedByName(account: string, clOrdId: string, limit: number): ClosedOrderPlace[] {
    return this.#statements.closedByName.all(account, clOrdId, limit);
  }

  /** Where a report of the account's stream stands; null where it is not kept. */
  report(account: string, streamSeq: number): JournalPlace | null {
    return this.#streamRuns.place(account, streamSeq);
  }

  /** The first number of the account's stream that is kept; beyond all where none is. */
  earliestStreamSeq(account: string): number {
    return this.#streamRuns.earliest(account) ?? Number.MAX_SAFE_INTEGER;
  }

  /** The last refused command about the order before a position. */
  refusalBefore(account: string, orderNumber: number, seq: number): JournalPlace | null {
    return this.#statements.refusalBefore.get(account, orderNumber, seq) ?? null;
  }
}

const CLOSED_PLACE =
  "SELECT account, order_number AS orderNumber, name AS partition, closed_orders.seq AS seq";

function prepareStatements(database: Database.Database) {
  return {
    // CROSS JOIN keeps the order: the accounts are few, their orders are found by the key.
    closedByNumber: database.prepare<[number], ClosedOrderPlace>(
      `${CLOSED_PLACE} FROM accounts CROSS JOIN closed_orders ON account_id = accounts.id
        JOIN partitions ON partitions.id = partition_id WHERE order_number = ?`,
    ),
    closedByName: database.prepare<[string, string, number], ClosedOrderPlace>(
      `${CLOSED_PLACE} FROM accounts JOIN ${NAMED_ORDERS} ON account_id = accounts.id
        JOIN partitions ON partitions.id = partition_id
        WHERE account = ? AND ${NAMED} ORDER BY order_number DESC LIMIT ?`,
    ),
    refusalBefore: database.prepare<[string, number, number], JournalPlace>(
      `SELECT name AS partition, refusals.seq AS seq
        FROM accounts JOIN refusals ON account_id = accounts.id
        JOIN partitions ON partitions.id = partition_id
        WHERE account = ? AND order_number = ? AND refusals.seq < ?
        ORDER BY refusals.seq DESC LIMIT 1`,
    ),
  };
}
