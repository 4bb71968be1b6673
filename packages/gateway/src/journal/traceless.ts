/**
 * Reading a journal without a trace. Who only reads a copy makes SQLite put an empty log and its
 * index beside it, and who only reads cannot take them away.
 */
import Database from "better-sqlite3";
import { fileBytes } from "../sys/disk.ts";
import { journalFiles } from "./journal-schema.ts";

/**
 * Takes away what the read made SQLite put beside the journal, unless somebody else uses it by now.
 * Precondition: what the read opens it closes.
 */
export function withoutTrace<Found>(dataDir: string, read: () => Found): Found {
  const { wal, index } = journalFiles(dataDir);
  const isTraced = isThere(wal) || isThere(index);
  try {
    return read();
  } finally {
    if (!isTraced) removeTrace(dataDir);
  }
}

/**
 * SQLite does it itself, under its own locks: the last one to close who may write removes both
 * files. So nothing is taken from a gateway that has started meanwhile. The log is empty, so the
 * database is not written to.
 */
function removeTrace(dataDir: string): void {
  const { database: file, wal } = journalFiles(dataDir);
  try {
    if (fileBytes(wal) !== 0) return;
    const database = new Database(file, { fileMustExist: true, timeout: 0 });
    try {
      database.prepare("SELECT count(*) FROM sqlite_schema").get();
    } finally {
      database.close();
    }
  } catch {
    // The files stay: another one uses the journal, or it may not be written to. Both are harmless.
  }
}

/** What cannot be looked at is none of ours. */
function isThere(path: string): boolean {
  try {
    return fileBytes(path) !== null;
  } catch {
    return true;
  }
}
