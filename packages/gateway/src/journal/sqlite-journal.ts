/**
 * The journal in one SQLite file: the synchronous core, which one thread owns. It is the only
 * writer. Each append is one transaction, on stable storage before it returns (write-ahead log
 * with synchronous=FULL). A failed write is never tried again: the instance refuses everything
 * from then on, and the process recovers by replay. One that found no room on the disk never began
 * to count, and is tried again in room that the reserve gives.
 */

import { assert } from "@countermand/core/assert";
import Database from "better-sqlite3";
import { ensureFolder, fileBytes, removeFile, renameDurably, syncFile } from "../sys/disk.ts";
import { readAnchors } from "./anchors.ts";
import { DiskReserve } from "./disk-reserve.ts";
import {
  BLOCK_CHARACTERS_MAX,
  type BlockRow,
  blockKey,
  blockKeys,
  isPayload,
  LINE_END,
  placeOfKey,
  type SealedBlockRow,
  sealedRow,
} from "./event-block.ts";
import { CHAIN_START, type ChainPosition, eventHash } from "./event-chain.ts";
import { HeadFile, type HeadMark, readHead, writeHead } from "./head-file.ts";
import {
  type AppendOutcome,
  isPartitionName,
  JournalError,
  type JournalRecord,
  type Lease,
  type PartitionAppend,
} from "./journal.ts";
import {
  isDiskFull,
  JOURNAL_APPLICATION_ID,
  JOURNAL_FORMAT,
  JOURNAL_TABLES,
  type JournalFiles,
  journalErrorFrom,
  journalFiles,
  requireSqliteVersion,
  sqliteVersion,
} from "./journal-schema.ts";

/**
 * How long a write waits for a reader that holds the write lock for a moment, as SQLite's readers
 * do when they meet a half-written index of the log.
 */
const LOCK_WAIT_MS = 500;
/**
 * Bytes in the log, roughly, after which it is copied into the database: SQLite's own default of
 * 1,000 pages. More would make the pause longer and a start after a crash slower.
 */
const CHECKPOINT_BYTES = 4_096_000;
const PAGE_BYTES = 4_096;
/** Of a block besides its payloads: mostly what stays empty of its page. */
const BLOCK_BYTES = 512;

/** What the writer remembers of a partition, so that an append reads nothing. */
interface PartitionState {
  readonly id: number;
  readonly name: string;
  epoch: number;
  /** As the head file has it; 0 before that names the partition. */
  headEpoch: number;
  /** Null: the lease was given back. */
  owner: string | null;
  last: ChainPosition;
}

/** What an append adds to one partition, while it is put together. */
interface StagedEvents {
  readonly partition: PartitionState;
  readonly blocks: SealedBlockRow[];
  /** Of the event before the block that is being filled. */
  previousHash: string;
  /** Of the block that is being filled. */
  payloads: string[];
  characters: number;
  last: ChainPosition;
}

type Staged = Map<PartitionState, StagedEvents>;

export class SqliteJournal {
  readonly reserve: DiskReserve;
  readonly #files: JournalFiles;
  readonly #head: HeadFile;
  readonly #database: Database.Database;
  readonly #statements: Statements;
  readonly #partitions: Map<string, PartitionState>;
  #headBehind = false;
  #logBytes = 0;
  #failure: JournalError | null = null;

  /**
   * Opens the journal for writing; makes it at the first start, the head file before the database.
   * The reserve is as it was left: see {@link DiskReserve.refill}.
   * Precondition: the directory is locked, and inspectJournal has accepted it.
   * @throws JournalError
   */
  static open(dataDir: string, reserveBytes = 0): SqliteJournal {
    requireSqliteVersion(sqliteVersion());
    const files = journalFiles(dataDir);
    const reserve = openReserve(files, reserveBytes);
    for (;;) {
      let database: Database.Database | null = null;
      try {
        if (fileBytes(files.database) === null) createJournal(files);
        database = new Database(files.database, { fileMustExist: true, timeout: LOCK_WAIT_MS });
        makeDurable(database);
        return new SqliteJournal(files, database, reserve);
      } catch (error) {
        database?.close();
        if (isDiskFull(error, reserve) && reserve.makeRoom()) continue;
        throw journalErrorFrom(error, files.database);
      }
    }
  }

