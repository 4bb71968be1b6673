import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import { CHAIN_START, eventHash } from "./event-chain.ts";
import { JournalError } from "./journal.ts";
import {
  blockAt,
  closedJournal,
  fill,
  inFolder,
  payloadAt,
  payloadsUpTo,
} from "./journal-fixture.ts";
import { JournalReader } from "./journal-reader.ts";
import { journalFiles } from "./journal-schema.ts";
import { SqliteJournal } from "./sqlite-journal.ts";

test("reader: records from any place to the end, over several pages", () =>
  inFolder((folder) => {
    closedJournal(folder, { desk: 1_100, venue: 2 });
    const reader = new JournalReader(folder);
    const expected = payloadsUpTo("desk", 1_100).map((payload, index) => ({
      seq: index + 1,
      payload,
    }));
    for (const afterSeq of [0, 1, 499, 500, 1_099, 1_100, 5_000]) {
      assert.deepEqual([...reader.records("desk", afterSeq)], expected.slice(afterSeq));
    }
    assert.deepEqual(reader.read("desk", 10, 3), expected.slice(10, 13));
    assert.deepEqual([...reader.records("nobody", 0)], []);
    reader.close();
  }));

test("reader: hashes by seq", () =>
  inFolder((folder) => {
    closedJournal(folder, { desk: 2 });
    const reader = new JournalReader(folder);
    const first = eventHash(CHAIN_START.hash, "desk", 1, 1, payloadAt("desk", 1));
    assert.equal(reader.hashAt("desk", 0), CHAIN_START.hash);
    assert.equal(reader.hashAt("desk", 1), first);
    assert.equal(reader.hashAt("desk", 2), eventHash(first, "desk", 2, 1, payloadAt("desk", 2)));
    assert.equal(reader.hashAt("desk", 3), null);
    assert.equal(reader.hashAt("nobody", 1), null);
    reader.close();
  }));

test("reader: follows a writer, also into partitions made later", () =>
  inFolder((folder) => {
    const journal = SqliteJournal.open(folder);
    const reader = new JournalReader(folder);
    assert.deepEqual(reader.read("desk", 0, 10), []);
    fill(journal, "desk", 3);
    assert.equal(reader.read("desk", 0, 10).length, 3);
    const following = reader.records("desk", 1)[Symbol.iterator]();
    assert.equal(following.next().value?.seq, 2);
    fill(journal, "desk", 5);
    const rest = [following.next(), following.next(), following.next(), following.next()];
    assert.deepEqual(
      rest.map(({ value }) => value?.seq),
      [3, 4, 5, undefined],
    );
    reader.close();
    journal.close();
  }));

test("reader: a gap and a missing journal are refused", () =>
  inFolder((folder) => {
    assert.throws(() => new JournalReader(folder), JournalError);
    closedJournal(folder, { desk: 5 }, 1);
    const database = new Database(journalFiles(folder).database);
    database.exec(`DELETE FROM blocks WHERE id = ${blockAt(1, 3)}`);
    database.close();
    const reader = new JournalReader(folder);
    assert.throws(() => [...reader.records("desk", 0)], /missing at partition "desk", seq 3;/);
    reader.close();
  }));

test("reader: a journal of another version is refused by its format, not by its tables", () =>
  inFolder((folder) => {
    closedJournal(folder, { desk: 1 });
    const database = new Database(journalFiles(folder).database);
    database.exec("DROP TABLE blocks; PRAGMA user_version = 3");
    database.close();
    const older = { name: "JournalError", code: "JOURNAL_OLDER_FORMAT" };
    assert.throws(() => new JournalReader(folder), older);
  }));
