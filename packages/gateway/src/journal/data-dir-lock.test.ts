import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { isDataDirUsed, lockDataDir } from "./data-dir-lock.ts";
import { JournalError } from "./journal.ts";
import { assertRefused, closedJournal, inFolder } from "./journal-fixture.ts";
import { journalFiles } from "./journal-schema.ts";
import { ThreadedJournal } from "./threaded-journal.ts";

const LOCK_MODULE = new URL("./data-dir-lock.ts", import.meta.url).href;

/** A process of its own that holds the lock until it is killed. */
async function holdInChild(folder: string): Promise<ChildProcess> {
  const script = `import { lockDataDir } from ${JSON.stringify(LOCK_MODULE)};
    lockDataDir(process.argv[1]);
    // A turn later nobody refers to the lock any more, and still it holds.
    setImmediate(() => {
      globalThis.gc();
      setImmediate(() => process.stdout.write("held"));
    });
    setInterval(() => {}, 1_000);`;
  const parameters = ["--expose-gc", "--input-type=module", "-e", script, folder];
  const child = spawn(process.execPath, parameters, { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

test("lock: another process is refused, and the system lets go of a killed one", () =>
  inFolder(async (folder) => {
    closedJournal(folder, { desk: 3 });
    const child = await holdInChild(folder);
    try {
      assertRefused(folder, "JOURNAL_IN_USE", () => lockDataDir(folder), /another process uses it/);
      await assert.rejects(ThreadedJournal.open(folder), /JOURNAL_IN_USE/);
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    lockDataDir(folder).release();
  }));

test("lock: held once in this process too, until it is released", () =>
  inFolder((folder) => {
    const lock = lockDataDir(join(folder, "made", "on", "the", "way"));
    assert.throws(() => lockDataDir(join(folder, "made", "on", "the", "way")), JournalError);
    lock.release();
    lock.release();
    lockDataDir(join(folder, "made", "on", "the", "way")).release();
  }));

test("lock: who only asks whether it is used keeps no start from it", () =>
  inFolder((folder) => {
    lockDataDir(folder).release();
    // As isDataDirUsed holds it, in the middle of its question.
    const asker = new Database(journalFiles(folder).lock, { readonly: true });
    asker.exec("BEGIN");
    asker.prepare("SELECT count(*) FROM sqlite_schema").get();
    const pauses: number[] = [];
    const pause = (ms: number) => {
      if (pauses.push(ms) === 3) asker.close();
    };
    lockDataDir(folder, pause).release();
    assert.deepEqual(pauses, [20, 20, 20]);
    assert.ok(!isDataDirUsed(folder));
  }));

test("lock: one that stays taken is told after some tries", () =>
  inFolder((folder) => {
    const lock = lockDataDir(folder);
    const pauses: number[] = [];
    const again = () => lockDataDir(folder, (ms) => void pauses.push(ms));
    assert.throws(again, /another process uses it/);
    assert.deepEqual(pauses, Array(9).fill(20));
    assert.ok(isDataDirUsed(folder));
    lock.release();
  }));

test("lock: a path that is no folder is refused in one line", () =>
  inFolder((folder) => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const said = /cannot be used \(ENOTDIR\); .* \(JOURNAL_UNREADABLE\)$/;
    assert.throws(() => lockDataDir(file), said);
  }));
