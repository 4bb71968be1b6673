/** The shape of the SQLite journal on disk: its files, its tables, its format number. */
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { diskErrorCode, filePath, isNoRoom, mayDo } from "../sys/disk.ts";
import type { DiskReserve } from "./disk-reserve.ts";
import { JournalError, type JournalErrorCode } from "./journal.ts";

/** Format of journal.db, kept in its user_version. */
export const JOURNAL_FORMAT = 5;
/** Marks journal.db as ours: "CMND" in ASCII. */
export const JOURNAL_APPLICATION_ID = 0x434d4e44;

/**
 * Both tables are one b-tree each, without a second index: what the inspection reads is all there
 * is to damage. The key of a block has its partition and its last event (`blockKey`).
 */
export const JOURNAL_TABLES: readonly string[] = [
  `CREATE TABLE blocks (
  id INTEGER PRIMARY KEY,
  epoch INTEGER NOT NULL,
  hash BLOB NOT NULL,
  seal BLOB NOT NULL,
  payloads TEXT NOT NULL
) STRICT`,
  `CREATE TABLE partitions (
  name TEXT NOT NULL PRIMARY KEY,
  id INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  owner TEXT
) STRICT, WITHOUT ROWID`,
];

/**
 * Where the history of a partition begins that was cut: the last event that was archived. A journal
 * has the table from its first cut on.
 */
export const ANCHOR_TABLE = `CREATE TABLE anchors (
  partition INTEGER NOT NULL PRIMARY KEY,
  seq INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT, WITHOUT ROWID`;

/** SQLite before 3.51.3 can damage a database in WAL mode when the log is reset. */
const SQLITE_VERSION_MIN = "3.51.3";

/** Paths of the journal's files in a data directory. */
export interface JournalFiles {
  readonly folder: string;
  readonly database: string;
  readonly wal: string;
  /** SQLite's index of the log. */
  readonly index: string;
  readonly head: string;
  readonly lock: string;
  /** Room for cancels when the disk is full. */
  readonly reserve: string;
  /** Folder of bytes that were kept aside. */
  readonly damaged: string;
}

export function journalFiles(dataDir: string): JournalFiles {
  return {
    folder: dataDir,
    database: filePath(dataDir, "journal.db"),
    wal: filePath(dataDir, "journal.db-wal"),
    index: filePath(dataDir, "journal.db-shm"),
    head: filePath(dataDir, "head"),
    lock: filePath(dataDir, "lock.db"),
    reserve: filePath(dataDir, "reserve"),
    damaged: filePath(dataDir, "damaged"),
  };
}

/** The version of the SQLite that is linked in. */
export function sqliteVersion(): string {
  const memory = new Database(":memory:");
  try {
    return String(memory.prepare("SELECT sqlite_version()").pluck().get());
  } finally {
    memory.close();
  }
}

/** @throws JournalError SQLITE_TOO_OLD */
export function requireSqliteVersion(version: string): void {
  const found = version.split(".").map(Number);
  for (const [index, least] of SQLITE_VERSION_MIN.split(".").map(Number).entries()) {
    const part = found[index] ?? 0;
    if (part > least) return;
    if (part < least || Number.isNaN(part)) {
      const problem = `SQLite ${version} is older than ${SQLITE_VERSION_MIN}, which can lose events`;
      throw new JournalError("SQLITE_TOO_OLD", "better-sqlite3", problem);
    }
  }
}

/** @throws JournalError a database of another program, or a journal of another version */
export function requireFormat(database: Database.Database, file: string): void {
  const applicationId = database.pragma("application_id", { simple: true });
  if (applicationId !== JOURNAL_APPLICATION_ID) {
    const problem = "is an SQLite database, but not a journal of Countermand";
    throw new JournalError("JOURNAL_UNREADABLE", file, problem);
  }
  const format = Number(database.pragma("user_version", { simple: true }));
  if (format === JOURNAL_FORMAT) return;
  const problem = `the journal has format ${format}; this version reads ${JOURNAL_FORMAT}`;
  if (format <= 0) throw new JournalError("JOURNAL_DAMAGED", file, problem);
  const isOlder = format < JOURNAL_FORMAT;
  const code = isOlder ? "JOURNAL_OLDER_FORMAT" : "JOURNAL_NEWER_FORMAT";
  throw new JournalError(code, file, problem);
}

/**
 * Turns what SQLite or the disk threw into one line; anything else is a bug and is thrown again.
 */
export function journalErrorFrom(
  error: unknown,
  file: string,
  fallback: JournalErrorCode = "JOURNAL_UNREADABLE",
): JournalError {
  if (error instanceof JournalError) return error;
  if (error instanceof Database.SqliteError) {
    const code = sqliteErrorCode(error.code) ?? fallback;
    const barred = error.code.startsWith("SQLITE_CANTOPEN") ? barredFrom(file) : null;
    if (barred !== null) return new JournalError(code, file, barred, { cause: error });
    return new JournalError(code, file, `${error.message} (${error.code})`, { cause: error });
  }
  const diskCode = diskErrorCode(error);
  if (diskCode === null) throw error;
  const code = isNoRoom(error) ? "JOURNAL_DISK_FULL" : fallback;
  return new JournalError(code, file, `cannot be used (${diskCode})`, { cause: error });
}

/** Why SQLite cannot open a file, which it does not say; null where no right is missing. */
export function barredFrom(file: string, may: typeof mayDo = mayDo): string | null {
  const mayWrite = may("write", dirname(file));
  if (!mayDo("exist", file)) return mayWrite ? null : "cannot be made: its folder is not writable";
  if (!may("read", file)) return "this user may not read it";
  if (mayWrite) return null;
  return (
    "its folder cannot be written to, and SQLite reads it with an index beside it: " +
    "copy the whole folder to where this user may write, and name the copy"
  );
}

function sqliteErrorCode(code: string): JournalErrorCode | null {
  if (code.startsWith("SQLITE_CORRUPT")) return "JOURNAL_DAMAGED";
  if (code.startsWith("SQLITE_BUSY")) return "JOURNAL_IN_USE";
  if (code.startsWith("SQLITE_FULL")) return "JOURNAL_DISK_FULL";
  // As who only reads meets a full disk: SQLite cannot make its index of the log.
  if (code === "SQLITE_IOERR_SHMSIZE") return "JOURNAL_DISK_FULL";
  return null;
}

/** A write that failed, or a file of SQLite's own that could not be made larger. */
const FAILED_WRITES: ReadonlySet<string> = new Set(["SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE"]);

/**
 * Whether a write failed for want of room, before anything of it could count: SQLite undoes the
 * transaction whole. A flush that failed is never this. Of a quota that is used up SQLite says only
 * that a write failed: then the reserve is tried, which hears the system's own word.
 */
export function isDiskFull(error: unknown, reserve: Pick<DiskReserve, "hasNoRoom">): boolean {
  if (!(error instanceof Database.SqliteError)) return isNoRoom(error);
  if (!FAILED_WRITES.has(error.code)) return error.code === "SQLITE_FULL";
  try {
    return reserve.hasNoRoom();
  } catch {
    // A reserve that cannot be tried says nothing.
    return false;
  }
}
