import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { noThread, standInThreads } from "../sys/spare-thread-fixture.ts";
import { readPartitions, verifyChains, type WalkOptions } from "./chain-walk.ts";
import { readHead } from "./head-file.ts";
import { JournalError } from "./journal.ts";
import { blockAt, closedJournal, copyJournal, inFolder } from "./journal-fixture.ts";
import { ANCHOR_TABLE, journalFiles } from "./journal-schema.ts";
import { type SecondWalkStart, type SecondWord, verifyOnTwoThreads } from "./second-walk.ts";

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

/**
 * In the place of second threads: they say a word, or none, and nobody waits for that. Null: the
 * system has no thread to give.
 */
function secondThreads(t: TestContext, word: SecondWord | "none" | null) {
  /** The last blocks for the first thread. */
  const begun: SecondWalkStart["after"][] = [];
  const threads = standInThreads(t, (_worker, data) => {
    const { after, port, done } = data as SecondWalkStart;
    begun.push(after);
    if (word === null) noThread();
    if (word !== "none") port.postMessage(word);
    Atomics.store(done, 0, 1);
  });
  return { begun, threads };
}

function walked(folder: string, options: WalkOptions, hashesMin = 1): number {
  const files = journalFiles(folder);
  const database = new Database(files.database);
  try {
    const chains = readPartitions(database, files);
    const head = readHead(files.head) ?? new Map();
    return verifyOnTwoThreads(database, chains, head, files, options, hashesMin);
  } finally {
    database.close();
  }
}

test("second walk: there is one from so many hashes on, of events or of blocks", (t) =>
  inFolder((folder) => {
    closedJournal(join(folder, "long"), { desk: 400 }, 10);
    closedJournal(join(folder, "block"), { desk: 10 }, 10);
    const { begun } = secondThreads(t, { type: "lost" });
    const cases = [
      ["long", {}, 400, 1],
      ["long", {}, 401, 0],
      ["long", { isShared: true }, 1, 0],
      // Of forty blocks, as those behind the middle tell.
      ["long", { bySeals: true }, 40, 1],
      ["long", { bySeals: true }, 41, 0],
      // Behind the only block there is nothing to tell: as many as events.
      ["block", { bySeals: true }, 10, 1],
      ["block", { bySeals: true }, 11, 0],
    ] as const;
    for (const [name, options, hashesMin, threadCount] of cases) {
      const count = walked(join(folder, name), options, hashesMin);
      assert.equal(count, name === "long" ? 400 : 10);
      const what = `${name} ${JSON.stringify(options)} ${hashesMin}`;
      assert.equal(begun.splice(0).length, threadCount, what);
    }
  }));

test("second walk: begins behind somewhat less than half of the events", (t) =>
  inFolder((folder) => {
    const shapes = [
      [{ desk: 20, venue: 20 }, 1, { partition: 1, seq: 18 }],
      [{ venue: 9, desk: 11 }, 1, { partition: 1, seq: 9 }],
      [{ venue: 8, desk: 12 }, 1, { partition: 2, seq: 1 }],
      // Blocks are not divided.
      [{ desk: 3, venue: 97 }, 10, { partition: 2, seq: 50 }],
    ] as const;
    const { begun } = secondThreads(t, { type: "lost" });
    for (const [index, [shape, perCommit, after]] of shapes.entries()) {
      const made = join(folder, String(index));
      closedJournal(made, shape, perCommit);
      walked(made, {});
      assert.deepEqual(begun.splice(0), [after]);
    }
    // A history that was cut begins behind its anchor.
    const cut = join(folder, "0");
    const database = new Database(journalFiles(cut).database);
    database.exec(
      `${ANCHOR_TABLE};
       INSERT INTO anchors (partition, seq, epoch, hash)
         SELECT 1, 10, epoch, hash FROM blocks WHERE id = ${blockAt(1, 10)};
       DELETE FROM blocks WHERE id <= ${blockAt(1, 10)}`,
    );
    database.close();
    assert.equal(walked(cut, {}), 30);
    assert.deepEqual(begun, [{ partition: 2, seq: 4 }]);
  }));

test("second walk: where it finds nothing, or there is no thread for it, the first goes on", (t) =>
  inFolder((folder) => {
    closedJournal(folder, { desk: 20, venue: 20 }, 1);
    const alone = found(folder, 1, false);
    const ways = [
      [{ type: "lost" }, 0],
      ["none", 1],
      [null, 0],
    ] as const;
    for (const [word, endedCount] of ways) {
      const { begun, threads } = secondThreads(t, word);
      assert.deepEqual(found(folder, 2, false), alone);
      assert.deepEqual([begun.length, threads.endedCount], [1, endedCount], String(word));
      threads.end();
    }
  }));

test("second walk: is given up where the first thread finds damage", (t) =>
  inFolder((folder) => {
    closedJournal(folder, { desk: 20 }, 1);
    const { begun, threads } = secondThreads(t, "none");
    const damage = `UPDATE blocks SET payloads = '{}' WHERE id = ${blockAt(1, 2)}`;
    assert.match(String(found(folder, 2, false, damage)), /seq 2/);
    assert.deepEqual([begun.length, threads.endedCount], [1, 1]);
  }));

test("second walk: in the end all events of both halves were verified", () =>
  inFolder((folder) => {
    closedJournal(folder, { desk: 30 }, 1);
    const progress: number[][] = [];
    walked(folder, { onProgress: (...counts) => void progress.push(counts) });
    assert.deepEqual(progress, [[30, 30]], "neither half has a page");
  }));
