import assert from "node:assert/strict";
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import fc from "fast-check";
import { type BlockRow, sealOf } from "./event-block.ts";
import { inspectJournal, type JournalInspection, keepDamagedTail } from "./inspect.ts";
import type { JournalErrorCode } from "./journal.ts";
import { JournalError } from "./journal.ts";
import { cutJournal } from "./journal-cut.ts";
import {
  assertRefused,
  blockAt,
  bytesOf,
  CRASHED,
  closedJournal,
  copyJournal,
  crashedJournal,
  fill,
  inFolder,
  payloadAt,
  payloadsUpTo,
} from "./journal-fixture.ts";
import { JournalReader } from "./journal-reader.ts";
import { type JournalFiles, journalFiles } from "./journal-schema.ts";
import { SqliteJournal } from "./sqlite-journal.ts";

const FRAME_BYTES = 24 + 4096;

function refused(folder: string, code: JournalErrorCode, line?: RegExp): void {
  assertRefused(folder, code, () => inspectJournal(folder), line);
  // A start looks at the seals, and refuses the same.
  assertRefused(folder, code, () => inspectJournal(folder, { bySeals: true }), line);
}

/** Flips one bit of the text wherever the file holds it: old copies stay in unused space. */
function damageAt(file: string, text: string | Buffer): void {
  const bytes = readFileSync(file);
  const into = 5;
  let place = bytes.indexOf(text);
  assert.ok(place >= 0, "the text is in the file");
  for (; place >= 0; place = bytes.indexOf(text, place + 1)) {
    bytes.writeUInt8(bytes.readUInt8(place + into) ^ 0x01, place + into);
  }
  writeFileSync(file, bytes);
}

function alter(folder: string, sql: string): void {
  const database = new Database(journalFiles(folder).database);
  database.exec(sql);
  database.close();
}

function eventsOf(folder: string, partition: string): string[] {
  const reader = new JournalReader(folder);
  try {
    return [...reader.records(partition, 0)].map(({ payload }) => payload);
  } finally {
    reader.close();
  }
}

test("inspection: an absent directory and an empty one are a fresh start", () =>
  inFolder((folder) => {
    const nothing = { partitions: new Map(), eventCount: 0, damagedTail: null };
    assert.deepEqual(inspectJournal(join(folder, "absent")), nothing);
    assert.deepEqual(inspectJournal(folder), nothing);
  }));

test("inspection: a closed journal is whole and keeps every byte", () =>
  inFolder((folder) => {
    closedJournal(folder, { desk: 1_200, venue: 3 });
    const before = bytesOf(folder);
    const { partitions, eventCount, damagedTail } = inspectJournal(folder);
    assert.equal(eventCount, 1_203);
    assert.equal(damagedTail, null);
    const reader = new JournalReader(folder);
    assert.deepEqual(partitions.get("desk"), {
      lastSeq: 1_200,
      hash: reader.hashAt("desk", 1_200),
      archivedSeq: 0,
      epoch: 1,
    });
    assert.equal(partitions.get("venue")?.hash, reader.hashAt("venue", 3));
    reader.close();
    assert.deepEqual(bytesOf(folder), before);
  }));

test("inspection: after a crash the log counts, and keeps every byte", () =>
  inFolder((folder) => {
    const files = crashedJournal(folder);
    const before = bytesOf(files.folder);
    const { partitions, eventCount, damagedTail } = inspectJournal(files.folder);
    assert.equal(eventCount, CRASHED.last);
    assert.equal(partitions.get(CRASHED.partition)?.lastSeq, CRASHED.last);
    assert.equal(damagedTail, null);
    assert.deepEqual(bytesOf(files.folder), before);
  }));

test("inspection: a damaged payload is named, before and behind the head", () =>
  inFolder((folder) => {
    for (const seq of [CRASHED.checkpointed - 5, CRASHED.last]) {
      const files = crashedJournal(join(folder, String(seq)));
      alter(files.folder, "PRAGMA wal_checkpoint(TRUNCATE)");
      damageAt(files.database, payloadAt(CRASHED.partition, seq));
      refused(files.folder, "JOURNAL_DAMAGED", new RegExp(`"desk", seq ${seq};`));
    }
  }));

