/**
 * Takes events out of a journal and puts them back: one transaction each, so that a crash leaves
 * the journal as it was or as it was to be. Nobody else uses the data directory.
 */
import { assert } from "@countermand/core/assert";
import Database from "better-sqlite3";
import { type Anchor, readAnchors } from "./anchors.ts";
import { ANCHOR_TABLE, journalErrorFrom, journalFiles } from "./journal-schema.ts";
import type { SegmentEvent } from "./segment-file.ts";
import { makeDurable } from "./sqlite-journal.ts";

/** The last event that goes. */
export interface JournalCut {
  readonly partition: string;
  readonly anchor: Anchor;
}

export type CutStep = "rows deleted" | "committed" | "log emptied";

/**
 * Deletes the events up to the cuts and writes where the partitions begin from now on. On stable
 * storage when it returns; the file keeps its size.
 * @throws JournalError nothing was changed
 */
export function cutJournal(
  dataDir: string,
  cuts: readonly JournalCut[],
  onStep: (step: CutStep) => void,
): void {
  withJournal(dataDir, (database) => {
    database.exec("BEGIN IMMEDIATE");
    const anchors = readAnchors(database);
    if (anchors.size === 0) database.exec(ANCHOR_TABLE);
    const ids = partitionIds(database);
    const remove = database.prepare("DELETE FROM events WHERE partition = ? AND seq <= ?");
    const put = database.prepare(
      `INSERT INTO anchors (partition, seq, epoch, hash) VALUES (?, ?, ?, unhex(?))
       ON CONFLICT (partition) DO UPDATE
       SET seq = excluded.seq, epoch = excluded.epoch, hash = excluded.hash`,
    );
    for (const { partition, anchor } of cuts) {
      const id = ids.get(partition);
      assert(id !== undefined, "a partition of the journal is cut");
      const { changes } = remove.run(id, anchor.seq);
      const expected = anchor.seq - (anchors.get(id)?.seq ?? 0);
      assert(
        changes === expected && changes > 0,
        "every event up to the cut goes, and one at least",
      );
      put.run(id, anchor.seq, anchor.epoch, anchor.hash);
    }
    onStep("rows deleted");
    database.exec("COMMIT");
    onStep("committed");
    database.pragma("wal_checkpoint(TRUNCATE)");
    onStep("log emptied");
  });
}

/**
 * Gives the room of deleted events back to the disk.
 * @returns why that could not be done, and nothing was lost; null when it was
 */
export function shrinkJournal(dataDir: string): string | null {
  try {
    withJournal(dataDir, (database) => {
      database.exec("VACUUM");
      database.pragma("wal_checkpoint(TRUNCATE)");
    });
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * Puts archived events back, all or none.
 * @throws JournalError nothing was changed
 */
export function uncutJournal(
  dataDir: string,
  archived: ReadonlyMap<string, Iterable<SegmentEvent>>,
): void {
  withJournal(dataDir, (database) => {
    database.exec("BEGIN IMMEDIATE");
    const ids = partitionIds(database);
    const insert = database.prepare(
      "INSERT INTO events (partition, seq, epoch, hash, payload) VALUES (?, ?, ?, unhex(?), ?)",
    );
    for (const [partition, events] of archived) {
      const id = ids.get(partition);
      assert(id !== undefined, "events go back into a partition of the journal");
      for (const { seq, epoch, hash, payload } of events) insert.run(id, seq, epoch, hash, payload);
    }
    database.exec("DROP TABLE anchors");
    database.exec("COMMIT");
    database.pragma("wal_checkpoint(TRUNCATE)");
  });
}

/** What is thrown rolls back what was not committed. */
function withJournal(dataDir: string, work: (database: Database.Database) => void): void {
  const file = journalFiles(dataDir).database;
  let database: Database.Database | null = null;
  try {
    database = new Database(file, { fileMustExist: true });
    makeDurable(database);
    work(database);
  } catch (error) {
    throw journalErrorFrom(error, file, "JOURNAL_WRITE_FAILED");
  } finally {
    database?.close();
  }
}

function partitionIds(database: Database.Database): Map<string, number> {
  const rows = database
    .prepare<[], { name: string; id: number }>("SELECT name, id FROM partitions")
    .all();
  return new Map(rows.map(({ name, id }) => [name, id]));
}