  private constructor(files: JournalFiles, database: Database.Database, reserve: DiskReserve) {
    this.reserve = reserve;
    this.#files = files;
    this.#head = new HeadFile(files.head);
    this.#database = database;
    this.#statements = prepareStatements(database);
    this.#partitions = loadPartitions(database);
    // Everything recovered is on stable storage by now (makeDurable), so the head may name it.
    this.writeHead();
  }

  /** Whether the journal has events that no head names, be it written or on its way. */
  get headBehind(): boolean {
    return this.#headBehind;
  }

  /**
   * Raises the epoch of the partition, which is made where it is new. The head may be one claim
   * behind and no more: so an epoch that nobody claimed is found.
   */
  claim(partition: string, owner: string): Lease {
    assert(isPartitionName(partition), "a partition's name is 1 to 200 printable characters");
    this.#requireUsable();
    const known = this.#partitions.get(partition);
    const isInHead = known !== undefined && known.last.seq > 0;
    if (isInHead && known.headEpoch !== known.epoch) this.writeHead();
    const id = known?.id ?? this.#partitions.size + 1;
    const epoch = (known?.epoch ?? 0) + 1;
    this.#commit(() => this.#statements.claim.run(partition, id, epoch, owner));
    const last = known?.last ?? CHAIN_START;
    const headEpoch = known?.headEpoch ?? 0;
    this.#partitions.set(partition, { id, name: partition, epoch, headEpoch, owner, last });
    return { partition, epoch, lastSeq: last.seq };
  }

  /** Whether the lease still holds. On one node a lease does not run out. */
  renew(lease: Lease): boolean {
    this.#requireUsable();
    return this.#holder(lease.partition, lease.epoch) !== null;
  }

  /** Gives the lease back; a stale lease changes nothing. */
  release(lease: Lease): void {
    this.#requireUsable();
    const partition = this.#holder(lease.partition, lease.epoch);
    if (partition === null) return;
    this.#commit(() => this.#statements.release.run(partition.name));
    partition.owner = null;
  }

