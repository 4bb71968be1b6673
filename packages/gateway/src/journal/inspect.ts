/**
 * The check before the journal is opened for writing: is the history whole, and does it reach the
 * head? Opens everything read-only; journal.db, its log and the head keep every byte. (SQLite may
 * make journal.db-shm, and an empty log where there was none.)
 *
 * Never opens journal.db as a plain file: closing it would drop the locks SQLite has on it.
 */
import { createHash } from "node:crypto";
import Database from "better-sqlite3";
import { ensureFolder, fileBytes, filePath, readPieces, replaceFile } from "../sys/disk.ts";
import { type Chains, damaged, readPartitions } from "./chain-walk.ts";
import { type Head, readHead } from "./head-file.ts";
import { JournalError } from "./journal.ts";
import {
  ANCHOR_TABLE,
  JOURNAL_FORMAT,
  JOURNAL_TABLES,
  type JournalFiles,
  journalErrorFrom,
  journalFiles,
  requireFormat,
  requireSqliteVersion,
  sqliteVersion,
} from "./journal-schema.ts";
import type { OpenCheck } from "./open-check.ts";
import { verifyOnTwoThreads } from "./second-walk.ts";
import { type DamagedTail, inspectWal } from "./wal-inspection.ts";

export interface PartitionEnd {
  readonly lastSeq: number;
  /** Hash of the last event, 64 hexadecimal digits; of zeros where there is none. */
  readonly hash: string;
  /** The last event that was archived: the history begins behind it. 0 where none was. */
  readonly archivedSeq: number;
  /** Of the newest claim. */
  readonly epoch: number;
}

export interface JournalInspection {
  /** Every partition that was ever claimed. */
  readonly partitions: ReadonlyMap<string, PartitionEnd>;
  readonly eventCount: number;
  /** Bytes of the log that SQLite will leave out and write over; null where there are none. */
  readonly damagedTail: DamagedTail | null;
}

export interface InspectionOptions {
  /** Events verified so far, and about how many there are. */
  readonly onProgress?: (eventCount: number, expectedCount: number) => void;
  /**
   * Another process may write meanwhile: what the journal had at the beginning is verified. The log
   * is not searched for a damaged tail, which its writer's next bytes look like, nor the rest of
   * the database, which would hold the log up.
   */
  readonly isShared?: boolean;
  /**
   * The head may be older than the rest by any number of starts. So it may be where the journal is
   * shared: the head is read first.
   */
  readonly isHeadOld?: boolean;
  /** As those who walk the chain have it; a start does. */
  readonly bySeals?: boolean;
  /** SQLite's own check, where another thread may have it: see {@link databaseProblem}. */
  readonly sound?: OpenCheck;
}

const NOTHING: JournalInspection = { partitions: new Map(), eventCount: 0, damagedTail: null };

/**
 * Verifies the whole journal of a data directory; a directory without one is empty and fine.
 * The caller holds the directory's lock, or says that the journal is shared.
 * @throws JournalError why the journal must not be used
 */
export function inspectJournal(
  dataDir: string,
  options: InspectionOptions = {},
): JournalInspection {
  requireSqliteVersion(sqliteVersion());
  const files = journalFiles(dataDir);
  const head = inspectHead(files.head);
  try {
    const databaseBytes = fileBytes(files.database);
    if (databaseBytes === null || databaseBytes === 0) {
      return inspectAbsent(files, head, databaseBytes);
    }
    const damagedTail = options.isShared === true ? null : inspectWal(files.wal);
    const found = inspectDatabase(files, head, options);
    return { ...found, damagedTail };
  } catch (error) {
    throw journalErrorFrom(error, files.database);
  }
}

/**
 * What SQLite's own check finds, for whoever took it from an inspection; null where all is well.
 * Throws nothing: what the inspection finds comes first.
 */
export function databaseProblem(dataDir: string): JournalError | null {
  const files = journalFiles(dataDir);
  try {
    // Missing or empty: whether it may be so the inspection says.
    if ((fileBytes(files.database) ?? 0) === 0) return null;
    const database = new Database(files.database, { readonly: true });
    try {
      requireSound(database, files);
      return null;
    } finally {
      database.close();
    }
  } catch (error) {
    return journalErrorFrom(error, files.database);
  }
}

function inspectHead(file: string): Head | null {
  try {
    return readHead(file);
  } catch (error) {
    throw journalErrorFrom(error, file);
  }
}

/**
 * Copies the damaged tail of the log aside, to `damaged/`, before a writer goes over it. On stable
 * storage when it returns; copying the same bytes again changes nothing.
 * @returns the path of the copy, or null where there is no damaged tail
 */
export function keepDamagedTail(dataDir: string, inspection: JournalInspection): string | null {
  const tail = inspection.damagedTail;
  if (tail === null) return null;
  const files = journalFiles(dataDir);
  try {
    // Piece by piece, twice: who was killed in a large transaction leaves more than memory holds.
    const sum = createHash("sha256");
    for (const piece of tailBytes(files.wal, tail)) sum.update(piece);
    ensureFolder(files.damaged);
    const name = `wal-at-${tail.offset}-${sum.digest("hex").slice(0, 16)}.bytes`;
    const copy = filePath(files.damaged, name);
    replaceFile(copy, tailBytes(files.wal, tail));
    return copy;
  } catch (error) {
    throw journalErrorFrom(error, files.damaged);
  }
}

