/** Journals on disk for tests: made, copied as a crash would leave them, and damaged. */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { JournalError, type JournalErrorCode } from "./journal.ts";
import { type JournalFiles, journalFiles } from "./journal-schema.ts";
import { SqliteJournal } from "./sqlite-journal.ts";

/** Runs a test in a folder of its own, which is removed behind it. */
export async function inFolder<Result>(
  run: (folder: string) => Result | Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "journal-"));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Payload of the event at a seq, recognisable in a file's bytes. */
export function payloadAt(partition: string, seq: number): string {
  return JSON.stringify({ partition, seq, filler: "filler ".repeat(20) });
}

export function payloadsUpTo(partition: string, lastSeq: number): string[] {
  return Array.from({ length: lastSeq }, (_, index) => payloadAt(partition, index + 1));
}

/** Claims the partition and appends up to `lastSeq`, `perCommit` events at a time. */
export function fill(
  journal: SqliteJournal,
  partition: string,
  lastSeq: number,
  perCommit = 1,
): void {
  const { epoch, lastSeq: before } = journal.claim(partition, "test");
  for (let expectedSeq = before; expectedSeq < lastSeq; expectedSeq += perCommit) {
    const payloads = payloadsUpTo(partition, Math.min(expectedSeq + perCommit, lastSeq));
    const added = payloads.slice(expectedSeq);
    const [outcome] = journal.append([[{ partition, epoch, expectedSeq, payloads: added }]]);
    assert.equal(outcome, "committed");
  }
}

/** A journal that was closed: everything in the database, the log gone. */
export function closedJournal(
  folder: string,
  lastSeqs: Readonly<Record<string, number>>,
  perCommit = 100,
): void {
  const journal = SqliteJournal.open(folder);
  for (const [partition, lastSeq] of Object.entries(lastSeqs)) {
    fill(journal, partition, lastSeq, perCommit);
  }
  journal.close();
}

export const CRASHED = { partition: "desk", checkpointed: 20, head: 30, last: 40 } as const;

/**
 * A journal as a crash leaves it, a block for each event: up to 20 in the database, up to 40 in the
 * log, and a head that names 30.
 */
export function crashedJournal(folder: string): JournalFiles {
  const live = join(folder, "live");
  const crashed = join(folder, "crashed");
  closedJournal(live, { [CRASHED.partition]: CRASHED.checkpointed }, 1);
  const journal = SqliteJournal.open(live);
  fill(journal, CRASHED.partition, CRASHED.head);
  journal.writeHead();
  fill(journal, CRASHED.partition, CRASHED.last);
  copyJournal(live, crashed);
  journal.close();
  return journalFiles(crashed);
}

/** SQL for the key of the block whose last event this is. */
export function blockAt(partitionId: number, lastSeq: number): string {
  return `(${partitionId} << 40) + ${lastSeq}`;
}

/** Copies the files that matter, which is what a crash at this moment would leave. */
export function copyJournal(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  const { database, wal, head } = journalFiles(from);
  for (const file of [database, wal, head]) {
    if (existsSync(file)) copyFileSync(file, join(to, basename(file)));
  }
}

/** What must not change in a refusal. No log and an empty log are the same to SQLite. */
export function bytesOf(folder: string): Readonly<Record<string, string>> {
  const { database, wal, head } = journalFiles(folder);
  const bytes = (file: string) => (existsSync(file) ? readFileSync(file).toString("latin1") : "");
  return { database: bytes(database), wal: bytes(wal), head: bytes(head) };
}

/** The refusal has this code and one clear line, and changed nothing. */
export function assertRefused(
  folder: string,
  code: JournalErrorCode,
  run: () => unknown,
  line?: RegExp,
): void {
  const before = bytesOf(folder);
  assert.throws(run, (error) => {
    assert.ok(error instanceof JournalError, `a JournalError, not ${error}`);
    assert.equal(error.code, code, error.message);
    assert.doesNotMatch(error.message, /\n/);
    assert.ok(error.message.includes(error.file), "the line names the file");
    if (line !== undefined) assert.match(error.message, line);
    return true;
  });
  assert.deepEqual(bytesOf(folder), before);
}
