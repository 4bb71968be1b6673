/**
 * Takes out of the archive's tables what was cut from the journal, so that they are as a projection
 * of the rest would make them.
 */
import type Database from "better-sqlite3";

/** Running figures of an account's bookings that go. */
interface GoneBookings {
  readonly accountId: number;
  readonly executionNo: number;
  readonly lineNo: number;
}

const TABLES = ["closed_orders", "refusals", "bookings"] as const;

/** Within a transaction. Walks over every row of the partition: it is done once for each cut. */
export function forgetEvents(database: Database.Database, partitionId: number, seq: number): void {
  const gone = database
    .prepare<[number, number], GoneBookings>(
      `SELECT account_id AS accountId, max(execution_no) AS executionNo, max(line_no) AS lineNo
        FROM bookings WHERE partition_id = ? AND seq <= ? GROUP BY account_id`,
    )
    .all(partitionId, seq);
  for (const table of TABLES) {
    database
      .prepare(`DELETE FROM ${table} WHERE partition_id = ? AND seq <= ?`)
      .run(partitionId, seq);
  }
  // The rows that are left count from the first of them.
  const renumber = database.prepare(
    `UPDATE bookings SET execution_no = execution_no - ?, line_no = line_no - ?
      WHERE account_id = ? AND partition_id = ?`,
  );
  for (const { accountId, executionNo, lineNo } of gone) {
    renumber.run(executionNo, lineNo, accountId, partitionId);
  }
  database.exec(
    `UPDATE accounts SET closed_count =
      (SELECT count(*) FROM closed_orders WHERE account_id = accounts.id)`,
  );
}
