import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { readPartitions, verifyChains } from "./chain-walk.ts";
import { readHead } from "./head-file.ts";
import { JournalError } from "./journal.ts";
import { blockAt, closedJournal, copyJournal, inFolder } from "./journal-fixture.ts";
import { ANCHOR_TABLE, journalFiles } from "./journal-schema.ts";
import { verifyOnTwoThreads } from "./second-walk.ts";

/** What a walk finds: the count and where the partitions end, or the line it refuses with. */
function found(folder: string, threads: 1 | 2, bySeals: boolean, alteration = ""): unknown {
  const files = journalFiles(folder);
  const database = new Database(files.database);
  if (alteration !== "") database.exec(alteration);
  try {
    const chains = readPartitions(database, files);
    const head = readHead(files.head) ?? new Map();
    const count =
      threads === 1
        ? verifyChains(database, chains, head, files, { bySeals })
        : verifyOnTwoThreads(database, chains, head, files, { bySeals }, 1);
    return [count, [...chains.values()].map(({ name, last }) => [name, last])];
  } catch (error) {
    assert.ok(error instanceof JournalError, `a JournalError, not ${error}`);
    return error.message.replaceAll(folder, "");
  } finally {
    database.close();
  }
}

test("second walk: two threads find what one finds, wherever the halves meet", () =>
  inFolder((folder) => {
    const shapes = [{ desk: 1 }, { desk: 2 }, { desk: 700, venue: 3 }, { desk: 3, venue: 700 }];
    for (const [index, shape] of shapes.entries()) {
      const made = join(folder, String(index));
      closedJournal(made, shape);
      const alone = found(made, 1, false);
      assert.ok(Array.isArray(alone), String(alone));
      assert.deepEqual(found(made, 2, false), alone);
      assert.deepEqual(found(made, 1, true), alone);
      assert.deepEqual(found(made, 2, true), alone);
    }
  }));

test("second walk: damage is refused with the line of one walk, in either half and between", () =>
  inFolder((folder) => {
    const whole = join(folder, "whole");
    closedJournal(whole, { desk: 20, venue: 20 }, 1);
    // The first thread goes through to the last row of the desk.
    const alterations = [2, 20].flatMap((seq) => [
      `UPDATE blocks SET payloads = '{}' WHERE id = ${blockAt(1, seq)}`,
      `UPDATE blocks SET hash = zeroblob(32) WHERE id = ${blockAt(1, seq)}`,
      `UPDATE blocks SET seal = zeroblob(32) WHERE id = ${blockAt(1, seq)}`,
      `UPDATE blocks SET epoch = 9 WHERE id = ${blockAt(2, seq)}`,
      `DELETE FROM blocks WHERE id = ${blockAt(1, seq)}`,
      `UPDATE blocks SET payloads = '{}' WHERE id = ${blockAt(2, seq)}`,
      `DELETE FROM blocks WHERE id = ${blockAt(2, seq)}`,
    ]);
    alterations.push(`UPDATE blocks SET id = -9 WHERE id = ${blockAt(1, 20)}`);
    alterations.push(`UPDATE blocks SET id = ${blockAt(9, 20)} WHERE id = ${blockAt(2, 20)}`);
    // A history that was cut begins behind its anchor.
    alterations.push(
      `${ANCHOR_TABLE};
       INSERT INTO anchors (partition, seq, epoch, hash)
         SELECT 1, 12, epoch, hash FROM blocks WHERE id = ${blockAt(1, 12)};
       DELETE FROM blocks WHERE id <= ${blockAt(1, 12)}`,
    );
    let refusedCount = 0;
    for (const [index, alteration] of alterations.entries()) {
      const copy = join(folder, String(index));
      copyJournal(whole, copy);
      const one = found(copy, 1, false, alteration);
      assert.deepEqual(found(copy, 1, true), one, alteration);
      // Of each kind there is one in either half: there once by rows and once by seals.
      assert.deepEqual(found(copy, 2, index % 2 === 1), one, alteration);
      if (typeof one === "string") refusedCount += 1;
    }
    // The cut is none, and a lost end is seen by the head alone, behind the walk.
    assert.equal(refusedCount, alterations.length - 3);
  }));