  /**
   * Writes several batches in one transaction. Each has its own outcome: a fenced batch writes
   * nothing and leaves the others alone.
   * @throws JournalError JOURNAL_WRITE_FAILED: the outcome of all of them is unknown
   */
  append(batches: readonly (readonly PartitionAppend[])[]): AppendOutcome[] {
    this.#requireUsable();
    const staged: Staged = new Map();
    const outcomes = batches.map((batch) => this.#stage(batch, staged));
    if (staged.size > 0) {
      for (const each of staged.values()) endBlock(each);
      this.#commit(() => this.#insert(staged));
      for (const [partition, { last }] of staged) partition.last = last;
      this.#headBehind = true;
      this.#logBytes += logBytes(staged);
    }
    return outcomes;
  }

  /** Up to `limit` records behind `afterSeq`. */
  read(partition: string, afterSeq: number, limit: number): JournalRecord[] {
    this.#requireUsable();
    const known = this.#partitions.get(partition);
    if (known === undefined) return [];
    const [, end] = blockKeys(known.id);
    try {
      const rows = this.#statements.read.iterate(blockKey(known.id, afterSeq), end);
      return recordsBehind(rows, afterSeq, limit);
    } catch (error) {
      throw journalErrorFrom(error, this.#files.database);
    }
  }

  /** Brings the head file up to the journal. */
  writeHead(): void {
    this.#requireUsable();
    const head = this.#headNow();
    this.#inRoom(this.#files.head, () => this.#head.write(head));
    this.#headIs(head);
    this.#headBehind = false;
  }

  /**
   * The same without waiting for the disk: what is appended meanwhile need not wait either. One at
   * a time. Rejects with the journal's failure if it is this one's.
   */
  async writeHeadLater(): Promise<void> {
    this.#requireUsable();
    const head = this.#headNow();
    this.#headBehind = false;
    try {
      if (await this.#head.writeLater(head)) this.#headIs(head);
    } catch (error) {
      if (this.#failure !== null) return;
      if (!isDiskFull(error, this.reserve)) throw this.#fail(error, this.#files.head);
      this.writeHead();
    }
  }

  #headNow(): ReadonlyMap<string, HeadMark & { readonly epoch: number }> {
    const withEvents = [...this.#partitions.values()].filter(({ last }) => last.seq > 0);
    return new Map(withEvents.map(({ name, last, epoch }) => [name, { ...last, epoch }]));
  }

  #headIs(head: ReadonlyMap<string, { readonly epoch: number }>): void {
    for (const [name, { epoch }] of head) {
      const partition = this.#partitions.get(name);
      if (partition !== undefined) partition.headEpoch = epoch;
    }
  }

  /** Takes the reserve's room again, as far as there is any: see {@link DiskReserve.refill}. */
  refillReserve(): void {
    this.#requireUsable();
    try {
      this.reserve.refill();
    } catch (error) {
      throw this.#fail(error, this.#files.reserve);
    }
  }

  /** Whether the log has grown so long that it should be copied into the database. */
  get checkpointDue(): boolean {
    return this.#logBytes >= CHECKPOINT_BYTES;
  }

  /**
   * Copies the log into the database, as far as no reader still needs it, so that the log starts
   * over. Called by the owner behind the answers, which need not wait for it. SQLite would do it
   * inside a commit, and would keep an error of the disk to itself. On a full disk the reserve pays
   * for it: the copy takes less room than the log would take to grow on.
   */
  checkpoint(): void {
    this.#requireUsable();
    this.#inRoom(this.#files.database, () => this.#database.pragma("wal_checkpoint(PASSIVE)"));
    this.#logBytes = 0;
  }

  /** Writes the head and closes the database, which empties the log into it. */
  close(): void {
    if (this.#failure === null) this.writeHead();
    this.#failure ??= new JournalError("JOURNAL_CLOSED", this.#files.database, "is closed");
    this.#database.close();
  }

  /** The partition if the epoch is that of its current lease. */
  #holder(partition: string, epoch: number): PartitionState | null {
    const known = this.#partitions.get(partition);
    return known !== undefined && known.owner !== null && known.epoch === epoch ? known : null;
  }

  /** Adds the events of a batch to what is staged, or adds nothing and says fenced. */
  #stage(batch: readonly PartitionAppend[], staged: Staged): AppendOutcome {
    const seqs = new Map<PartitionState, number>();
    for (const part of batch) {
      const partition = this.#holder(part.partition, part.epoch);
      if (partition === null) return "fenced";
      const { seq } = staged.get(partition)?.last ?? partition.last;
      const lastSeq = seqs.get(partition) ?? seq;
      if (lastSeq !== part.expectedSeq) return "fenced";
      seqs.set(partition, lastSeq + part.payloads.length);
    }
    for (const { partition: name, epoch, payloads } of batch) {
      const partition = this.#holder(name, epoch);
      assert(partition !== null, "the batch was checked before it is staged");
      if (payloads.length > 0) stageEvents(stagedOf(staged, partition), payloads);
    }
    return "committed";
  }

  #insert(staged: Staged): void {
    for (const { blocks } of staged.values()) {
      for (const { id, epoch, hash, seal, payloads } of blocks) {
        this.#statements.insert.run(id, epoch, hash, seal, payloads);
      }
    }
  }

  #commit(write: () => void): void {
    this.#inRoom(this.#files.database, () => {
      this.#statements.begin.run();
      write();
      this.#statements.commit.run();
    });
  }

  /** Once more, with a slice of the reserve, each time that there was no room. */
  #inRoom(file: string, write: () => void): void {
    for (;;) {
      try {
        write();
        return;
      } catch (error) {
        if (!isDiskFull(error, this.reserve)) throw this.#fail(error, file);
        if (!this.#makeRoom(file)) throw this.#failFull(error, file);
      }
    }
  }

  /**
   * Undoes what was begun, and gives a slice of the reserve. False: nothing is left of it. The log
   * is copied into the database then, and starts over in the room that it has: that lasts many
   * times longer than letting it grow.
   */
  #makeRoom(file: string): boolean {
    try {
      if (this.#database.inTransaction) this.#statements.rollback.run();
      if (!this.reserve.makeRoom()) return false;
      this.#database.pragma("wal_checkpoint(PASSIVE)");
      this.#logBytes = 0;
    } catch (error) {
      // Too little for the copy, so the log grows into it.
      if (!isDiskFull(error, this.reserve)) throw this.#fail(error, file);
    }
    return true;
  }

  #failFull(cause: unknown, file: string): JournalError {
    const problem = "the disk is full, and nothing is left of the reserve";
    this.#failure = new JournalError("JOURNAL_DISK_FULL", file, problem, { cause });
    return this.#failure;
  }

  #fail(error: unknown, file: string): JournalError {
    const problem = `a write failed: ${error instanceof Error ? error.message : String(error)}`;
    this.#failure = new JournalError("JOURNAL_WRITE_FAILED", file, problem, { cause: error });
    return this.#failure;
  }

  #requireUsable(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}