test("inspection: a damaged hash is named", () =>
  inFolder((folder) => {
    closedJournal(folder, { desk: 9 }, 1);
    const hash = inspectJournal(folder).partitions.get("desk")?.hash ?? "";
    damageAt(journalFiles(folder).database, Buffer.from(hash, "hex"));
    refused(folder, "JOURNAL_DAMAGED", /the chain of hashes breaks at partition "desk", seq 9;/);
  }));

test("inspection: rows that were changed, removed, moved or added are refused", () =>
  inFolder((folder) => {
    const at = (seq: number): string => `WHERE id = ${blockAt(1, seq)}`;
    const cases: readonly [sql: string, code: JournalErrorCode][] = [
      [`UPDATE blocks SET epoch = 2 ${at(5)}`, "JOURNAL_DAMAGED"],
      [`UPDATE blocks SET payloads = '{}' ${at(5)}`, "JOURNAL_DAMAGED"],
      [`UPDATE blocks SET hash = zeroblob(32) ${at(5)}`, "JOURNAL_DAMAGED"],
      [`UPDATE blocks SET seal = zeroblob(32) ${at(5)}`, "JOURNAL_DAMAGED"],
      [`UPDATE blocks SET seal = x'' ${at(5)}`, "JOURNAL_DAMAGED"],
      [`UPDATE blocks SET payloads = payloads || char(10) || '{}' ${at(5)}`, "JOURNAL_DAMAGED"],
      [`DELETE FROM blocks ${at(1)}`, "JOURNAL_DAMAGED"],
      [`DELETE FROM blocks ${at(5)}`, "JOURNAL_DAMAGED"],
      [`DELETE FROM blocks ${at(9)}`, "JOURNAL_BEHIND_HEAD"],
      ["DELETE FROM blocks", "JOURNAL_BEHIND_HEAD"],
      ["DELETE FROM blocks; DELETE FROM partitions", "JOURNAL_BEHIND_HEAD"],
      [`UPDATE blocks SET id = ${blockAt(7, 9)} ${at(9)}`, "JOURNAL_DAMAGED"],
      [`UPDATE blocks SET id = -id ${at(9)}`, "JOURNAL_DAMAGED"],
      [`UPDATE blocks SET id = 9223372036854775807 ${at(9)}`, "JOURNAL_DAMAGED"],
      [`UPDATE blocks SET id = 9 ${at(9)}`, "JOURNAL_DAMAGED"],
      ["UPDATE partitions SET name = 'disk'", "JOURNAL_DAMAGED"],
      ["UPDATE partitions SET id = 2", "JOURNAL_DAMAGED"],
      ["UPDATE partitions SET id = 8192", "JOURNAL_DAMAGED"],
      ["UPDATE partitions SET epoch = 0", "JOURNAL_DAMAGED"],
      ["INSERT INTO partitions VALUES ('x', 1, 1, NULL)", "JOURNAL_DAMAGED"],
      [`INSERT INTO blocks VALUES (${blockAt(1, 10)}, 1, x'00', x'00', '{}')`, "JOURNAL_DAMAGED"],
      ["DROP TABLE blocks", "JOURNAL_DAMAGED"],
      ["CREATE TABLE more (x)", "JOURNAL_DAMAGED"],
    ];
    for (const [index, [sql, code]] of cases.entries()) {
      const copy = join(folder, String(index));
      closedJournal(copy, { desk: 9 }, 1);
      alter(copy, sql);
      refused(copy, code);
    }
  }));

test("inspection: a partition's epoch is the head's, or that of one claim since", () =>
  inFolder((folder) => {
    const live = join(folder, "live");
    for (let starts = 1; starts <= 4; starts += 1) closedJournal(live, { desk: 9 }, 1);
    for (const epoch of [1, 3, 4, 5, 6, 2 ** 40]) {
      const copy = join(folder, String(epoch));
      copyJournal(live, copy);
      alter(copy, `UPDATE partitions SET epoch = ${epoch}`);
      const line = new RegExp(`"desk" has epoch ${epoch}, and the head says 4;`);
      if (epoch !== 4 && epoch !== 5) refused(copy, "JOURNAL_DAMAGED", line);
      else assert.equal(inspectJournal(copy, { bySeals: true }).eventCount, 9);
    }
  }));

