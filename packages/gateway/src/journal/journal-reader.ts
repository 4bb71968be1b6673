/**
 * Reads the journal beside its writer, in any thread: for recovery, snapshots and followers.
 * Every call is its own short read transaction, so a slow reader never holds up the writer's log.
 */

import { assert } from "@countermand/core/assert";
import Database from "better-sqlite3";
import { type Anchor, readAnchors } from "./anchors.ts";
import {
  type BlockRow,
  blockKey,
  blockKeys,
  blockOf,
  type EventBlock,
  hashesOf,
  isSeq,
  placeOfKey,
  type SealedRecord,
} from "./event-block.ts";
import { CHAIN_START } from "./event-chain.ts";
import { JournalError, type JournalRecord } from "./journal.ts";
import { journalErrorFrom, journalFiles, requireFormat } from "./journal-schema.ts";
import type { JournalBeginning } from "./segment-chain.ts";

/** Records brought into memory at a time by `records`. */
const PAGE_RECORDS = 512;
/** Blocks brought into memory at a time where all of a range is looked at. */
const PAGE_BLOCKS = 16;

/** `["T"`: what names the kind of event. */
const BEGIN_CHARACTERS = 4;

export class JournalReader {
  readonly #file: string;
  readonly #database: Database.Database;
  readonly #partitionIds = new Map<string, number>();
  /** As they were when it was opened; {@link readUncut} begins again where they have moved. */
  readonly #anchors: ReadonlyMap<number, Anchor>;
  readonly #partitionId: Database.Statement<[string], { id: number }>;
  readonly #blocks: Database.Statement<[number, number, number], BlockRow>;
  readonly #before: Database.Statement<[number, number], { id: number; hash: string }>;
  /** Whoever asks for one event often asks for its neighbours. A block never changes. */
  #lastFound: { readonly partitionId: number; readonly block: EventBlock } | null = null;

  /**
   * Opens read-only. The journal exists: its writer has been opened, or it was inspected.
   * @throws JournalError
   */
  constructor(dataDir: string) {
    this.#file = journalFiles(dataDir).database;
    try {
      this.#database = new Database(this.#file, { readonly: true, fileMustExist: true });
      requireFormat(this.#database, this.#file);
      this.#anchors = readAnchors(this.#database);
      this.#partitionId = this.#database.prepare("SELECT id FROM partitions WHERE name = ?");
      const block = "SELECT id, epoch, lower(hex(hash)) AS hash, payloads FROM blocks";
      this.#blocks = this.#database.prepare(
        // A bare LIMIT ? has SQLite compile the statement anew for each run of it.
        `${block} WHERE id > ? AND id <= ? ORDER BY id LIMIT ? + 0`,
      );
      this.#before = this.#database.prepare(
        `SELECT id, lower(hex(hash)) AS hash FROM blocks
         WHERE id > ? AND id <= ? ORDER BY id DESC LIMIT 1`,
      );
    } catch (error) {
      throw journalErrorFrom(error, this.#file);
    }
  }

  /**
   * The records behind `afterSeq` up to the end of the journal, also the end it gets while this
   * runs. Memory is bounded by one page of records.
   */
  *records(partition: string, afterSeq: number): Iterable<JournalRecord> {
    for (let last = afterSeq; ; ) {
      const page = this.read(partition, last, PAGE_RECORDS);
      yield* page;
      const end = page.at(-1);
      if (end === undefined) return;
      last = end.seq;
    }
  }

  /** Up to `limit` records behind `afterSeq`; none of an unknown partition. */
  read(partition: string, afterSeq: number, limit: number): JournalRecord[] {
    assert(Number.isSafeInteger(afterSeq) && afterSeq >= 0, "afterSeq is a whole number from 0");
    assert(Number.isSafeInteger(limit) && limit > 0, "the limit is a whole number from 1");
    this.#requireKept(partition, afterSeq);
    const records: JournalRecord[] = [];
    for (const { firstSeq, payloads } of this.#blocksBehind(partition, afterSeq, limit)) {
      const from = Math.max(0, afterSeq + 1 - firstSeq);
      const count = Math.min(payloads.length, from + limit - records.length);
      for (let index = from; index < count; index += 1) {
        records.push({ seq: firstSeq + index, payload: payloads[index] ?? "" });
      }
      if (records.length === limit) break;
    }
    return records;
  }

