/**
 * The shape of archive.db on disk: its tables, its format number, and when it counts as damaged.
 */
import Database from "better-sqlite3";

/**
 * Format of archive.db, kept in its user_version. Another one is not migrated: it is built again.
 */
export const ARCHIVE_FORMAT = 6;
/** Marks archive.db as ours: "CMAR" in ASCII. */
export const ARCHIVE_APPLICATION_ID = 0x434d4152;

/**
 * Rows say where in the journal an event stands, and what lists filter by: the events themselves
 * stay in the journal, and what was cut from it has no rows; archived_seq says up to where.
 * closed_orders has a row for the report that closed an order, stream_runs one for reports of an
 * account that were projected together (stream-runs.ts), bookings one for each event that moved an
 * account's money, so a cancel has none there, refusals one for each refused command that was kept,
 * which no report leads to. Rows are as short as they can be, since what a row costs is mostly the
 * page that it is on: traits are several facts in one number (order-traits.ts). Indexes besides the
 * keys: the client's names, newest first, and the bookings of an order.
 */
export const ARCHIVE_TABLES: readonly string[] = [
  `CREATE TABLE partitions (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL,
  archived_seq INTEGER NOT NULL
) STRICT`,
  `CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL UNIQUE,
  closed_count INTEGER NOT NULL
) STRICT`,
  `CREATE TABLE symbols (
  id INTEGER PRIMARY KEY,
  symbol TEXT NOT NULL UNIQUE
) STRICT`,
  `CREATE TABLE closed_orders (
  account_id INTEGER NOT NULL,
  order_number INTEGER NOT NULL,
  cl_ord_id TEXT NOT NULL,
  traits INTEGER NOT NULL,
  portfolio_id TEXT NOT NULL,
  created_s INTEGER NOT NULL,
  partition_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (account_id, order_number)
) STRICT, WITHOUT ROWID`,
  `CREATE INDEX closed_orders_by_cl_ord_id
  ON closed_orders (account_id, cl_ord_id, order_number) WHERE cl_ord_id <> ''`,
  `CREATE TABLE stream_runs (
  account_id INTEGER NOT NULL,
  stream_seq INTEGER NOT NULL,
  partition_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  steps BLOB NOT NULL,
  PRIMARY KEY (account_id, stream_seq)
) STRICT, WITHOUT ROWID`,
  `CREATE TABLE bookings (
  account_id INTEGER NOT NULL,
  partition_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  cause INTEGER NOT NULL,
  date INTEGER NOT NULL,
  in_count INTEGER NOT NULL,
  out_count INTEGER NOT NULL,
  order_number INTEGER NOT NULL,
  cl_ord_id TEXT NOT NULL,
  traits INTEGER NOT NULL,
  portfolio_id TEXT NOT NULL,
  traded_s INTEGER NOT NULL,
  execution_no INTEGER NOT NULL,
  line_no INTEGER NOT NULL,
  PRIMARY KEY (account_id, partition_id, seq)
) STRICT, WITHOUT ROWID`,
  `CREATE INDEX bookings_by_order ON bookings (account_id, order_number) WHERE order_number > 0`,
  `CREATE TABLE refusals (
  account_id INTEGER NOT NULL,
  order_number INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  partition_id INTEGER NOT NULL,
  PRIMARY KEY (account_id, order_number, seq)
) STRICT, WITHOUT ROWID`,
];

/** The archive contradicts itself: it is built again. */
export class ArchiveDamagedError extends Error {
  override readonly name = "ArchiveDamagedError";
}

/**
 * Whether the error says that the file is no archive that could be read on, in contrast to a disk
 * that is full or failing, after which the same file may be good again.
 */
export function isDamage(error: unknown): error is Error {
  if (error instanceof ArchiveDamagedError) return true;
  return error instanceof Database.SqliteError && DAMAGE.test(error.code);
}

/** Among them a row that is there twice and, as SQLITE_ERROR, a table that is missing. */
const DAMAGE = /^SQLITE_(CORRUPT|NOTADB|CONSTRAINT|ERROR|IOERR_SHORT_READ|IOERR_CORRUPTFS)/;
