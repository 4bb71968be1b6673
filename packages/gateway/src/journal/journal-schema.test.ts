import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { temporaryFolder } from "../sys/temporary-folder-fixture.ts";
import { barredFrom, journalErrorFrom } from "./journal-schema.ts";

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

test("journal error: why a file cannot be opened, as far as rights say", (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "journal.db");
  const readOnly = (what: string) => what === "read";
  const writable = (what: string) => what === "write";
  assert.equal(barredFrom(file), null);
  assert.equal(barredFrom(file, readOnly), "cannot be made: its folder is not writable");
  writeFileSync(file, "");
  assert.equal(barredFrom(file), null);
  assert.equal(barredFrom(file, writable), "this user may not read it");
  assert.match(barredFrom(file, readOnly) ?? "", /copy the whole folder to where this user may/);
});