  /**
   * Those of the records behind `afterSeq` up to `lastSeq` that begin with one of these texts of
   * four characters. All of the range is looked at, in pieces.
   */
  beginningWith(
    begins: readonly string[],
    partition: string,
    afterSeq: number,
    lastSeq: number,
  ): JournalRecord[] {
    assert(
      begins.every((begin) => begin.length === BEGIN_CHARACTERS),
      "records are told apart by their first four characters",
    );
    const records: JournalRecord[] = [];
    const from = Math.max(afterSeq, this.#archivedSeq(partition));
    for (const { firstSeq, payloads } of this.#blocksBehind(partition, from)) {
      if (firstSeq > lastSeq) break;
      for (const [index, payload] of payloads.entries()) {
        const seq = firstSeq + index;
        if (seq <= afterSeq || seq > lastSeq) continue;
        if (begins.some((begin) => payload.startsWith(begin))) records.push({ seq, payload });
      }
    }
    return records;
  }

  /**
   * Hash of the event at this seq; of the chain's start for seq 0; null where there is none. That of
   * the last event of a commit is kept, the others follow from the one before their block.
   */
  hashAt(partition: string, seq: number): string | null {
    if (seq === 0) return CHAIN_START.hash;
    const anchor = this.anchor(partition);
    if (anchor?.seq === seq) return anchor.hash;
    const block = this.#blockOf(partition, seq);
    if (block === null) return null;
    if (block.lastSeq === seq) return block.hash;
    return this.#sealedEvents(partition, block)[seq - block.firstSeq]?.hash ?? null;
  }

  /** The last archived event of the partition; null where none was. */
  anchor(partition: string): Anchor | null {
    return this.#ask(partition, null, (id) => this.#anchors.get(id) ?? null);
  }

  /** Of the newest claim; 0 where nobody has claimed the partition. */
  epoch(partition: string): number {
    const epochs = this.#database.prepare<[number], number>(
      "SELECT epoch FROM partitions WHERE id = ?",
    );
    return this.#ask(partition, 0, (id) => epochs.pluck().get(id) ?? 0);
  }

  /** Where the journal of the partition begins, for those who follow its segments to it. */
  beginning(partition: string): JournalBeginning {
    return { anchor: this.anchor(partition), hashAt: (seq) => this.hashAt(partition, seq) };
  }

  /**
   * The event at this seq and its hash; null where there is none.
   * @throws JournalError JOURNAL_DAMAGED the events of its block are not those that were sealed
   */
  sealed(partition: string, seq: number): SealedRecord | null {
    const block = this.#blockOf(partition, seq);
    if (block === null) return null;
    return this.#sealedEvents(partition, block)[seq - block.firstSeq] ?? null;
  }

  /** All records that have this text, with their hashes. The whole partition is looked through. */
  *containing(partition: string, text: string): Iterable<SealedRecord & JournalRecord> {
    for (const block of this.#blocksBehind(partition, this.#archivedSeq(partition))) {
      if (!block.payloads.some((payload) => payload.includes(text))) continue;
      for (const [index, event] of this.#sealedEvents(partition, block).entries()) {
        if (event.payload.includes(text)) yield { seq: block.firstSeq + index, ...event };
      }
    }
  }

  /** The last event of every partition that was ever claimed, archived ones included; 0 if none. */
  ends(): Map<string, number> {
    const ends = this.#database.transaction(() => {
      return this.partitionNames().map((name) => [name, this.#endOf(name)] as const);
    });
    return new Map(ends());
  }