function stagedOf(staged: Staged, partition: PartitionState): StagedEvents {
  const found = staged.get(partition);
  if (found !== undefined) return found;
  const begun: StagedEvents = {
    partition,
    blocks: [],
    previousHash: partition.last.hash,
    payloads: [],
    characters: 0,
    last: partition.last,
  };
  staged.set(partition, begun);
  return begun;
}

function stageEvents(staged: StagedEvents, payloads: readonly string[]): void {
  const { name, epoch } = staged.partition;
  for (const payload of payloads) {
    assert(isPayload(payload), "a payload is one line of well-formed text: else it cannot be kept");
    if (staged.characters + payload.length > BLOCK_CHARACTERS_MAX) endBlock(staged);
    const seq = staged.last.seq + 1;
    staged.last = { seq, hash: eventHash(staged.last.hash, name, seq, epoch, payload) };
    staged.payloads.push(payload);
    staged.characters += payload.length + LINE_END.length;
  }
}

function endBlock(staged: StagedEvents): void {
  const { partition, last } = staged;
  if (staged.payloads.length === 0) return;
  const id = blockKey(partition.id, last.seq);
  const payloads = staged.payloads.join(LINE_END);
  const row = { id, epoch: partition.epoch, hash: last.hash, payloads };
  staged.blocks.push(sealedRow(partition.name, staged.previousHash, row));
  staged.previousHash = last.hash;
  staged.payloads = [];
  staged.characters = 0;
}

function recordsBehind(
  rows: Iterable<Pick<BlockRow, "id" | "payloads">>,
  afterSeq: number,
  limit: number,
): JournalRecord[] {
  const records: JournalRecord[] = [];
  for (const { id, payloads } of rows) {
    const [, lastSeq] = placeOfKey(id);
    const lines = payloads.split(LINE_END);
    for (const [index, payload] of lines.entries()) {
      const seq = lastSeq - lines.length + 1 + index;
      if (seq > afterSeq) records.push({ seq, payload });
      if (records.length === limit) return records;
    }
  }
  return records;
}

/** A little more than what the rows weigh in the log, where each commit rewrites whole pages. */
function logBytes(staged: Staged): number {
  let bytes = PAGE_BYTES;
  for (const { blocks } of staged.values()) {
    bytes += PAGE_BYTES;
    for (const { payloads } of blocks) bytes += payloads.length + BLOCK_BYTES;
  }
  return bytes;
}

function openReserve(files: JournalFiles, reserveBytes: number): DiskReserve {
  try {
    return new DiskReserve(files.folder, files.reserve, reserveBytes);
  } catch (error) {
    throw journalErrorFrom(error, files.reserve);
  }
}

/**
 * Makes the database whole under another name, then renames it: journal.db is never half made.
 * The head comes first, so that a missing head beside events always means that it was lost.
 */
