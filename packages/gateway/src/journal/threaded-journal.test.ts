import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  open,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { lockDataDir } from "./data-dir-lock.ts";
import { readHead } from "./head-file.ts";
import { inspectJournal } from "./inspect.ts";
import { JournalError } from "./journal.ts";
import {
  assertRefused,
  CRASHED,
  closedJournal,
  crashedJournal,
  inFolder,
} from "./journal-fixture.ts";
import { journalFiles } from "./journal-schema.ts";
import { ThreadedJournal, type ThreadedJournalOptions } from "./threaded-journal.ts";

function failsWith(code: JournalError["code"]): (error: unknown) => boolean {
  return (error) => error instanceof JournalError && error.code === code;
}

/** A journal that is closed behind the test, also where the test fails. */
async function openIn(
  context: TestContext,
  folder: string,
  options: ThreadedJournalOptions = {},
): Promise<ThreadedJournal> {
  const journal = await ThreadedJournal.open(folder, options);
  // What close() rejects with is the subject of the tests that expect it.
  context.after(() => journal.close().catch(() => {}));
  return journal;
}

/** Well above what the head may be behind. */
const HEAD_MS = 100;
/** How many threads Node does files with. */
const { UV_THREADPOOL_SIZE: POOL_THREADS = "4" } = process.env;

/** All of them wait for somebody to write into a pipe: no file is done without waiting. */
class OccupiedPool {
  readonly #pipes: readonly string[];
  #isFree = false;

  private constructor(pipes: readonly string[]) {
    this.#pipes = pipes;
  }

  static take(folder: string): OccupiedPool {
    const pipes = Array.from({ length: Number(POOL_THREADS) }, (_, n) => join(folder, `pipe-${n}`));
    execFileSync("mkfifo", pipes);
    for (const pipe of pipes) open(pipe, "r", (_, descriptor) => closeSync(descriptor));
    return new OccupiedPool(pipes);
  }

  free(): void {
    if (this.#isFree) return;
    this.#isFree = true;
    for (const pipe of this.#pipes) closeSync(openSync(pipe, "w"));
  }
}

test("settle: a flushed append resolves before the event loop gets on", async (t) => {
  await inFolder(async (folder) => {
    const journal = await openIn(t, folder);
    const { epoch } = await journal.claim("desk", "me");
    let outcome = "";
    const append = journal.append([{ partition: "desk", epoch, expectedSeq: 0, payloads: ["1"] }]);
    void append.then((each) => {
      outcome = each;
    });
    // No message arrives here: promises alone go on.
    const untilMs = performance.now() + 20_000;
    while (outcome === "" && performance.now() < untilMs) {
      journal.settle();
      await Promise.resolve();
    }
    assert.equal(outcome, "committed");
    assert.equal((await journal.read("desk", 0, 10)).length, 1, "its message is no surprise");
    await journal.close();
  });
});

test("open: a refused journal is left as it was, and the directory is free again", () =>
  inFolder(async (folder) => {
    closedJournal(folder, { desk: 3 });
    const { head } = journalFiles(folder);
    writeFileSync(head, readFileSync(head).subarray(1));
    const error = await ThreadedJournal.open(folder).catch((reason: unknown) => reason);
    assertRefused(folder, "JOURNAL_HEAD_UNREADABLE", () => {
      throw error;
    });
    lockDataDir(folder).release();
  }));

test("open: a head that cannot be written is one line, and the directory is free again", () =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, "head.tmp"));
    const opening = ThreadedJournal.open(folder);
    await assert.rejects(opening, /cannot be used \(EISDIR\); .* \(JOURNAL_UNREADABLE\)$/);
    lockDataDir(folder).release();
  }));

test("open: a damaged tail is kept aside and reported, and the journal goes on", (context) =>
  inFolder(async (folder) => {
    const files = crashedJournal(folder);
    writeFileSync(files.wal, readFileSync(files.wal).subarray(0, -1));
    const journal = await openIn(context, files.folder);
    assert.equal(journal.inspection.damagedTail?.frames, 1);
    assert.ok(journal.keptTail !== null && existsSync(journal.keptTail));
    const { epoch, lastSeq } = await journal.claim(CRASHED.partition, "me");
    assert.equal(lastSeq, CRASHED.last - 1);
    const append = { partition: CRASHED.partition, epoch, expectedSeq: lastSeq, payloads: ["on"] };
    assert.equal(await journal.append([append]), "committed");
    await journal.close();
  }));

test("open: the caller may hold the lock, and keeps it", (context) =>
  inFolder(async (folder) => {
    const lock = lockDataDir(folder);
    const journal = await openIn(context, folder, { lock });
    await journal.close();
    assert.throws(() => lockDataDir(folder), failsWith("JOURNAL_IN_USE"));
    lock.release();
  }));

test("close: finishes what was asked before, and writes the head", (context) =>
  inFolder(async (folder) => {
    const journal = await openIn(context, folder);
    const { epoch } = await journal.claim("desk", "me");
    const outcomes = Array.from({ length: 600 }, (_, expectedSeq) =>
      journal.append([{ partition: "desk", epoch, expectedSeq, payloads: ["x"] }]),
    );
    const closed = journal.close();
    assert.equal(journal.close(), closed);
    await closed;
    assert.deepEqual(new Set(await Promise.all(outcomes)), new Set(["committed"]));
    assert.equal(readHead(journalFiles(folder).head)?.get("desk")?.seq, 600);
    await assert.rejects(journal.claim("desk", "me"), failsWith("JOURNAL_CLOSED"));
    lockDataDir(folder).release();
  }));