test("inspection: a head that may be old is behind any number of claims, and before none", () =>
  inFolder((folder) => {
    for (let starts = 1; starts <= 4; starts += 1) closedJournal(folder, { desk: 9 }, 1);
    for (const options of [{ isShared: true }, { isHeadOld: true }]) {
      alter(folder, "UPDATE partitions SET epoch = 9");
      assert.equal(inspectJournal(folder, options).partitions.get("desk")?.epoch, 9);
      alter(folder, "UPDATE partitions SET epoch = 3");
      // No event has epoch 4: the head alone knows of it.
      assertRefused(
        folder,
        "JOURNAL_DAMAGED",
        () => inspectJournal(folder, options),
        /head says 4/,
      );
    }
  }));

test("inspection: a head or a place for the damaged tail that is no file is one line", () =>
  inFolder((folder) => {
    const files = crashedJournal(folder);
    damageAt(files.wal, payloadAt(CRASHED.partition, CRASHED.last));
    const inspection = inspectJournal(files.folder);
    writeFileSync(files.damaged, "");
    assertRefused(files.folder, "JOURNAL_UNREADABLE", () => {
      keepDamagedTail(files.folder, inspection);
    });
    rmSync(files.head);
    mkdirSync(files.head);
    const isLine = { code: "JOURNAL_UNREADABLE", file: files.head };
    assert.throws(() => inspectJournal(files.folder), isLine);
  }));

test("inspection: however often a partition is claimed, a crash leaves a head that knows", () =>
  inFolder((folder) => {
    const live = join(folder, "live");
    const journal = SqliteJournal.open(live);
    fill(journal, "desk", 3);
    for (let count = 0; count < 4; count += 1) {
      journal.claim("desk", "test");
      copyJournal(live, join(folder, `crashed-${count}`));
      assert.equal(inspectJournal(join(folder, `crashed-${count}`)).eventCount, 3);
    }
    journal.close();
  }));

test("inspection: events within a block cannot be changed, dropped, doubled or exchanged", () =>
  inFolder((folder) => {
    const whole = join(folder, "whole");
    closedJournal(whole, { desk: 40 });
    const reader = new Database(journalFiles(whole).database, { readonly: true });
    const first = reader.prepare<[], string>("SELECT payloads FROM blocks ORDER BY id").pluck();
    const lines = (first.get() ?? "").split("\n");
    reader.close();
    assert.ok(lines.length > 9 && lines.length < 40, `${lines.length} events`);
    const blocks: readonly (readonly string[])[] = [
      lines.with(4, "{}"),
      lines.slice(1),
      lines.slice(0, -1),
      lines.toSpliced(7, 0, lines[7] ?? ""),
      lines.with(7, lines[8] ?? "").with(8, lines[7] ?? ""),
      [],
    ];
    for (const [index, changed] of blocks.entries()) {
      const copy = join(folder, String(index));
      copyJournal(whole, copy);
      const text = changed.join("\n").replaceAll("'", "''");
      alter(copy, `UPDATE blocks SET payloads = '${text}' WHERE id = ${blockAt(1, lines.length)}`);
      const where = new RegExp(`partition "desk", seq 1( to ${lines.length})?;`);
      refused(copy, "JOURNAL_DAMAGED", where);
    }
  }));

test("inspection: who changes a block and gives it a seal that fits is found by its events", () =>
  inFolder((folder) => {
    closedJournal(folder, { desk: 9 }, 1);
    const database = new Database(journalFiles(folder).database);
    const [before, row] = database
      .prepare<[], BlockRow>(
        `SELECT id, epoch, lower(hex(hash)) AS hash, payloads FROM blocks
         WHERE id >= ${blockAt(1, 4)} ORDER BY id LIMIT 2`,
      )
      .all();
    assert.ok(before !== undefined && row !== undefined);
    const seal = sealOf("desk", before.hash, { ...row, payloads: "{}" });
    database
      .prepare("UPDATE blocks SET payloads = '{}', seal = unhex(?) WHERE id = ?")
      .run(seal, row.id);
    database.close();
    assert.equal(inspectJournal(folder, { bySeals: true }).eventCount, 9);
    const line = /the chain of hashes breaks at partition "desk", seq 5;/;
    assertRefused(folder, "JOURNAL_DAMAGED", () => inspectJournal(folder), line);
  }));

