import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import { journalErrorFrom } from "./journal-schema.ts";

/** What SQLite says, and what is told of it. */
const CODES = [
  ["SQLITE_FULL", "JOURNAL_DISK_FULL"],
  ["SQLITE_IOERR_SHMSIZE", "JOURNAL_DISK_FULL"],
  ["SQLITE_CORRUPT_INDEX", "JOURNAL_DAMAGED"],
  ["SQLITE_BUSY_RECOVERY", "JOURNAL_IN_USE"],
  ["SQLITE_IOERR_READ", "JOURNAL_UNREADABLE"],
] as const;

for (const [said, told] of CODES) {
  test(`journal error: ${said} is told as ${told}`, () => {
    const { code, message } = journalErrorFrom(new Database.SqliteError("no", said), "journal.db");
    assert.equal(code, told);
    assert.match(message, new RegExp(`^journal\\.db: no \\(${said}\\); .+ \\(${told}\\)$`));
  });
}