test("head: follows while the journal is open", (context) =>
  inFolder(async (folder) => {
    const journal = await openIn(context, folder);
    const { epoch } = await journal.claim("desk", "me");
    await journal.append([{ partition: "desk", epoch, expectedSeq: 0, payloads: ["1", "2"] }]);
    const { head } = journalFiles(folder);
    while (readHead(head)?.get("desk")?.seq !== 2)
      await journal.renew({ partition: "desk", epoch, lastSeq: 0 });
    await journal.close();
  }));

test("head: appends go on while it is on its way, and a close waits for it", async (context) =>
  inFolder(async (folder) => {
    const { head } = journalFiles(folder);
    const journal = await openIn(context, folder);
    const { epoch } = await journal.claim("desk", "me");
    const pool = OccupiedPool.take(folder);
    let closing: Promise<void> | null = null;
    try {
      const dueMs = performance.now() + 2 * HEAD_MS;
      let seq = 0;
      for (; performance.now() < dueMs; seq += 1) {
        const add = { partition: "desk", epoch, expectedSeq: seq, payloads: ["x"] };
        assert.equal(await journal.append([add]), "committed");
      }
      assert.deepEqual(readHead(head), new Map(), "no thread was there to write it");
      closing = journal.close();
      let isClosed = false;
      void closing.then(() => {
        isClosed = true;
      });
      await new Promise(setImmediate);
      assert.equal(isClosed, false);
      assert.throws(() => lockDataDir(folder), failsWith("JOURNAL_IN_USE"));
      pool.free();
      await closing;
      assert.equal(readHead(head)?.get("desk")?.seq, seq);
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.includes(".tmp")),
        [],
      );
    } finally {
      pool.free();
    }
  }));

test("failure: all pending and later calls are refused, and the owner is told once", (context) =>
  inFolder(async (folder) => {
    const told: JournalError[] = [];
    const onFailure = (error: JournalError) => told.push(error);
    const journal = await openIn(context, folder, { onFailure });
    const { epoch } = await journal.claim("desk", "me");
    const intruder = new Database(journalFiles(folder).database);
    intruder.exec("BEGIN IMMEDIATE");
    const appends = [0, 1, 2].map((expectedSeq) =>
      journal.append([{ partition: "desk", epoch, expectedSeq, payloads: ["x"] }]),
    );
    const results = await Promise.allSettled(appends);
    intruder.close();
    for (const result of results) {
      assert.ok(result.status === "rejected" && failsWith("JOURNAL_WRITE_FAILED")(result.reason));
    }
    await assert.rejects(journal.read("desk", 0, 1), failsWith("JOURNAL_WRITE_FAILED"));
    assert.equal(told.length, 1);
    await journal.close();
    lockDataDir(folder).release();
  }));

/** Appends one event at a time and prints the seq of each that was committed. */
const APPENDER = `const { ThreadedJournal } = await import(process.argv[1]);
  const journal = await ThreadedJournal.open(process.argv[2]);
  const { epoch, lastSeq } = await journal.claim("desk", "child");
  for (let expectedSeq = lastSeq; ; expectedSeq += 1) {
    await journal.append([{ partition: "desk", epoch, expectedSeq, payloads: ["x".repeat(500)] }]);
    process.stdout.write(expectedSeq + 1 + "\\n");
  }`;

test("kill: what was told before a kill is there after it", () =>
  inFolder(async (folder) => {
    const module = new URL("./threaded-journal.ts", import.meta.url).href;
    const parameters = ["--input-type=module", "-e", APPENDER, module, folder];
    for (const least of [40, 400]) {
      const child = spawn(process.execPath, parameters, { stdio: ["ignore", "pipe", "inherit"] });
      let told = "";
      for await (const piece of child.stdout) {
        told += String(piece);
        if (told.split("\n").length > least) child.kill("SIGKILL");
      }
      const lastTold = Number(told.slice(0, told.lastIndexOf("\n")).split("\n").at(-1));
      const lastSeq = inspectJournal(folder).partitions.get("desk")?.lastSeq ?? 0;
      assert.ok(lastTold >= least, `${lastTold} told`);
      assert.ok(lastSeq >= lastTold, `${lastTold} told, ${lastSeq} found`);
    }
  }));

test("failure: a writer thread that ends is a failed write", (context) =>
  inFolder(async (folder) => {
    const told: JournalError[] = [];
    const journal = await openIn(context, folder, { onFailure: (error) => told.push(error) });
    const { epoch } = await journal.claim("desk", "me");
    const halfCharacter = { partition: "desk", epoch, expectedSeq: 0, payloads: ["\ud800"] };
    const appending = journal.append([halfCharacter]);
    await assert.rejects(appending, /writer thread ended: must hold: .* \(JOURNAL_WRITE_FAILED\)$/);
    assert.equal(told.length, 1);
    await journal.close();
  }));
