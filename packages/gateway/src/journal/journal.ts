/**
 * The journal port: the durable, numbered history of every partition. SQLite serves it on one
 * node, PostgreSQL on several. Nothing here knows what a payload means.
 */

/** One event of a partition. */
export interface JournalRecord {
  /** Position in the partition: from 1, without gaps. */
  readonly seq: number;
  readonly payload: string;
}

/** Where an event stands. */
export interface JournalPlace {
  readonly partition: string;
  readonly seq: number;
}

/** The events one append adds to one partition. */
export interface PartitionAppend {
  readonly partition: string;
  /** Epoch of the lease under which the caller writes. */
  readonly epoch: number;
  /** Last seq before this append; 0 where the partition is empty. */
  readonly expectedSeq: number;
  /** Each one line of well-formed text. */
  readonly payloads: readonly string[];
}

/** The right to write a partition, until a later claim raises the epoch. */
export interface Lease {
  readonly partition: string;
  readonly epoch: number;
  /** Last seq at the moment of the claim. */
  readonly lastSeq: number;
}

/**
 * `committed`: the whole batch is on stable storage.
 * `fenced`: a stale epoch or an unexpected seq; nothing of the whole batch was written.
 */
export type AppendOutcome = "committed" | "fenced";

export interface Journal {
  /** Raises the partition's epoch: appends under every earlier lease are fenced from now on. */
  claim(partition: string, owner: string): Promise<Lease>;
  /** Whether the lease still holds. */
  renew(lease: Lease): Promise<boolean>;
  /**
   * Gives the lease back: appends under it are fenced from now on. A stale lease changes nothing.
   */
  release(lease: Lease): Promise<void>;
  /**
   * Writes all of the batch or nothing of it; on stable storage when it resolves. Appends are
   * carried out in the order of the calls.
   * @throws JournalError the outcome is unknown: the caller stops the process and recovers.
   */
  append(batch: readonly PartitionAppend[]): Promise<AppendOutcome>;
  /**
   * Resolves the appends that are on stable storage by now, for who is in a long turn of the event
   * loop, and would hear of a commit only at its end. They resolve by themselves as well.
   */
  settle(): void;
  /** Up to `limit` records with a seq greater than `afterSeq`, in order. */
  read(partition: string, afterSeq: number, limit: number): Promise<JournalRecord[]>;
  /** Finishes what was asked before and closes the store. Later calls are refused. */
  close(): Promise<void>;
}

/** A partition's name: any text without control characters, of 1 to 200 characters. */
export function isPartitionName(name: string): boolean {
  return /^[^\p{Cc}\p{Cs}]{1,200}$/u.test(name);
}

/** Every failure of the journal, and what the operator does next. */
export const JOURNAL_ERRORS = {
  JOURNAL_IN_USE: "stop the other process, or choose another data directory",
  JOURNAL_DAMAGED: "nothing was changed; keep a copy of the data directory and restore a backup",
  JOURNAL_BEHIND_HEAD: "nothing was changed; keep a copy of the data directory, find the lost part",
  JOURNAL_HEAD_UNREADABLE: "nothing was changed; restore the head file that belongs to the journal",
  JOURNAL_OLDER_FORMAT: "start the version that wrote it, or choose a new data directory",
  JOURNAL_NEWER_FORMAT: "start the version that wrote it, or a later one",
  JOURNAL_UNREADABLE: "check the data directory and its permissions",
  JOURNAL_WRITE_FAILED: "stop the process, mend the disk and start again: it recovers by replay",
  JOURNAL_DISK_FULL: "make room on the disk and start again: what was answered is there",
  JOURNAL_CLOSED: "open the journal again",
  JOURNAL_CUT: "put the archived events back: countermand restore-journal --from FOLDER",
  SEGMENT_DAMAGED: "nothing was changed; bring a copy of the file that is whole",
  SEGMENT_MISSING: "nothing was changed; name the folder that has all segments",
  SQLITE_TOO_OLD: "install the dependencies again",
} as const;
export type JournalErrorCode = keyof typeof JOURNAL_ERRORS;

/** The store failed. The message is one line: which file, what is wrong, what to do next. */
export class JournalError extends Error {
  override readonly name = "JournalError";
  readonly code: JournalErrorCode;
  readonly file: string;
  readonly problem: string;

  constructor(code: JournalErrorCode, file: string, problem: string, options?: ErrorOptions) {
    const oneLine = problem.replace(/\s+/g, " ").trim();
    super(`${file}: ${oneLine}; ${JOURNAL_ERRORS[code]} (${code})`, options);
    this.code = code;
    this.file = file;
    this.problem = oneLine;
  }
}
