import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { hasArchivedOrders, orderStories } from "../audit/order-story.ts";
import { lockDataDir } from "./data-dir-lock.ts";
import { cutJournal } from "./journal-cut.ts";
import {
  blockAt,
  closedJournal,
  copyJournal,
  fill,
  inFolder,
  payloadsUpTo,
} from "./journal-fixture.ts";
import { JournalReader } from "./journal-reader.ts";
import { SqliteJournal } from "./sqlite-journal.ts";
import { verifyJournal } from "./verify.ts";

test("verify: a whole journal, its ends and its progress; nothing is changed", async () => {
  await inFolder((folder) => {
    closedJournal(folder, { desk: 1_200, exchange: 3 });
    const before = contentOf(folder);
    const progress: [number, number][] = [];
    const verdict = verifyJournal(folder, {
      onProgress: (...counts) => void progress.push(counts),
    });
    assert.deepEqual([verdict.problem, verdict.isInUse, verdict.eventCount], [null, false, 1_203]);
    assert.deepEqual(
      verdict.partitions.map(({ partition, lastSeq }) => [partition, lastSeq]),
      [
        ["desk", 1_200],
        ["exchange", 3],
      ],
    );
    assert.deepEqual(progress.at(-1), [1_203, 1_203]);
    assert.deepEqual(contentOf(folder), before);
  });
});

test("verify: leaves nothing beside a copy, nor do those who read on", async () => {
  await inFolder((folder) => {
    closedJournal(folder, { desk: 30, exchange: 3 });
    const { mtimeNs } = statSync(join(folder, "journal.db"), { bigint: true });
    const before = readdirSync(folder);
    assert.equal(verifyJournal(folder).problem, null);
    assert.deepEqual(readdirSync(folder), before);
    assert.ok(!hasArchivedOrders(folder));
    assert.deepEqual([...orderStories(folder, { orderId: "none" })], []);
    assert.deepEqual(readdirSync(folder), before);
    // Nor is the database written to.
    assert.equal(statSync(join(folder, "journal.db"), { bigint: true }).mtimeNs, mtimeNs);
  });
});

test("verify: takes nothing from a gateway that starts meanwhile, nor from a killed one", async () => {
  await inFolder((folder) => {
    closedJournal(folder, { desk: 600 });
    let journal: SqliteJournal | null = null;
    verifyJournal(folder, {
      onProgress: () => {
        if (journal !== null) return;
        journal = SqliteJournal.open(folder);
        fill(journal, "desk", 601);
      },
    });
    const log = readFileSync(join(folder, "journal.db-wal"));
    assert.ok(log.length > 0);
    // As it stays behind when nobody closes it.
    const copy = join(folder, "copy");
    copyJournal(folder, copy);
    assert.equal(verifyJournal(copy).eventCount, 601);
    assert.deepEqual(readFileSync(join(copy, "journal.db-wal")), log);
    (journal as SqliteJournal | null)?.close();
  });
});

test("verify: the first broken place is named", async () => {
  await inFolder((folder) => {
    closedJournal(folder, { desk: 30 }, 1);
    const database = new Database(join(folder, "journal.db"));
    const keys = [17, 20].map((seq) => blockAt(1, seq)).join(", ");
    database.exec(`UPDATE blocks SET payloads = payloads || ' ' WHERE id IN (${keys})`);
    database.close();
    const { problem } = verifyJournal(folder);
    assert.equal(problem?.code, "JOURNAL_DAMAGED");
    assert.match(problem?.what ?? "", /chain of hashes breaks at partition "desk", seq 17$/);
  });
});

test("verify: beside a writer, what was there when it began", async () => {
  await inFolder((folder) => {
    const lock = lockDataDir(folder);
    const journal = SqliteJournal.open(folder);
    fill(journal, "desk", 700, 100);
    fill(journal, "exchange", 700, 100);
    const { epoch } = journal.claim("desk", "test");
    let expectedSeq = 700;
    const writeOn = () => {
      // More keeps coming in the partition that is being followed, and in the one to come.
      const payloads = payloadsUpTo("desk", expectedSeq + 300).slice(expectedSeq);
      journal.append([[{ partition: "desk", epoch, expectedSeq, payloads }]]);
      expectedSeq += 300;
    };
    const verdict = verifyJournal(folder, { onProgress: writeOn });
    assert.deepEqual([verdict.problem, verdict.isInUse, verdict.eventCount], [null, true, 1_400]);
    assert.deepEqual(
      verdict.partitions.map(({ lastSeq }) => lastSeq),
      [700, 700],
    );
    journal.close();
    lock.release();
    assert.equal(verifyJournal(folder).eventCount, expectedSeq + 700);
  });
});

test("verify: beside a start, which claims the partitions and writes on", async () => {
  await inFolder((folder) => {
    closedJournal(folder, { desk: 150, exchange: 150 }, 1);
    const lock = lockDataDir(folder);
    lock.release();
    const begun: { close(): void }[] = [];
    const verdict = verifyJournal(folder, {
      onProgress: () => {
        if (begun.length > 0) return;
        begun.push({ close: lockDataDir(folder).release });
        const journal = SqliteJournal.open(folder);
        begun.push(journal);
        fill(journal, "desk", 160);
        fill(journal, "exchange", 160);
      },
    });
    assert.deepEqual([verdict.problem, verdict.isInUse, verdict.eventCount], [null, true, 320]);
    for (const each of begun.reverse()) each.close();
  });
});

test("verify: beside an archiving, which takes events away meanwhile", async () => {
  await inFolder((folder) => {
    const lock = lockDataDir(folder);
    closedJournal(folder, { desk: 150, exchange: 150 }, 1);
    let isCut = false;
    const archive = () => {
      if (isCut) return;
      isCut = true;
      const reader = new JournalReader(folder);
      const last = reader.sealed("exchange", 120);
      reader.close();
      assert.ok(last !== null);
      const anchor = { seq: 120, epoch: last.epoch, hash: last.hash };
      cutJournal(folder, [{ partition: "exchange", anchor }], () => {});
    };
    const verdict = verifyJournal(folder, { onProgress: archive });
    assert.ok(isCut);
    assert.deepEqual([verdict.problem, verdict.isInUse, verdict.eventCount], [null, true, 180]);
    lock.release();
  });
});

function contentOf(folder: string): string[][] {
  const names = readdirSync(folder).filter((name) => statSync(join(folder, name)).isFile());
  return names.map((name) => [name, readFileSync(join(folder, name)).toString("base64")]);
}