test("inspection: a history that was cut begins right behind its anchor", () =>
  inFolder((folder) => {
    const cut = join(folder, "cut");
    closedJournal(cut, { desk: 40 }, 10);
    const reader = new JournalReader(cut);
    const event = reader.sealed("desk", 15);
    reader.close();
    assert.ok(event !== null);
    cutJournal(cut, [{ partition: "desk", anchor: { ...event, seq: 15 } }], () => {});
    for (const seq of [1, 14, 16, 20, 21, 41]) {
      const copy = join(folder, String(seq));
      copyJournal(cut, copy);
      alter(copy, `UPDATE anchors SET seq = ${seq}`);
      const line = new RegExp(`the event is missing at partition "desk", seq ${seq + 1};`);
      refused(copy, "JOURNAL_DAMAGED", line);
    }
  }));

test("inspection: another history of the same length is not the one the head names", () =>
  inFolder((folder) => {
    closedJournal(folder, { desk: 9 });
    const head = readFileSync(journalFiles(folder).head);
    const other = join(folder, "other");
    const journal = SqliteJournal.open(other);
    journal.claim("desk", "test");
    fill(journal, "desk", 9); // The second claim: the same payloads under another epoch.
    journal.close();
    writeFileSync(journalFiles(other).head, head);
    refused(other, "JOURNAL_DAMAGED", /not the one the head names at partition "desk", seq 9/);
  }));

test("inspection: a newer format is refused", () =>
  inFolder((folder) => {
    closedJournal(folder, { desk: 3 });
    alter(folder, "PRAGMA user_version = 6");
    refused(folder, "JOURNAL_NEWER_FORMAT", /format 6; this version reads 5/);
  }));

test("inspection: an older format is refused", () =>
  inFolder((folder) => {
    closedJournal(folder, { desk: 3 });
    alter(folder, "PRAGMA user_version = 4");
    refused(folder, "JOURNAL_OLDER_FORMAT", /format 4; this version reads 5/);
  }));

test("inspection: what is not our database is refused", () =>
  inFolder((folder) => {
    const { database } = journalFiles(folder);
    writeFileSync(database, "no database, but long enough to be looked at\n".repeat(200));
    refused(folder, "JOURNAL_UNREADABLE", /SQLITE_NOTADB/);
    rmSync(database);
    alter(folder, "CREATE TABLE theirs (x)");
    refused(folder, "JOURNAL_UNREADABLE", /not a journal of Countermand/);
    rmSync(database);
    mkdirSync(database);
    assert.throws(() => inspectJournal(folder), /journal\.db: cannot be used \(EISDIR\)/);
  }));

test("inspection: a lost or emptied database beside a head or a log is refused", () =>
  inFolder((folder) => {
    const files = crashedJournal(folder);
    truncateSync(files.database, 0);
    refused(files.folder, "JOURNAL_BEHIND_HEAD", /is empty/);
    rmSync(files.database);
    refused(files.folder, "JOURNAL_BEHIND_HEAD", /is missing/);
    rmSync(files.head);
    refused(files.folder, "JOURNAL_DAMAGED", /its write-ahead log is not/);
    rmSync(files.wal);
    writeFileSync(files.database, "");
    refused(files.folder, "JOURNAL_DAMAGED", /is empty/);
  }));

test("inspection: a database cut short is refused", () =>
  inFolder((folder) => {
    closedJournal(folder, { desk: 200 });
    const { database } = journalFiles(folder);
    const pages = statSync(database).size / 4096;
    for (let page = pages - 1; page > 0; page -= 1) {
      truncateSync(database, page * 4096 - (page % 2) * 100);
      assert.throws(() => inspectJournal(folder), JournalError, `cut to ${page} pages`);
    }
  }));

test("inspection: events without a readable head are refused", () =>
  inFolder((folder) => {
    closedJournal(folder, { desk: 3 });
    const { head } = journalFiles(folder);
    const whole = readFileSync(head);
    for (let length = 0; length < whole.length; length += 1) {
      writeFileSync(head, whole.subarray(0, length));
      refused(folder, "JOURNAL_HEAD_UNREADABLE");
    }
    rmSync(head);
    refused(folder, "JOURNAL_HEAD_UNREADABLE", /is missing, but the journal has 3 events/);
  }));

test("inspection: a journal without events needs no head", () =>
  inFolder((folder) => {
    closedJournal(folder, {});
    rmSync(journalFiles(folder).head);
    assert.equal(inspectJournal(folder).eventCount, 0);
  }));

