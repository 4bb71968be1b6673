/**
 * One process per data directory. The lock is an exclusive transaction on an empty SQLite file:
 * the operating system lets go of it when the process ends, however it ends.
 */
import Database from "better-sqlite3";
import { ensureFolder, fileBytes } from "../sys/disk.ts";
import { JournalError } from "./journal.ts";
import { journalErrorFrom, journalFiles } from "./journal-schema.ts";

/** A connection that nobody refers to is closed by the garbage collector, and its lock with it. */
const held = new Set<Database.Database>();

export interface DataDirLock {
  /** Gives the directory back. Calling it again does nothing. */
  release(): void;
}

/** A gateway holds it for good; who asks {@link isDataDirUsed} for far less than all tries. */
const TRIES_MAX = 10;
const PAUSE_MS = 20;

/**
 * Takes the directory for this process; makes it where it is missing. Tries for a moment, because
 * somebody may be asking whether it is used. `pause` is for tests.
 * @throws JournalError JOURNAL_IN_USE, JOURNAL_UNREADABLE
 */
export function lockDataDir(dataDir: string, pause: (ms: number) => void = blockFor): DataDirLock {
  const { lock } = journalFiles(dataDir);
  let database: Database.Database | null = null;
  try {
    ensureFolder(dataDir);
    database = new Database(lock, { timeout: 0 });
    takeLock(database, pause);
  } catch (error) {
    database?.close();
    throw lockError(error, dataDir, lock);
  }
  const locked = database;
  held.add(locked);
  return {
    release: () => {
      locked.close();
      held.delete(locked);
    },
  };
}

function takeLock(database: Database.Database, pause: (ms: number) => void): void {
  for (let tries = 1; ; tries += 1) {
    try {
      // Nothing is ever written, so there is nothing to roll back: no file for it on a full disk.
      database.pragma("journal_mode = MEMORY");
      database.exec("BEGIN EXCLUSIVE");
      return;
    } catch (error) {
      const isBusy = error instanceof Database.SqliteError && error.code === "SQLITE_BUSY";
      if (!isBusy || tries === TRIES_MAX) throw error;
      pause(PAUSE_MS);
    }
  }
}

/** At a start nothing else is to be done. */
function blockFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * Whether a process uses the directory just now. Changes nothing. What it takes keeps nobody from
 * starting: {@link lockDataDir} tries for longer than it is held.
 * @throws JournalError JOURNAL_UNREADABLE
 */
export function isDataDirUsed(dataDir: string): boolean {
  const { lock } = journalFiles(dataDir);
  if (fileBytes(lock) === null) return false;
  let database: Database.Database | null = null;
  try {
    database = new Database(lock, { readonly: true, fileMustExist: true, timeout: 0 });
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
    return false;
  } catch (error) {
    const failure = journalErrorFrom(error, lock);
    if (failure.code === "JOURNAL_IN_USE") return true;
    throw failure;
  } finally {
    database?.close();
  }
}

function lockError(error: unknown, dataDir: string, lock: string): JournalError {
  const failure = journalErrorFrom(error, lock);
  if (failure.code !== "JOURNAL_IN_USE") return failure;
  return new JournalError("JOURNAL_IN_USE", dataDir, "another process uses it", { cause: error });
}