function createJournal(files: JournalFiles): void {
  ensureFolder(files.folder);
  if (readHead(files.head) === null) writeHead(files.head, new Map());
  const draft = `${files.database}.new`;
  for (const suffix of ["", "-journal", "-wal", "-shm"]) removeFile(`${draft}${suffix}`);
  const database = new Database(draft);
  try {
    database.pragma("journal_mode = WAL");
    database.exec(`BEGIN;
      PRAGMA application_id = ${JOURNAL_APPLICATION_ID};
      PRAGMA user_version = ${JOURNAL_FORMAT};
      ${JOURNAL_TABLES.join(";\n")};
      COMMIT`);
    // Closing copies the log as well, and keeps an error of the disk to itself.
    database.pragma("wal_checkpoint(TRUNCATE)");
  } finally {
    database.close();
  }
  renameDurably(draft, files.database);
}

/**
 * Makes every commit durable, and flushes what was recovered from the log: after a crash of the
 * process alone it may still be only in the system's memory, and nobody may be told of it, nor the
 * head name it, before it is on stable storage.
 */
export function makeDurable(database: Database.Database): void {
  const mode = database.pragma("journal_mode = WAL", { simple: true });
  assert(mode === "wal", "the journal has a write-ahead log");
  database.pragma("synchronous = FULL");
  assert(database.pragma("synchronous", { simple: true }) === 2, "every commit is synced");
  // The next two matter on macOS only, where a plain fsync leaves bytes in the drive's memory.
  database.pragma("fullfsync = ON");
  database.pragma("checkpoint_fullfsync = ON");
  // The owner says when, and hears of it if it fails: see checkpoint().
  database.pragma("wal_autocheckpoint = 0");
  const [flushed] = database.pragma("wal_checkpoint(TRUNCATE)") as { busy: number }[];
  // Who reads, such as a backup, keeps the log from being emptied, and not from being flushed.
  if (flushed?.busy !== 0) syncFile(`${database.name}-wal`);
}

interface Statements {
  readonly begin: Database.Statement<[]>;
  readonly commit: Database.Statement<[]>;
  readonly rollback: Database.Statement<[]>;
  readonly claim: Database.Statement<[string, number, number, string]>;
  readonly release: Database.Statement<[string]>;
  readonly insert: Database.Statement<[number, number, string, string, string]>;
  readonly read: Database.Statement<[number, number], Pick<BlockRow, "id" | "payloads">>;
}

function prepareStatements(database: Database.Database): Statements {
  return {
    begin: database.prepare("BEGIN IMMEDIATE"),
    commit: database.prepare("COMMIT"),
    rollback: database.prepare("ROLLBACK"),
    claim: database.prepare(
      `INSERT INTO partitions (name, id, epoch, owner) VALUES (?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch, owner = excluded.owner`,
    ),
    release: database.prepare("UPDATE partitions SET owner = NULL WHERE name = ?"),
    // A failed write is never tried again, so SQLite need not be able to undo one statement alone.
    // unhex gives NULL for anything but whole bytes, and the column refuses that.
    insert: database.prepare(
      `INSERT OR ROLLBACK INTO blocks (id, epoch, hash, seal, payloads)
       VALUES (?, ?, unhex(?), unhex(?), ?)`,
    ),
    read: database.prepare("SELECT id, payloads FROM blocks WHERE id > ? AND id <= ? ORDER BY id"),
  };
}

function loadPartitions(database: Database.Database): Map<string, PartitionState> {
  const ends = database.prepare<[number, number], Pick<BlockRow, "id" | "hash">>(
    `SELECT id, lower(hex(hash)) AS hash FROM blocks
     WHERE id > ? AND id <= ? ORDER BY id DESC LIMIT 1`,
  );
  const anchors = readAnchors(database);
  const rows = database
    .prepare<[], Pick<PartitionState, "id" | "name" | "epoch" | "owner">>(
      "SELECT id, name, epoch, owner FROM partitions",
    )
    .all();
  return new Map(
    rows.map((row) => {
      const end = ends.get(...blockKeys(row.id));
      const { seq, hash } = end === undefined ? (anchors.get(row.id) ?? CHAIN_START) : endOf(end);
      return [row.name, { ...row, headEpoch: 0, last: { seq, hash } }];
    }),
  );
}

function endOf({ id, hash }: Pick<BlockRow, "id" | "hash">): ChainPosition {
  const [, seq] = placeOfKey(id);
  return { seq, hash };
}
