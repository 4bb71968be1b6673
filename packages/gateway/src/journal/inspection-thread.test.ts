import assert from "node:assert/strict";
import type { EventEmitter } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { noThread, standInThreads } from "../sys/spare-thread-fixture.ts";
import { databaseProblem, inspectJournal } from "./inspect.ts";
import { inspectInThread } from "./inspection-thread.ts";
import { assertRefused, closedJournal, inFolder } from "./journal-fixture.ts";
import { journalFiles } from "./journal-schema.ts";
import { OpenCheck } from "./open-check.ts";

/** Where the file's first page says how many pages are free. */
const FREE_PAGES_AT = 36;

/** Damage that only SQLite's own check finds: all events are where and what they were. */
function damageFreePages(folder: string): void {
  const { database } = journalFiles(folder);
  const bytes = readFileSync(database);
  bytes.writeUInt32BE(bytes.readUInt32BE(FREE_PAGES_AT) + 5, FREE_PAGES_AT);
  writeFileSync(database, bytes);
}

function openCheck({ isTaken }: { readonly isTaken: boolean }): OpenCheck {
  const memory = OpenCheck.memory();
  if (isTaken) assert.equal(new OpenCheck(memory).take(), true);
  return new OpenCheck(memory);
}

test("open check: of all that come to it one has it", () => {
  const memory = OpenCheck.memory();
  const takers = [new OpenCheck(memory), new OpenCheck(memory), new OpenCheck(memory)];
  assert.deepEqual(
    takers.map((each) => each.take()),
    [true, false, false],
  );
});

test("inspection beside a replay: finds what an inspection alone does", () =>
  inFolder(async (folder) => {
    closedJournal(folder, { desk: 400, venue: 3 });
    let wasCalled = false;
    const inspection = await inspectInThread(folder, () => {
      wasCalled = true;
    });
    assert.ok(wasCalled);
    assert.deepEqual(inspection, inspectJournal(folder));
    assert.equal(databaseProblem(folder), null);
  }));

test("inspection beside a replay: an absent journal is a fresh start", () =>
  inFolder(async (folder) => {
    const { eventCount } = await inspectInThread(folder, () => {});
    assert.equal(eventCount, 0);
  }));

test("inspection beside a replay: SQLite's own check is made by whoever takes it, and refuses", () =>
  inFolder(async (folder) => {
    closedJournal(folder, { desk: 400 });
    damageFreePages(folder);
    const bySeals = { bySeals: true };
    const inspect = (isTaken: boolean) => {
      return inspectJournal(folder, { ...bySeals, sound: openCheck({ isTaken }) });
    };
    assertRefused(folder, "JOURNAL_DAMAGED", () => inspectJournal(folder, bySeals));
    assertRefused(folder, "JOURNAL_DAMAGED", () => inspect(false));
    assert.equal(inspect(true).eventCount, 400, "it is the other's");
    assert.equal(
      inspectJournal(folder, { isShared: true }).eventCount,
      400,
      "a writer's log grows",
    );
    assert.equal(databaseProblem(folder)?.code, "JOURNAL_DAMAGED");
    await assert.rejects(
      inspectInThread(folder, () => {}),
      { code: "JOURNAL_DAMAGED" },
    );
  }));

test("SQLite's own check: a file that is none is a problem, one that is not there is none", () =>
  inFolder((folder) => {
    const { database } = journalFiles(folder);
    assert.equal(databaseProblem(folder), null);
    writeFileSync(database, "");
    assert.equal(databaseProblem(folder), null);
    writeFileSync(database, "no database".repeat(100));
    assert.equal(databaseProblem(folder)?.code, "JOURNAL_UNREADABLE");
  }));

test("inspection beside a replay: what the events say comes before what SQLite says", () =>
  inFolder(async (folder) => {
    closedJournal(folder, { desk: 400 });
    damageFreePages(folder);
    writeFileSync(journalFiles(folder).head, "no head");
    await assert.rejects(
      inspectInThread(folder, () => {}),
      { code: "JOURNAL_HEAD_UNREADABLE" },
    );
  }));

test("inspection beside a replay: where there is no thread, or none that speaks, it comes behind", (t) =>
  inFolder(async (folder) => {
    closedJournal(folder, { desk: 400 });
    const inspection = inspectJournal(folder);
    const ways = {
      "none is there": noThread,
      "it fails": (worker: EventEmitter) => queueMicrotask(() => worker.emit("error", new Error())),
      "it ends": (worker: EventEmitter) => queueMicrotask(() => worker.emit("exit", 1)),
    };
    for (const [way, begin] of Object.entries(ways)) {
      const threads = standInThreads(t, begin);
      let replayCount = 0;
      const found = await inspectInThread(folder, () => {
        replayCount += 1;
      });
      threads.end();
      assert.deepEqual([found, replayCount], [inspection, 1], way);
    }
  }));

test("inspection beside a replay: SQLite's own check is the caller's where the thread is slower", (t) =>
  inFolder(async (folder) => {
    closedJournal(folder, { desk: 400 });
    const inspection = inspectJournal(folder);
    damageFreePages(folder);
    standInThreads(t, (worker) => {
      queueMicrotask(() => worker.emit("message", { type: "inspected", inspection }));
    });
    await assert.rejects(
      inspectInThread(folder, () => {}),
      { code: "JOURNAL_DAMAGED" },
    );
  }));
