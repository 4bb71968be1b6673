import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { BackupExistsError, backUp } from "./backup.ts";
import { readHead } from "./head-file.ts";
import { inspectJournal } from "./inspect.ts";
import { JournalError } from "./journal.ts";
import { fill, inFolder } from "./journal-fixture.ts";
import { journalFiles } from "./journal-schema.ts";
import { SqliteJournal } from "./sqlite-journal.ts";

function withWriter(run: (journal: SqliteJournal, data: string, folder: string) => Promise<void>) {
  return inFolder(async (folder) => {
    const data = join(folder, "data");
    const journal = SqliteJournal.open(data);
    try {
      await run(journal, data, folder);
    } finally {
      journal.close();
    }
  });
}

test("backup: beside a writer it is one moment, whole, and a writer can go on with it", () =>
  withWriter(async (journal, data, folder) => {
    fill(journal, "desk", 30);
    journal.writeHead();
    fill(journal, "desk", 40);
    writeFileSync(join(data, "receipt-key.pem"), "a key");
    mkdirSync(join(data, "snapshots"));
    writeFileSync(join(data, "snapshots", "snapshot-0000000000000001.txt"), "a snapshot");
    const target = join(folder, "backup");
    const taken = backUp(data, target);
    fill(journal, "desk", 41);
    const backup = await taken;
    const [row] = backup.partitions;
    assert.ok(row !== undefined && row.lastSeq >= 40 && row.lastSeq <= 41);
    assert.equal(readHead(journalFiles(target).head)?.get("desk")?.seq, row.lastSeq);
    assert.equal(inspectJournal(target).eventCount, backup.eventCount);
    assert.equal(statSync(join(target, "receipt-key.pem")).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(join(target, "snapshots")), ["snapshot-0000000000000001.txt"]);
    fill(journal, "desk", 60);
    const restored = SqliteJournal.open(target);
    fill(restored, "desk", 70);
    restored.close();
    assert.equal(inspectJournal(target).partitions.get("desk")?.lastSeq, 70);
    assert.equal(existsSync(`${target}.partial`), false);
  }));

test("backup: is not put over anything", () =>
  withWriter(async (journal, data, folder) => {
    fill(journal, "desk", 3);
    const target = join(folder, "backup");
    mkdirSync(target);
    await backUp(data, target);
    const before = readFileSync(journalFiles(target).database);
    await assert.rejects(backUp(data, target), BackupExistsError);
    assert.ok(before.equals(readFileSync(journalFiles(target).database)));
  }));

test("backup: what somebody has put there meanwhile is not deleted", () =>
  withWriter(async (journal, data, folder) => {
    fill(journal, "desk", 3);
    journal.writeHead();
    const target = join(folder, "backup");
    mkdirSync(target);
    const taken = backUp(data, target);
    writeFileSync(join(target, "of somebody else"), "a word");
    await assert.rejects(taken, BackupExistsError);
    assert.deepEqual(readdirSync(target), ["of somebody else"]);
    assert.equal(existsSync(`${target}.partial`), false);
  }));

test("backup: none is left of a journal that ends before its head", () =>
  withWriter(async (journal, data, folder) => {
    fill(journal, "desk", 3);
    journal.writeHead();
    const { head } = journalFiles(data);
    const ahead = readFileSync(head);
    fill(journal, "desk", 9);
    journal.writeHead();
    const target = join(folder, "backup");
    const other = join(folder, "other");
    const older = SqliteJournal.open(other);
    fill(older, "desk", 2);
    older.close();
    writeFileSync(journalFiles(other).head, ahead);
    await assert.rejects(backUp(other, target), (error) => {
      return error instanceof JournalError && error.code === "JOURNAL_BEHIND_HEAD";
    });
    assert.deepEqual([existsSync(target), existsSync(`${target}.partial`)], [false, false]);
  }));

test("backup: a snapshot that goes while it is copied is no loss", () =>
  withWriter(async (journal, data, folder) => {
    fill(journal, "desk", 3);
    const snapshots = join(data, "snapshots");
    mkdirSync(snapshots);
    const [goes, stays] = [1, 2].map((seq) => `snapshot-000000000000000${seq}.txt`);
    // What a name that leads nowhere reads like is what a file reads like that has just gone.
    symlinkSync(join(folder, "nowhere"), join(snapshots, goes ?? ""));
    writeFileSync(join(snapshots, stays ?? ""), "x".repeat(200_000));
    const target = join(folder, "backup");
    await backUp(data, target);
    assert.deepEqual(readdirSync(join(target, "snapshots")), [stays]);
    assert.equal(statSync(join(target, "snapshots", stays ?? "")).size, 200_000);
  }));