/** Each piece is good until the next one is asked for. */
function* tailBytes(wal: string, tail: DamagedTail): Iterable<Buffer> {
  let left = tail.bytes;
  for (const piece of readPieces(wal, tail.offset, 65_536)) {
    if (left <= 0) return;
    yield piece.subarray(0, left);
    left -= piece.length;
  }
}

/**
 * The database is made whole under another name and then renamed, so an empty file is never a
 * first start; and SQLite would delete the log of an empty database, so it must not be opened.
 */
function inspectAbsent(
  files: JournalFiles,
  head: Head | null,
  databaseBytes: number | null,
): JournalInspection {
  const state = databaseBytes === null ? "is missing" : "is empty";
  if ((head?.size ?? 0) > 0) {
    const problem = `${state}, but the head file names events`;
    throw new JournalError("JOURNAL_BEHIND_HEAD", files.database, problem);
  }
  if ((fileBytes(files.wal) ?? 0) > 0) {
    const problem = `${state}, but its write-ahead log is not`;
    throw new JournalError("JOURNAL_DAMAGED", files.database, problem);
  }
  if (databaseBytes !== null) throw new JournalError("JOURNAL_DAMAGED", files.database, state);
  return NOTHING;
}

function inspectDatabase(
  files: JournalFiles,
  head: Head | null,
  options: InspectionOptions,
): JournalInspection {
  const database = new Database(files.database, { readonly: true });
  try {
    requireOurFormat(database, files);
    // One moment of all partitions: a writer may go on meanwhile.
    const chains = database.transaction(() => readPartitions(database, files))();
    const eventCount = verifyOnTwoThreads(database, chains, head ?? new Map(), files, options);
    if (head === null && eventCount > 0) {
      const problem = `is missing, but the journal has ${eventCount} events`;
      throw new JournalError("JOURNAL_HEAD_UNREADABLE", files.head, problem);
    }
    requireHeadReached(chains, head ?? new Map(), files);
    const isHeadOld = options.isShared === true || options.isHeadOld === true;
    requireEpochsOfHead(chains, head ?? new Map(), files, isHeadOld);
    if (options.isShared !== true && options.sound?.take() !== false) requireSound(database, files);
    return { partitions: endsOf(chains), eventCount, damagedTail: null };
  } finally {
    database.close();
  }
}

function endsOf(chains: Chains): ReadonlyMap<string, PartitionEnd> {
  const ends = [...chains.values()].map(
    ({ name, last, startSeq, epoch }): [string, PartitionEnd] => [
      name,
      { lastSeq: last.seq, hash: last.hash, archivedSeq: startSeq, epoch },
    ],
  );
  return new Map(ends);
}

function requireOurFormat(database: Database.Database, files: JournalFiles): void {
  requireFormat(database, files.database);
  const tables = database.prepare("SELECT sql FROM sqlite_schema ORDER BY name").pluck().all();
  const isKnown = [JOURNAL_TABLES, [ANCHOR_TABLE, ...JOURNAL_TABLES]].some((expected) => {
    return tables.join(";") === expected.join(";");
  });
  if (!isKnown) {
    throw damaged(files, `its tables are not those of format ${JOURNAL_FORMAT}`);
  }
}

function requireHeadReached(chains: Chains, head: Head, files: JournalFiles): void {
  const lastSeqs = new Map([...chains.values()].map(({ name, last }) => [name, last.seq]));
  for (const [partition, { seq }] of head) {
    const lastSeq = lastSeqs.get(partition) ?? 0;
    if (lastSeq >= seq) continue;
    const problem = `partition ${JSON.stringify(partition)} ends at seq ${lastSeq}, the head is ${seq}`;
    throw new JournalError("JOURNAL_BEHIND_HEAD", files.database, problem);
  }
}

/** A partition is claimed at most once between two heads ({@link SqliteJournal.claim}). */
function requireEpochsOfHead(
  chains: Chains,
  head: Head,
  files: JournalFiles,
  isHeadOld: boolean,
): void {
  for (const { name, epoch } of chains.values()) {
    const told = head.get(name)?.epoch;
    if (told === undefined || epoch === told) continue;
    if (epoch > told && (isHeadOld || epoch === told + 1)) continue;
    const problem = `partition ${JSON.stringify(name)} has epoch ${epoch}, and the head says ${told}`;
    throw damaged(files, problem);
  }
}

/** Damage beside the events (a page used twice, say) would spoil them at a later write. */
function requireSound(database: Database.Database, files: JournalFiles): void {
  const verdict = String(database.pragma("quick_check(1)", { simple: true }));
  if (verdict !== "ok") throw damaged(files, verdict);
}
