/**
 * Takes events out of a journal and puts them back: one transaction each, so that a crash leaves
 * the journal as it was or as it was to be. Nobody else uses the data directory.
 */
import { assert } from "@countermand/core/assert";
import Database from "better-sqlite3";
import { type Anchor, readAnchors } from "./anchors.ts";
import {
  BLOCK_CHARACTERS_MAX,
  type BlockRow,
  blockKey,
  blockKeys,
  blockOf,
  LINE_END,
  sealedRow,
  sealOf,
} from "./event-block.ts";
import { CHAIN_START } from "./event-chain.ts";
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
    const cutter = new BlockCutter(database);
    const put = database.prepare(
      `INSERT INTO anchors (partition, seq, epoch, hash) VALUES (?, ?, ?, unhex(?))
       ON CONFLICT (partition) DO UPDATE
       SET seq = excluded.seq, epoch = excluded.epoch, hash = excluded.hash`,
    );
    for (const { partition, anchor } of cuts) {
      const id = ids.get(partition);
      assert(id !== undefined, "a partition of the journal is cut");
      const count = cutter.remove(partition, id, anchor);
      const expected = anchor.seq - (anchors.get(id)?.seq ?? 0);
      assert(count === expected && count > 0, "every event up to the cut goes, and one at least");
      put.run(id, anchor.seq, anchor.epoch, anchor.hash);
    }
    onStep("rows deleted");
    database.exec("COMMIT");
    onStep("committed");
    database.pragma("wal_checkpoint(TRUNCATE)");
    onStep("log emptied");
  });
}

class BlockCutter {
  readonly #sizes: Database.Statement<[number, number], number>;
  readonly #remove: Database.Statement<[number, number]>;
  readonly #next: Database.Statement<[number, number], BlockRow>;
  readonly #shorten: Database.Statement<[string, string, number]>;

  constructor(database: Database.Database) {
    this.#sizes = database
      .prepare<[number, number], number>(
        `SELECT coalesce(sum(1 + length(payloads) - length(replace(payloads, char(10), ''))), 0)
         FROM blocks WHERE id > ? AND id <= ?`,
      )
      .pluck();
    this.#remove = database.prepare("DELETE FROM blocks WHERE id > ? AND id <= ?");
    this.#next = database.prepare(
      `SELECT id, epoch, lower(hex(hash)) AS hash, payloads FROM blocks
       WHERE id > ? AND id <= ? ORDER BY id LIMIT 1`,
    );
    this.#shorten = database.prepare(
      "UPDATE blocks SET seal = unhex(?), payloads = ? WHERE id = ?",
    );
  }

  /** Removes the events of a partition up to a seq; how many there were. */
  remove(partition: string, partitionId: number, { seq: lastSeq, hash }: Anchor): number {
    const [before, end] = blockKeys(partitionId);
    const through = blockKey(partitionId, lastSeq);
    const count = this.#sizes.get(before, through) ?? 0;
    this.#remove.run(before, through);
    const next = this.#next.get(through, end);
    return next === undefined ? count : count + this.#removeFront(partition, next, lastSeq, hash);
  }

  /** A block's key and hash are those of its last event, which stay what they are. */
  #removeFront(partition: string, row: BlockRow, lastSeq: number, lastHash: string): number {
    const { firstSeq, payloads } = blockOf(row);
    const count = Math.max(0, lastSeq - firstSeq + 1);
    if (count === 0) return 0;
    const left = { ...row, payloads: payloads.slice(count).join(LINE_END) };
    this.#shorten.run(sealOf(partition, lastHash, left), left.payloads, row.id);
    return count;
  }
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
    const insert = database.prepare<[number, number, string, string, string]>(
      `INSERT INTO blocks (id, epoch, hash, seal, payloads)
       VALUES (?, ?, unhex(?), unhex(?), ?)`,
    );
    for (const [partition, events] of archived) {
      const id = ids.get(partition);
      assert(id !== undefined, "events go back into a partition of the journal");
      let previousHash = CHAIN_START.hash;
      for (const row of blocksOf(id, events)) {
        const { seal } = sealedRow(partition, previousHash, row);
        insert.run(row.id, row.epoch, row.hash, seal, row.payloads);
        previousHash = row.hash;
      }
    }
    database.exec("DROP TABLE anchors");
    database.exec("COMMIT");
    database.pragma("wal_checkpoint(TRUNCATE)");
  });
}

function* blocksOf(partitionId: number, events: Iterable<SegmentEvent>): Iterable<BlockRow> {
  let payloads: string[] = [];
  let characters = 0;
  let last: SegmentEvent | null = null;
  const block = ({ seq, epoch, hash }: SegmentEvent): BlockRow => {
    return { id: blockKey(partitionId, seq), epoch, hash, payloads: payloads.join(LINE_END) };
  };
  for (const event of events) {
    const isFull = characters + event.payload.length > BLOCK_CHARACTERS_MAX;
    if (last !== null && (isFull || event.epoch !== last.epoch)) {
      yield block(last);
      payloads = [];
      characters = 0;
    }
    payloads.push(event.payload);
    characters += event.payload.length + LINE_END.length;
    last = event;
  }
  if (last !== null) yield block(last);
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
