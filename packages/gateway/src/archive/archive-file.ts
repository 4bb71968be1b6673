/**
 * Opens archive.db. What cannot be used is put away and built again from the journal, never mended.
 */
import Database from "better-sqlite3";
import type { ChainPosition } from "../journal/event-chain.ts";
import { fileBytes, filePath, removeFile, renameDurably } from "../sys/disk.ts";
import { ArchiveDatabase } from "./archive-database.ts";
import {
  ARCHIVE_APPLICATION_ID,
  ARCHIVE_FORMAT,
  ARCHIVE_TABLES,
  isDamage,
} from "./archive-schema.ts";

/** Why the archive begins anew. */
export type RebuildReason =
  | "Missing"
  | "Damaged"
  | "OtherFormat"
  | "ForeignJournal"
  /** It ends before the journal begins, or begins later: events were cut, or put back. */
  | "OtherBeginning";

export interface OpenedArchive {
  readonly database: ArchiveDatabase;
  /** Null: the archive goes on where it was. */
  readonly rebuilt: RebuildReason | null;
}

/** What the archive asks of the journal it follows. */
export interface PositionOracle {
  hashAt(partition: string, seq: number): string | null;
  /** The last event that was cut from it; null where none was. */
  anchor(partition: string): ChainPosition | null;
}

/** Few rows that all others are found by: one that an index lacks would empty an account's lists. */
const LOOKED_UP_FIRST = ["partitions", "accounts"] as const;

/** How long a write waits for a foreign lock, such as that of a person's database shell. */
const LOCK_WAIT_MS = 50;
/**
 * Bytes of a page. Reason: a transaction's rows are all over the table where old orders close with
 * new ones, and fewer pages of this size hold them; still larger ones cost more to write than they
 * save once each has one row.
 */
const PAGE_BYTES = 8192;
/**
 * Memory for pages, in kibibytes; taken as the file grows. Reason: so many hold a million closed
 * orders, whose pages are else read again for each transaction.
 */
const CACHE_KIB = 32 * 1024;
/**
 * Pages in the write-ahead log before it is copied into the database. Reason: many transactions
 * touch the same pages, which are then copied and flushed once; it costs 64 MB of disk.
 */
const CHECKPOINT_PAGES = 8_000;
/** The write-ahead log is cut back to this size after a checkpoint. */
const WAL_BYTES_KEPT = 64 * 1024 * 1024;

/**
 * Opens the archive, or a new empty one where there is none that fits the journal. A damaged file
 * is kept as `archive.db.damaged` (the latest one); a file of another format or journal is deleted.
 * @throws SqliteError or a disk error: the file may be good, but not now
 */
export function openArchive(
  dataDir: string,
  journal: PositionOracle,
  partitions: readonly string[],
): OpenedArchive {
  const path = filePath(dataDir, "archive.db");
  const found = openFound(path, journal, partitions);
  if (typeof found !== "string") return { database: found, rebuilt: null };
  if (found === "Damaged") putAside(path);
  else removeArchive(path);
  const database = createArchive(path);
  for (const partition of partitions) {
    const anchor = journal.anchor(partition);
    if (anchor !== null) database.beginBehind(partition, anchor);
  }
  return { database, rebuilt: found };
}

/**
 * How far each partition is projected, by an archive that nobody has checked against the journal;
 * nothing where it cannot be read. Changes nothing.
 */
export function archivedSeqs(dataDir: string): ReadonlyMap<string, number> {
  const path = filePath(dataDir, "archive.db");
  try {
    const database = new Database(path, { readonly: true, fileMustExist: true });
    try {
      const rows = database.prepare<[], [string, number]>("SELECT name, seq FROM partitions").raw();
      return new Map(rows.all() as [string, number][]);
    } finally {
      database.close();
    }
  } catch {
    return new Map();
  }
}

/** Puts a damaged archive away, so that the next {@link openArchive} begins anew. */
export function putArchiveAside(dataDir: string): void {
  putAside(filePath(dataDir, "archive.db"));
}

function openFound(
  path: string,
  journal: PositionOracle,
  partitions: readonly string[],
): ArchiveDatabase | RebuildReason {
  if (fileBytes(path) === null) return "Missing";
  let database: Database.Database | null = null;
  let found: ArchiveDatabase | RebuildReason;
  try {
    database = new Database(path, { timeout: LOCK_WAIT_MS });
    found = checkFound(database, journal, partitions);
  } catch (error) {
    database?.close();
    if (isDamage(error)) return "Damaged";
    throw error;
  }
  if (typeof found === "string") database.close();
  return found;
}

function checkFound(
  database: Database.Database,
  journal: PositionOracle,
  partitions: readonly string[],
): ArchiveDatabase | RebuildReason {
  if (pragmaNumber(database, "application_id") !== ARCHIVE_APPLICATION_ID) return "Damaged";
  if (pragmaNumber(database, "user_version") !== ARCHIVE_FORMAT) return "OtherFormat";
  useLog(database);
  const archive = new ArchiveDatabase(database);
  const positions = archive.positions();
  const archivedSeqs = archive.archivedSeqs();
  for (const table of LOOKED_UP_FIRST) {
    if (database.pragma(`integrity_check(${table})`, { simple: true }) !== "ok") return "Damaged";
  }
  const known = [...archivedSeqs.values(), ...[...positions.values()].map(({ seq }) => seq)];
  if (known.some((seq) => seq < 0)) return "Damaged";
  const cuts: (readonly [partition: string, seq: number])[] = [];
  for (const partition of partitions) {
    const cut = journal.anchor(partition)?.seq ?? 0;
    const archived = archivedSeqs.get(partition) ?? 0;
    if (archived > cut || (positions.get(partition)?.seq ?? 0) < cut) return "OtherBeginning";
    if (archived < cut) cuts.push([partition, cut]);
  }
  for (const [partition, { seq, hash }] of positions) {
    if (seq > 0 && journal.hashAt(partition, seq) !== hash) return "ForeignJournal";
  }
  for (const [partition, seq] of cuts) archive.forgetThrough(partition, seq);
  return archive;
}

function createArchive(path: string): ArchiveDatabase {
  const database = new Database(path, { timeout: LOCK_WAIT_MS });
  try {
    database.pragma(`page_size = ${PAGE_BYTES}`);
    useLog(database);
    // The format comes with the tables or not at all: half a schema is never taken for an archive.
    database.transaction(() => {
      for (const table of ARCHIVE_TABLES) database.exec(table);
      database.pragma(`application_id = ${ARCHIVE_APPLICATION_ID}`);
      database.pragma(`user_version = ${ARCHIVE_FORMAT}`);
    })();
    return new ArchiveDatabase(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Changes the file, so it comes after what was found there has been looked at. */
function useLog(database: Database.Database): void {
  database.pragma(`cache_size = ${-CACHE_KIB}`);
  database.pragma("journal_mode = WAL");
  // A power cut may cost the last rows, never more: they are projected again.
  database.pragma("synchronous = NORMAL");
  database.pragma(`journal_size_limit = ${WAL_BYTES_KEPT}`);
  database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
}

function pragmaNumber(database: Database.Database, name: string): number {
  return database.pragma(name, { simple: true }) as number;
}

function putAside(path: string): void {
  removeLog(path);
  if (fileBytes(path) !== null) renameDurably(path, `${path}.damaged`);
}

function removeArchive(path: string): void {
  removeLog(path);
  removeFile(path);
}

/** The log goes first: left behind, it would be taken for that of the next file. */
function removeLog(path: string): void {
  removeFile(`${path}-wal`);
  removeFile(`${path}-shm`);
}
