/**
 * The journal of one node: SQLite in a thread of its own. Owns the data directory's lock (unless
 * the caller does), the writer thread, and the appends in flight.
 */
import { assert } from "@countermand/core/assert";
import { fileBytes } from "../sys/disk.ts";
import { CommitMark } from "./commit-mark.ts";
import { type DataDirLock, lockDataDir } from "./data-dir-lock.ts";
import { DiskReserve } from "./disk-reserve.ts";
import { inspectJournal, type JournalInspection, keepDamagedTail } from "./inspect.ts";
import { inspectInThread } from "./inspection-thread.ts";
import {
  type AppendOutcome,
  type Journal,
  JournalError,
  type JournalRecord,
  type Lease,
  type PartitionAppend,
} from "./journal.ts";
import { journalErrorFrom, journalFiles } from "./journal-schema.ts";
import { type JournalThread, journalThread } from "./journal-thread.ts";
import type {
  DiskState,
  JournalCall,
  JournalFailure,
  JournalMessage,
  JournalRequest,
  JournalWorkerStart,
} from "./journal-worker.ts";
import { START_ROOM_BYTES } from "./limits.ts";

export interface ThreadedJournalOptions {
  /** The directory's lock where the caller holds it already; it stays the caller's to release. */
  readonly lock?: DataDirLock;
  /** Called once when the journal can no longer write. The process must stop. */
  readonly onFailure?: (error: JournalError) => void;
  /** Bytes of the disk that are kept for cancels; none by default. */
  readonly reserveBytes?: number;
  /** Called with a sound journal before it is opened for writing; what it throws refuses it. */
  readonly onInspected?: (inspection: JournalInspection) => void;
  /**
   * Done while a long journal is verified in another thread; not called for a short one. It may
   * read the journal, throws nothing, and what it found counts only when `open` resolves.
   */
  readonly meanwhile?: () => void;
  /** Bytes from which on a journal is a long one. */
  readonly longBytes?: number;
  /** The writer, where it is on its way already. It ends with this journal, opened or not. */
  readonly thread?: JournalThread | undefined;
}

/** About 100,000 events: the start of a thread takes as long as verifying so many. */
const LONG_JOURNAL_BYTES = 40_000_000;

/** Calls without an answer yet. The sequencer waits long before this: more of them is a bug. */
const PENDING_COUNT_MAX = 10_000;

interface Pending {
  readonly isAppend: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: JournalError) => void;
}

interface FoundJournal {
  readonly inspection: JournalInspection;
  readonly keptTail: string | null;
  readonly disk: DiskState;
  readonly commitMark: SharedArrayBuffer;
}

export class ThreadedJournal implements Journal {
  /** What was found before the journal was opened for writing. */
  readonly inspection: JournalInspection;
  /** Where the damaged tail of the log was kept; null where there was none. */
  readonly keptTail: string | null;
  readonly #file: string;
  readonly #worker: JournalThread["worker"];
  readonly #ownLock: DataDirLock | null;
  readonly #onFailure: (error: JournalError) => void;
  readonly #pending = new Map<number, Pending>();
  readonly #committed: CommitMark;
  readonly #exited: Promise<void>;
  #nextId = 1;
  #disk: DiskState;
  #onDisk: (disk: DiskState) => void = () => {};
  #closing: Promise<void> | null = null;
  #failure: JournalError | null = null;

  /**
   * Locks the directory, verifies the whole journal, keeps a damaged tail aside, and only then
   * opens for writing.
   * @throws JournalError why the journal must not be used
   */
  static async open(
    dataDir: string,
    options: ThreadedJournalOptions = {},
  ): Promise<ThreadedJournal> {
    const { reserveBytes = 0 } = options;
    let { thread } = options;
    const ownLock = options.lock === undefined ? lockDataDir(dataDir) : null;
    try {
      makeRoomForStart(dataDir, reserveBytes);
      const inspection = await inspected(dataDir, options);
      options.onInspected?.(inspection);
      const keptTail = keepDamagedTail(dataDir, inspection);
      thread ??= journalThread();
      const commitMark = CommitMark.memory();
      const disk = await opened(thread, { dataDir, reserveBytes, commitMark });
      const found = { inspection, keptTail, disk, commitMark };
      return new ThreadedJournal(dataDir, thread.worker, ownLock, options, found);
    } catch (error) {
      await thread?.abandon();
      ownLock?.release();
      throw error;
    }
  }

  private constructor(
    dataDir: string,
    worker: JournalThread["worker"],
    ownLock: DataDirLock | null,
    { onFailure = () => {} }: ThreadedJournalOptions,
    found: FoundJournal,
  ) {
    this.#file = journalFiles(dataDir).database;
    this.#worker = worker;
    this.#ownLock = ownLock;
    this.#onFailure = onFailure;
    this.inspection = found.inspection;
    this.keptTail = found.keptTail;
    this.#disk = found.disk;
    this.#committed = new CommitMark(found.commitMark);
    worker.on("message", (message: JournalMessage) => this.#receive(message));
    worker.on("error", (error: Error) => this.#fail(writerEnded(this.#file, error.message)));
    this.#exited = new Promise((resolve) => {
      worker.once("exit", (exitCode: number) => {
        if (this.#pending.size > 0 || this.#closing === null) {
          this.#fail(writerEnded(this.#file, `exit code ${exitCode}`));
        }
        resolve();
      });
    });
  }