  #endOf(partition: string): number {
    return this.#ask(partition, 0, (id) => {
      const last = this.#before.get(...blockKeys(id));
      const [, lastSeq] = placeOfKey(last?.id ?? 0);
      return Math.max(lastSeq, this.#anchors.get(id)?.seq ?? 0);
    });
  }

  /** Every partition that was ever claimed. */
  partitionNames(): string[] {
    try {
      const names = this.#database.prepare<[], string>("SELECT name FROM partitions ORDER BY name");
      return names.pluck().all();
    } catch (error) {
      throw journalErrorFrom(error, this.#file);
    }
  }

  close(): void {
    this.#database.close();
  }

  #ask<Answer>(partition: string, unknown: Answer, ask: (id: number) => Answer): Answer {
    try {
      const id = this.#partitionIds.get(partition) ?? this.#partitionId.get(partition)?.id;
      if (id === undefined) return unknown;
      this.#partitionIds.set(partition, id);
      return ask(id);
    } catch (error) {
      throw journalErrorFrom(error, this.#file);
    }
  }

  #archivedSeq(partition: string): number {
    return this.anchor(partition)?.seq ?? 0;
  }

  #requireKept(partition: string, afterSeq: number): void {
    const seq = this.#archivedSeq(partition);
    if (afterSeq >= seq) return;
    const problem =
      `the events of partition ${JSON.stringify(partition)} up to seq ${seq} were archived, ` +
      `and no snapshot stands for them`;
    throw new JournalError("JOURNAL_CUT", this.#file, problem);
  }

  /**
   * The blocks behind `afterSeq`, the first of which may begin before it, up to the end that the
   * journal gets while this runs.
   * @throws JournalError JOURNAL_DAMAGED an event is missing
   */
  *#blocksBehind(
    partition: string,
    afterSeq: number,
    pageBlocks = PAGE_BLOCKS,
  ): Iterable<EventBlock> {
    for (let last = afterSeq; ; ) {
      const rows = this.#ask(partition, [], (id) => {
        const [, end] = blockKeys(id);
        return this.#blocks.all(blockKey(id, last), end, Math.min(pageBlocks, PAGE_BLOCKS));
      });
      for (const row of rows) {
        const block = blockOf(row);
        if (block.firstSeq > last + 1) throw this.#missing(partition, last + 1);
        last = block.lastSeq;
        yield block;
      }
      if (rows.length === 0) return;
    }
  }

  /** The block that has the event; null where there is none. */
  #blockOf(partition: string, seq: number): EventBlock | null {
    if (!isSeq(seq)) return null;
    return this.#ask(partition, null, (id) => {
      const known = this.#lastFound;
      if (known?.partitionId === id && holds(known.block, seq)) return known.block;
      const [, end] = blockKeys(id);
      const [row] = this.#blocks.all(blockKey(id, seq - 1), end, 1);
      if (row === undefined) return null;
      const block = blockOf(row);
      if (!holds(block, seq)) return null;
      this.#lastFound = { partitionId: id, block };
      return block;
    });
  }

  /** @throws JournalError JOURNAL_DAMAGED the block does not follow from what is before it */
  #sealedEvents(partition: string, block: EventBlock): SealedRecord[] {
    if (!isSeq(block.firstSeq)) throw this.#damaged(partition, block);
    const previous = this.#ask(partition, null, (id) => {
      const [before] = blockKeys(id);
      const found = this.#before.get(before, blockKey(id, block.firstSeq - 1));
      const [, seq] = placeOfKey(found?.id ?? 0);
      if (found !== undefined && seq === block.firstSeq - 1) return found.hash;
      const anchor = this.#anchors.get(id) ?? CHAIN_START;
      return anchor.seq === block.firstSeq - 1 ? anchor.hash : null;
    });
    if (previous === null) throw this.#missing(partition, block.firstSeq - 1);
    const hashes = hashesOf(partition, block, previous);
    if (hashes.at(-1) !== block.hash) throw this.#damaged(partition, block);
    const { epoch, payloads } = block;
    return payloads.map((payload, index) => ({ epoch, hash: hashes[index] ?? "", payload }));
  }

  #missing(partition: string, seq: number): JournalError {
    const problem = `the event is missing at partition ${JSON.stringify(partition)}, seq ${seq}`;
    return new JournalError("JOURNAL_DAMAGED", this.#file, problem);
  }

  #damaged(partition: string, { firstSeq, lastSeq }: EventBlock): JournalError {
    const seqs = firstSeq === lastSeq ? `seq ${firstSeq}` : `seq ${firstSeq} to ${lastSeq}`;
    const where = `partition ${JSON.stringify(partition)}, ${seqs}`;
    const problem = `the chain of hashes breaks at ${where}`;
    return new JournalError("JOURNAL_DAMAGED", this.#file, problem);
  }
}

function holds({ firstSeq, lastSeq }: EventBlock, seq: number): boolean {
  return seq >= firstSeq && seq <= lastSeq;
}