test("log cut at any place: a prefix that reaches the head, or a refusal", () =>
  inFolder((folder) => {
    const files = crashedJournal(folder);
    const wal = readFileSync(files.wal);
    const step = 1153; // Prime to the frame's length: falls into every part of a frame.
    for (let length = 0; length < wal.length; length += step) {
      const copy = journalFiles(join(folder, "copy"));
      copyJournal(files.folder, copy.folder);
      writeFileSync(copy.wal, wal.subarray(0, length));
      const inspection = inspectionOrNull(copy.folder, "JOURNAL_BEHIND_HEAD");
      if (inspection !== null) {
        assertPrefix(copy.folder, inspection);
        const cutAtFrame = (length - 32) % FRAME_BYTES === 0;
        assert.equal(inspection.damagedTail !== null, !cutAtFrame, `cut at ${length}`);
      }
      rmSync(copy.folder, { recursive: true });
    }
  }));

test("log cut between commits: only the head can tell, and does", () =>
  inFolder((folder) => {
    const files = crashedJournal(folder);
    writeFileSync(files.wal, "");
    refused(files.folder, "JOURNAL_BEHIND_HEAD", /"desk" ends at seq 20, the head is 30/);
  }));

test("flipped bit anywhere: nothing up to the head changes, nothing behind it goes silently", () =>
  inFolder((folder) => {
    const files = crashedJournal(folder);
    const copy = journalFiles(join(folder, "copy"));
    copyJournal(files.folder, copy.folder);
    const target = fc.record({
      file: fc.constantFrom<"database" | "wal" | "head">("database", "wal", "wal", "head"),
      place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      bit: fc.nat(7),
    });
    fc.assert(
      fc.property(target, ({ file, place, bit }) => {
        for (const kind of ["database", "wal", "head"] as const) {
          copyFileSync(files[kind], copy[kind]);
        }
        flipBit(copy[file], place, bit);
        const before = bytesOf(copy.folder);
        const inspection = inspectionOrNull(copy.folder);
        assert.deepEqual(bytesOf(copy.folder), before);
        if (inspection === null) return;
        const lastSeq = assertPrefix(copy.folder, inspection);
        assert.ok(lastSeq === CRASHED.last || inspection.damagedTail !== null, "loss is reported");
      }),
      { numRuns: 150 },
    );
  }));

test("flipped bit in any byte of a frame's header or of the log's: reported or refused", () =>
  inFolder((folder) => {
    const files = crashedJournal(folder);
    const wal = readFileSync(files.wal);
    const lastFrame = wal.length - FRAME_BYTES;
    for (const start of [0, 32, lastFrame]) {
      for (let at = start; at < start + 32; at += 1) {
        const damaged = Buffer.from(wal);
        damaged.writeUInt8(damaged.readUInt8(at) ^ 0x01, at);
        writeFileSync(files.wal, damaged);
        const inspection = inspectionOrNull(files.folder);
        const reported = inspection === null || inspection.damagedTail !== null;
        assert.ok(reported, `byte ${at}`);
      }
    }
  }));

test("damaged tail: counted, kept aside, and then the journal goes on", () =>
  inFolder((folder) => {
    const files = crashedJournal(folder);
    const wal = readFileSync(files.wal);
    const behindHead = CRASHED.last - 3;
    damageAt(files.wal, payloadAt(CRASHED.partition, behindHead));
    const inspection = inspectJournal(files.folder);
    const { damagedTail } = inspection;
    assert.ok(damagedTail !== null);
    // A writer's next bytes look like one.
    assert.equal(inspectJournal(files.folder, { isShared: true }).damagedTail, null);
    assert.equal(inspection.partitions.get(CRASHED.partition)?.lastSeq, behindHead - 1);
    assert.equal(damagedTail.offset + damagedTail.bytes, wal.length);
    assert.equal(damagedTail.frames, damagedTail.bytes / FRAME_BYTES);
    assert.equal(damagedTail.commits, 4);
    const damagedWal = readFileSync(files.wal);
    const kept = keepDamagedTail(files.folder, inspection);
    assert.ok(kept !== null);
    assert.equal(keepDamagedTail(files.folder, inspection), kept);
    assert.deepEqual(readFileSync(kept), damagedWal.subarray(damagedTail.offset));
    const journal = SqliteJournal.open(files.folder);
    assert.equal(statSync(files.wal).size, 0, "the damaged tail is gone from the log");
    fill(journal, CRASHED.partition, CRASHED.last);
    journal.close();
    assert.equal(inspectJournal(files.folder).eventCount, CRASHED.last);
  }));