  /** Whether the disk is full, as of the last answer. */
  get disk(): DiskState {
    return this.#disk;
  }

  /** Tells at once how it is, and from then on when it changes. One listener. */
  watchDisk(onDisk: (disk: DiskState) => void): void {
    this.#onDisk = onDisk;
    onDisk(this.#disk);
  }

  claim(partition: string, owner: string): Promise<Lease> {
    return this.#call<Lease>({ type: "claim", partition, owner });
  }

  renew(lease: Lease): Promise<boolean> {
    return this.#call<boolean>({ type: "renew", lease });
  }

  release(lease: Lease): Promise<void> {
    return this.#call<void>({ type: "release", lease });
  }

  append(batch: readonly PartitionAppend[]): Promise<AppendOutcome> {
    return this.#call<AppendOutcome>({ type: "append", batch });
  }

  settle(): void {
    for (const [id, { isAppend, resolve }] of this.#pending) {
      if (!this.#committed.covers(id)) return;
      if (isAppend) resolve("committed" satisfies AppendOutcome);
    }
  }

  read(partition: string, afterSeq: number, limit: number): Promise<JournalRecord[]> {
    return this.#call<JournalRecord[]>({ type: "read", partition, afterSeq, limit });
  }

  /**
   * Finishes what was asked before, writes the head, empties the log into the database and lets
   * go of the directory. Rejects if that fails, but lets go all the same.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      if (this.#failure === null) await this.#send<void>({ type: "close" });
    } finally {
      await this.#exited;
      this.#ownLock?.release();
    }
  }

  #call<Value>(call: JournalCall): Promise<Value> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#closing !== null) {
      return Promise.reject(new JournalError("JOURNAL_CLOSED", this.#file, "is closed"));
    }
    return this.#send(call);
  }

  #send<Value>(call: JournalCall): Promise<Value> {
    assert(this.#pending.size < PENDING_COUNT_MAX, "the journal's callers wait for its answers");
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise<Value>((resolve, reject) => {
      const isAppend = call.type === "append";
      this.#pending.set(id, { isAppend, resolve: (value) => resolve(value as Value), reject });
      this.#worker.postMessage({ id, call } satisfies JournalRequest);
    });
  }

  #receive(message: JournalMessage): void {
    if (message.type === "failed") {
      this.#fail(errorOf(message.failure));
      return;
    }
    if (message.type === "disk") {
      this.#disk = message.disk;
      this.#onDisk(message.disk);
      return;
    }
    assert(message.type === "answers", "the thread opens once");
    for (const { id, value } of message.answers) {
      const pending = this.#pending.get(id);
      assert(pending !== undefined, "every answer has its question");
      this.#pending.delete(id);
      pending.resolve(value);
    }
  }

  #fail(error: JournalError): void {
    if (this.#failure !== null) return; // The first failure is the cause of those behind it.
    this.#failure = error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    this.#onFailure(error);
  }
}

function isLong(dataDir: string, options: ThreadedJournalOptions): boolean {
  const { meanwhile, longBytes = LONG_JOURNAL_BYTES } = options;
  return meanwhile !== undefined && journalBytes(dataDir) >= longBytes;
}

async function inspected(
  dataDir: string,
  options: ThreadedJournalOptions,
): Promise<JournalInspection> {
  if (!isLong(dataDir, options)) return inspectJournal(dataDir, { bySeals: true });
  return await inspectInThread(dataDir, () => options.meanwhile?.());
}

function journalBytes(dataDir: string): number {
  try {
    return fileBytes(journalFiles(dataDir).database) ?? 0;
  } catch {
    return 0; // No file: the inspection says so.
  }
}

/** Also the check before it is opened makes files. */
function makeRoomForStart(dataDir: string, reserveBytes: number): void {
  const { reserve } = journalFiles(dataDir);
  try {
    new DiskReserve(dataDir, reserve, reserveBytes).makeRoomFor(START_ROOM_BYTES);
  } catch (error) {
    throw journalErrorFrom(error, reserve);
  }
}

/** Lets the thread open the journal, and waits until it did. */
function opened(thread: JournalThread, start: JournalWorkerStart): Promise<DiskState> {
  const { worker } = thread;
  return new Promise((resolve, reject) => {
    const ended = (problem: string): void => reject(writerEnded(start.dataDir, problem));
    if (thread.problem !== null) return ended(thread.problem);
    worker.once("error", ({ message }: Error) => ended(message));
    worker.once("message", (message: JournalMessage) => {
      worker.removeAllListeners("error");
      if (message.type === "opened") return resolve(message.disk);
      assert(message.type === "failed", "the thread opens or fails");
      worker.once("exit", () => reject(errorOf(message.failure)));
    });
    thread.begin(start);
  });
}

function writerEnded(file: string, problem: string): JournalError {
  return new JournalError("JOURNAL_WRITE_FAILED", file, `the writer thread ended: ${problem}`);
}

function errorOf({ code, file, problem }: JournalFailure): JournalError {
  return new JournalError(code, file, problem);
}
