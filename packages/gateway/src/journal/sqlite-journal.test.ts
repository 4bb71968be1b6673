import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { readHead } from "./head-file.ts";
import { inspectJournal } from "./inspect.ts";
import { JournalError, type PartitionAppend } from "./journal.ts";
import {
  CRASHED,
  copyJournal,
  crashedJournal,
  fill,
  inFolder,
  payloadAt,
} from "./journal-fixture.ts";
import { journalFiles, requireSqliteVersion } from "./journal-schema.ts";
import { SqliteJournal } from "./sqlite-journal.ts";

const GOLDEN_SCHEMA = new URL("../../../../test/golden/journal-schema.sql", import.meta.url);

/** Opens a journal, runs the test on it, and closes what is left open. */
function withJournal(
  run: (journal: SqliteJournal, folder: string) => void | Promise<void>,
): Promise<void> {
  return inFolder(async (folder) => {
    const journal = SqliteJournal.open(folder);
    try {
      await run(journal, folder);
    } finally {
      journal.close();
    }
  });
}

function add(epoch: number, expectedSeq: number, ...payloads: string[]): PartitionAppend {
  return { partition: "desk", epoch, expectedSeq, payloads };
}

function failsWith(code: JournalError["code"]): (error: unknown) => boolean {
  return (error) => error instanceof JournalError && error.code === code;
}

test("schema: what is on disk is the golden dump", () =>
  withJournal((_journal, folder) => {
    const database = new Database(journalFiles(folder).database, { readonly: true });
    const pragma = (name: string) => `PRAGMA ${name} = ${database.pragma(name, { simple: true })};`;
    const tables = database.prepare("SELECT sql FROM sqlite_schema ORDER BY name").pluck().all();
    const dump = [pragma("application_id"), pragma("user_version"), ...tables.map((t) => `${t};`)];
    database.close();
    assert.equal(`${dump.join("\n")}\n`, readFileSync(GOLDEN_SCHEMA, "utf8"));
  }));

test("version: SQLite before 3.51.3 is refused", () => {
  for (const version of ["3.51.2", "3.50.9", "3.9.0", "2.99.99", "", "3.x.1"]) {
    assert.throws(() => requireSqliteVersion(version), failsWith("SQLITE_TOO_OLD"), version);
  }
  for (const version of ["3.51.3", "3.51.10", "3.53.0", "4.0.0"]) requireSqliteVersion(version);
});

test("open: who reads, such as a backup, keeps no journal from being opened after a crash", () =>
  inFolder((folder) => {
    const { folder: crashed } = crashedJournal(folder);
    const reader = new Database(journalFiles(crashed).database, { readonly: true });
    reader.exec("BEGIN");
    reader.prepare("SELECT count(*) FROM blocks").get();
    const journal = SqliteJournal.open(crashed);
    fill(journal, CRASHED.partition, CRASHED.last + 5);
    assert.equal(readHead(journalFiles(crashed).head)?.get(CRASHED.partition)?.seq, CRASHED.last);
    reader.close();
    journal.close();
    assert.equal(inspectJournal(crashed).eventCount, CRASHED.last + 5);
  }));

test("hash: SHA-256 over predecessor, partition, seq, epoch and payload, one per line", () =>
  withJournal((journal, folder) => {
    const { epoch } = journal.claim("desk", "me");
    journal.append([[add(epoch, 0, "first", "second")]]);
    const start = "0".repeat(64);
    const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
    const first = sha256(`${start}\ndesk\n1\n1\nfirst`);
    const second = sha256(`${first}\ndesk\n2\n1\nsecond`);
    journal.writeHead();
    assert.deepEqual(readHead(journalFiles(folder).head)?.get("desk"), {
      seq: 2,
      hash: second,
      epoch: 1,
    });
  }));

test("append: each batch of a transaction has its own outcome", () =>
  withJournal((journal) => {
    const { epoch } = journal.claim("desk", "me");
    const outcomes = journal.append([
      [add(epoch, 0, "1", "2")],
      [add(epoch, 0, "stale")],
      [add(epoch, 2, "3"), add(epoch, 3, "4")],
      [add(epoch, 4, "half"), add(epoch, 4, "of a batch")],
      [add(epoch + 1, 4, "early epoch")],
      [add(epoch, 4)],
      [add(epoch, 4, "5")],
      [],
    ]);
    const fenced = "fenced";
    const committed = "committed";
    assert.deepEqual(outcomes, [
      committed,
      fenced,
      committed,
      fenced,
      fenced,
      committed,
      committed,
      committed,
    ]);
    const payloads = journal.read("desk", 0, 100).map(({ payload }) => payload);
    assert.deepEqual(payloads, ["1", "2", "3", "4", "5"]);
  }));

test("append: durable when it returns, so a copy taken then is whole", () =>
  withJournal((journal, folder) => {
    const copy = join(folder, "copy");
    for (const lastSeq of [1, 8, 9, 30]) {
      fill(journal, "desk", lastSeq, 30);
      copyJournal(folder, copy);
      assert.equal(inspectJournal(copy).partitions.get("desk")?.lastSeq, lastSeq);
      rmSync(copy, { recursive: true });
    }
  }));