test("damaged tail: one that a killed cut leaves may be larger than memory, and is copied in pieces", (t) =>
  inFolder((folder) => {
    const files = crashedJournal(folder);
    damageAt(files.wal, payloadAt(CRASHED.partition, CRASHED.last - 3));
    const bytes = readFileSync(files.wal);
    const inspection = inspectJournal(files.folder);
    t.mock.method(Buffer, "concat", () => assert.fail("the tail is in memory as a whole"));
    const kept = keepDamagedTail(files.folder, inspection);
    t.mock.restoreAll();
    assert.ok(kept !== null && inspection.damagedTail !== null);
    assert.deepEqual(readFileSync(kept), bytes.subarray(inspection.damagedTail.offset));
  }));

test("damaged tail: nothing to keep where there is none", () =>
  inFolder((folder) => {
    closedJournal(folder, { desk: 1 });
    assert.equal(keepDamagedTail(folder, inspectJournal(folder)), null);
  }));

test("log that was started over: frames of earlier generations are no damage", () =>
  inFolder((folder) => {
    const live = join(folder, "live");
    const journal = SqliteJournal.open(live);
    fill(journal, "desk", 24_000, 8_000);
    assert.equal(journal.checkpointDue, true);
    journal.checkpoint();
    assert.equal(journal.checkpointDue, false);
    for (const lastSeq of [24_100, 24_200]) {
      fill(journal, "desk", lastSeq, 100);
      const copy = join(folder, String(lastSeq));
      copyJournal(live, copy);
      assert.ok(statSync(journalFiles(copy).wal).size > 1_000 * FRAME_BYTES, "old frames remain");
      const { eventCount, damagedTail } = inspectJournal(copy);
      assert.equal(eventCount, lastSeq);
      assert.equal(damagedTail, null);
    }
    journal.close();
  }));

/** The inspection, or null if the journal was refused (with this code, where one is given). */
function inspectionOrNull(folder: string, code?: JournalErrorCode): JournalInspection | null {
  try {
    const inspection = inspectJournal(folder);
    assert.deepEqual(inspectJournal(folder, { bySeals: true }), inspection);
    return inspection;
  } catch (error) {
    assert.ok(error instanceof JournalError, `a JournalError, not ${error}`);
    if (code !== undefined) assert.equal(error.code, code, error.message);
    assert.throws(() => inspectJournal(folder, { bySeals: true }), { code: error.code });
    return null;
  }
}

/** What was accepted is a true prefix that reaches the head. */
function assertPrefix(folder: string, inspection: JournalInspection): number {
  const lastSeq = inspection.partitions.get(CRASHED.partition)?.lastSeq ?? 0;
  assert.ok(lastSeq >= CRASHED.head, "an accepted journal reaches the head");
  assert.deepEqual(eventsOf(folder, CRASHED.partition), payloadsUpTo(CRASHED.partition, lastSeq));
  return lastSeq;
}

function flipBit(file: JournalFiles["wal"], place: number, bit: number): void {
  const bytes = readFileSync(file);
  const at = Math.floor(place * bytes.length);
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
  writeFileSync(file, bytes);
}

test("damaged tail: what an earlier generation left behind it is not kept", () =>
  inFolder((folder) => {
    const live = join(folder, "live");
    const journal = SqliteJournal.open(live);
    fill(journal, "desk", 24_000, 8_000);
    journal.checkpoint();
    fill(journal, "desk", 24_003);
    const copy = join(folder, "copy");
    copyJournal(live, copy);
    journal.close();
    const files = journalFiles(copy);
    damageAt(files.wal, payloadAt("desk", 24_003));
    const inspection = inspectJournal(copy);
    const { damagedTail } = inspection;
    const kept = keepDamagedTail(copy, inspection);
    assert.ok(damagedTail !== null && kept !== null);
    const { offset, bytes } = damagedTail;
    const wal = readFileSync(files.wal);
    assert.ok(offset + bytes < wal.length, "something is left behind it");
    assert.deepEqual(readFileSync(kept), wal.subarray(offset, offset + bytes));
  }));
