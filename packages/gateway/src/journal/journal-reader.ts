/**
 * Reads the journal beside its writer, in any thread: for recovery, snapshots and followers.
 * Every call is its own short read transaction, so a slow reader never holds up the writer's log.
 */

import { assert } from "@countermand/core/assert";
import Database from "better-sqlite3";
import { type Anchor, readAnchors } from "./anchors.ts";
import { CHAIN_START } from "./event-chain.ts";
import { JournalError, type JournalRecord } from "./journal.ts";
import { journalErrorFrom, journalFiles } from "./journal-schema.ts";
import type { JournalBeginning } from "./segment-chain.ts";

/** Records brought into memory at a time by `records`. */
const PAGE_RECORDS = 500;

/** `["T"`: what names the kind of event. */
const BEGIN_CHARACTERS = 4;

/** An event with what the chain says of it. */
export interface SealedRecord {
  readonly epoch: number;
  /** 64 hexadecimal digits. */
  readonly hash: string;
  readonly payload: string;
}

export class JournalReader {
  readonly #file: string;
  readonly #database: Database.Database;
  readonly #partitionIds = new Map<string, number>();
  /** The journal is cut while nobody reads it. */
  readonly #anchors: ReadonlyMap<number, Anchor>;
  readonly #partitionId: Database.Statement<[string], { id: number }>;
  readonly #page: Database.Statement<[number, number, number], JournalRecord>;
  readonly #matching: Database.Statement<[number, number, number, string], JournalRecord>;
  readonly #hash: Database.Statement<[number, number], { hash: string }>;
  readonly #sealed: Database.Statement<[number, number], SealedRecord>;
  readonly #containing: Database.Statement<
    [number, number, string, number],
    SealedRecord & JournalRecord
  >;

  /**
   * Opens read-only. The journal exists: its writer has been opened, or it was inspected.
   * @throws JournalError
   */
  constructor(dataDir: string) {
    this.#file = journalFiles(dataDir).database;
    try {
      this.#database = new Database(this.#file, { readonly: true, fileMustExist: true });
      this.#anchors = readAnchors(this.#database);
      this.#partitionId = this.#database.prepare("SELECT id FROM partitions WHERE name = ?");
      this.#page = this.#database.prepare(
        "SELECT seq, payload FROM events WHERE partition = ? AND seq > ? ORDER BY seq LIMIT ?",
      );
      this.#matching = this.#database.prepare(
        `SELECT seq, payload FROM events WHERE partition = ? AND seq > ? AND seq <= ?
         AND substr(payload, 1, 4) IN (SELECT value FROM json_each(?)) ORDER BY seq`,
      );
      this.#hash = this.#database.prepare(
        "SELECT lower(hex(hash)) AS hash FROM events WHERE partition = ? AND seq = ?",
      );
      this.#sealed = this.#database.prepare(
        `SELECT epoch, lower(hex(hash)) AS hash, payload FROM events
         WHERE partition = ? AND seq = ?`,
      );
      this.#containing = this.#database.prepare(
        `SELECT seq, epoch, lower(hex(hash)) AS hash, payload FROM events
         WHERE partition = ? AND seq > ? AND instr(payload, ?) > 0 ORDER BY seq LIMIT ?`,
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
    const page = this.#ask(partition, [], (id) => this.#page.all(id, afterSeq, limit));
    this.#requireGapless(partition, afterSeq, page);
    return page;
  }

  /**
   * Those of the records behind `afterSeq` up to `lastSeq` that begin with one of these texts of
   * four characters. All of the range is looked at, only what matches is brought into memory.
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
    return this.#ask(partition, [], (id) => {
      return this.#matching.all(id, afterSeq, lastSeq, JSON.stringify(begins));
    });
  }

  /** Hash of the event at this seq; of the chain's start for seq 0; null where there is none. */
  hashAt(partition: string, seq: number): string | null {
    if (seq === 0) return CHAIN_START.hash;
    return this.#ask(partition, null, (id) => {
      const anchor = this.#anchors.get(id);
      return anchor?.seq === seq ? anchor.hash : (this.#hash.get(id, seq)?.hash ?? null);
    });
  }

  /** The last archived event of the partition; null where none was. */
  anchor(partition: string): Anchor | null {
    return this.#ask(partition, null, (id) => this.#anchors.get(id) ?? null);
  }

  /** Where the journal of the partition begins, for those who follow its segments to it. */
  beginning(partition: string): JournalBeginning {
    return { anchor: this.anchor(partition), hashAt: (seq) => this.hashAt(partition, seq) };
  }

  /** The event at this seq and its hash; null where there is none. */
  sealed(partition: string, seq: number): SealedRecord | null {
    return this.#ask(partition, null, (id) => this.#sealed.get(id, seq) ?? null);
  }

  /** All records that have this text, with their hashes. The whole partition is looked through. */
  *containing(partition: string, text: string): Iterable<SealedRecord & JournalRecord> {
    for (let last = 0; ; ) {
      const page = this.#ask(partition, [], (id) => {
        return this.#containing.all(id, last, text, PAGE_RECORDS);
      });
      yield* page;
      const end = page.at(-1);
      if (end === undefined) return;
      last = end.seq;
    }
  }

  /** The last event of every partition that was ever claimed, archived ones included; 0 if none. */
  ends(): Map<string, number> {
    try {
      const rows = this.#database
        .prepare<[], { name: string; id: number; seq: number }>(
          `SELECT name, id, (SELECT coalesce(max(seq), 0) FROM events WHERE partition = id) AS seq
           FROM partitions`,
        )
        .all();
      return new Map(
        rows.map(({ name, id, seq }) => [name, Math.max(seq, this.#anchors.get(id)?.seq ?? 0)]),
      );
    } catch (error) {
      throw journalErrorFrom(error, this.#file);
    }
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

  #requireKept(partition: string, afterSeq: number): void {
    const { seq } = this.anchor(partition) ?? CHAIN_START;
    if (afterSeq >= seq) return;
    const problem =
      `the events of partition ${JSON.stringify(partition)} up to seq ${seq} were archived, ` +
      `and no snapshot stands for them`;
    throw new JournalError("JOURNAL_CUT", this.#file, problem);
  }

  #requireGapless(partition: string, afterSeq: number, page: readonly JournalRecord[]): void {
    let expected = afterSeq;
    for (const { seq } of page) {
      expected += 1;
      if (seq === expected) continue;
      const problem = `the event is missing at partition ${JSON.stringify(partition)}, seq ${expected}`;
      throw new JournalError("JOURNAL_DAMAGED", this.#file, problem);
    }
  }
}