test("append: any line of text comes back as it went in", () =>
  withJournal((journal) => {
    const { epoch } = journal.claim("Konto 7 – 香港", "me");
    const payloads = ["", "", "\r", "\u0000", "é\u{1f512}\ufffd", "x".repeat(100_000)];
    journal.append([[{ partition: "Konto 7 – 香港", epoch, expectedSeq: 0, payloads }]]);
    const back = journal.read("Konto 7 – 香港", 0, 10);
    assert.deepEqual(
      back.map(({ payload }) => payload),
      payloads,
    );
  }));

test("head: follows the journal, and names it at once after a start", () =>
  inFolder((folder) => {
    const { head } = journalFiles(folder);
    const journal = SqliteJournal.open(folder);
    assert.deepEqual(readHead(head), new Map());
    fill(journal, "desk", 5);
    assert.equal(journal.headBehind, true);
    const crashed = join(folder, "crashed");
    copyJournal(folder, crashed);
    journal.writeHead();
    assert.equal(journal.headBehind, false);
    assert.equal(readHead(head)?.get("desk")?.seq, 5);
    journal.close();
    const recovered = SqliteJournal.open(crashed);
    assert.deepEqual(readHead(journalFiles(crashed).head), readHead(head));
    recovered.close();
  }));

test("head: one that is on its way names what was there when it left", () =>
  withJournal(async (journal, folder) => {
    const { head } = journalFiles(folder);
    fill(journal, "desk", 5);
    const written = journal.writeHeadLater();
    assert.equal(journal.headBehind, false);
    fill(journal, "venue", 1);
    assert.equal(journal.headBehind, true, "what came behind it is in no head");
    await written;
    assert.deepEqual([...(readHead(head)?.keys() ?? [])], ["desk"]);
    journal.claim("desk", "me");
    journal.claim("desk", "me");
    assert.equal(readHead(head)?.get("venue")?.seq, 1, "a second claim brings it up to date");
  }));

test("first start: a crash before the database was in place starts again", () =>
  inFolder((folder) => {
    const { database, head } = journalFiles(folder);
    SqliteJournal.open(folder).close();
    rmSync(database);
    writeFileSync(`${database}.new`, "half a database");
    writeFileSync(`${database}.new-journal`, "half a rollback journal");
    assert.equal(inspectJournal(folder).eventCount, 0);
    const journal = SqliteJournal.open(folder);
    fill(journal, "desk", 1);
    journal.close();
    assert.equal(existsSync(`${database}.new`), false);
    assert.equal(readHead(head)?.get("desk")?.seq, 1);
  }));

test("failure: a commit that fails is not tried again", () =>
  withJournal((journal, folder) => {
    const { epoch } = journal.claim("desk", "me");
    const intruder = new Database(journalFiles(folder).database);
    intruder.exec("BEGIN IMMEDIATE");
    const append = () => journal.append([[add(epoch, 0, "1")]]);
    assert.throws(append, failsWith("JOURNAL_WRITE_FAILED"));
    intruder.exec("ROLLBACK");
    intruder.close();
    assert.throws(append, failsWith("JOURNAL_WRITE_FAILED"));
    assert.throws(() => journal.claim("desk", "me"), failsWith("JOURNAL_WRITE_FAILED"));
    assert.throws(() => journal.read("desk", 0, 1), failsWith("JOURNAL_WRITE_FAILED"));
  }));

test("failure: a head that cannot be written stops the journal", () =>
  inFolder((folder) => {
    const journal = SqliteJournal.open(folder);
    const { epoch } = journal.claim("desk", "me");
    const { head } = journalFiles(folder);
    mkdirSync(`${head}.tmp`);
    assert.throws(() => journal.writeHead(), failsWith("JOURNAL_WRITE_FAILED"));
    assert.throws(() => journal.append([[add(epoch, 0)]]), failsWith("JOURNAL_WRITE_FAILED"));
    journal.close();
    assert.throws(() => SqliteJournal.open(folder), failsWith("JOURNAL_WRITE_FAILED"));
    assert.deepEqual(readHead(head), new Map(), "the head before stays");
  }));

test("failure: a head that cannot be written later stops the journal too", () =>
  withJournal(async (journal, folder) => {
    const { epoch } = journal.claim("desk", "me");
    mkdirSync(`${journalFiles(folder).head}.next.tmp`);
    await assert.rejects(journal.writeHeadLater(), failsWith("JOURNAL_WRITE_FAILED"));
    assert.throws(() => journal.append([[add(epoch, 0)]]), failsWith("JOURNAL_WRITE_FAILED"));
  }));

test("close: later calls are refused", () =>
  inFolder((folder) => {
    const journal = SqliteJournal.open(folder);
    fill(journal, "desk", 3);
    journal.close();
    assert.equal(existsSync(journalFiles(folder).wal), false);
    assert.throws(() => journal.read("desk", 0, 1), failsWith("JOURNAL_CLOSED"));
    assert.throws(() => journal.claim("desk", "me"), failsWith("JOURNAL_CLOSED"));
  }));

test("caller's mistakes: names and texts that cannot be kept are bugs", () =>
  withJournal((journal) => {
    const { epoch } = journal.claim("desk", "me");
    for (const name of ["", "a\nb", "\ud800", "x".repeat(201)]) {
      assert.throws(() => journal.claim(name, "me"), /must hold/);
    }
    assert.throws(() => journal.append([[add(epoch, 0, "half \ud83d")]]), /must hold/);
    assert.deepEqual(journal.append([[add(epoch, 0, payloadAt("desk", 1))]]), ["committed"]);
  }));
